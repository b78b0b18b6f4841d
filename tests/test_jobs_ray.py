"""Ray as the engine, on two nodes of this machine: the same results, also when a worker is killed."""

import warnings
from importlib.util import find_spec

import jobs_toys
import pytest

from biocore import jobs
from biocore.errors import InputError, ModelUnavailable
from biocore.jobs import Description, cluster, kinds

pytestmark = pytest.mark.slow


@pytest.fixture
def two_nodes(tmp_path, monkeypatch, need):
    need(find_spec("ray") is not None, "Ray is not installed (requirements-dev.txt has it)")
    import ray
    from ray.cluster_utils import Cluster

    jobs_toys.install(tmp_path, monkeypatch)

    one_core = {"num_cpus": 1, "object_store_memory": 80 * 2**20}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of Ray's own, about its future defaults
        for attempt in range(3):
            try:
                nodes = Cluster(initialize_head=True, head_node_args={**one_core, "include_dashboard": False})
                nodes.add_node(**one_core)
                break
            except Exception:  # a node gives up where the machine is too busy to start its agent within 15 s
                if attempt == 2:
                    raise
        ray.init(address=nodes.address, logging_level="error", log_to_driver=False)
        yield
        ray.shutdown()
        nodes.shutdown()
    kinds._others.cache_clear()
    kinds.get.cache_clear()


def test_a_cluster_of_two_nodes(tmp_path, two_nodes):
    log, once = tmp_path / "log", tmp_path / "once"

    def ask(kind, numbers, **settings):
        said = []
        result = jobs.run_here(
            Description.make(kind, {"numbers": numbers}, settings), engine="ray", progress=lambda *p: said.append(p)
        )
        assert said[0][0] < said[-1][0] == said[-1][1]
        return result

    # steps on both nodes; one of them is killed, once
    found = ask("squares", list(range(12)), seconds=0.2, log=str(log), harm="kill", at=7, once=str(once))
    assert found.tolist() == [n**2 for n in range(12)]
    lines = [line.split() for line in log.read_text().splitlines()]
    assert once.exists() and sorted(int(n) for n, _, _ in lines) == sorted([*range(12), 7])
    assert len({pid for _, pid, _ in lines}) >= 2

    # a step that needs the others, of which some are known
    assert ask("sum", [1, 2, 3]) == 14

    # what is wrong is said as it is here
    with pytest.raises(InputError, match="this number cannot be squared"):
        ask("squares", [1, 2], harm="input", at=2)
    with pytest.raises(ModelUnavailable, match="ended the computing process on the cluster 2 times"):
        ask("squares", [1, 2], harm="kill", at=2)
    states = [job.state for job in jobs.jobs_of(jobs.limits.local_owner())]
    assert states == ["failed", "failed", "done", "done"]


def test_ray_that_is_not_installed_says_so(monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(ModelUnavailable, match="Ray is not installed.*biocore\\[ray\\]"):
        cluster.connected()
    with pytest.raises(InputError, match="'dask' is not known; use local or ray"):
        jobs.run_here(Description("squares", {}, {}, {}), engine="dask")
