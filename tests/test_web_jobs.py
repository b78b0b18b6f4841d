"""Jobs on the pages: started, waited for, stopped, found again; by the browser that asked and nobody else."""

from pathlib import Path

import esm_toys
import pytest
from streamlit.testing.v1 import AppTest

from biocore import jobs, runtime

ROOT = Path(__file__).parents[1]
OWNER = "a" * 22
PROTEIN = "MKTAYIAKQRQISFVKSHFSRQLEERLGLIEVQAPILSRVGDGTQDNLSGAEKAVQVKVKALPDAQFEVVHSLAKWKRQTLGQHDFSAGEGLYTHMKALR"


@pytest.fixture(autouse=True)
def tiny_language_model(own_home):
    """What is tested is the waiting, not the numbers."""
    esm_toys.tiny_model(runtime.home())


def _page():
    """Waits for a job of two steps, beside a button that has nothing to do with it."""
    import streamlit as st

    from biocore import web
    from biocore.jobs import Description

    web.page("Toy", "?")
    st.button("other", key="other")
    description = Description.make("scan-protein", {"records": [["toy", "MKTAYIAKQR" * 20]]}, {"model": "esm-mini"})
    answer = web.job(description, key="toy", title="A scan of *toy*", start="Scan", in_link=True)
    found = "nothing" if answer.result is None else f"{int(answer.result[0].done.sum())} of 200"
    st.text(f"{found}; complete: {answer.complete}")


def opened(owner=OWNER, **query):
    app = AppTest.from_function(_page, default_timeout=120)
    app.session_state["biocore.owner"] = owner
    app.session_state["biocore.owner.known"] = True
    for name, value in query.items():
        app.query_params[name] = value
    return app.run()


def shown(app):
    assert not app.exception
    return app.text[0].value


def test_a_job_is_started_waited_for_shown_and_found_again():
    app = opened()
    assert shown(app) == "nothing; complete: False" and not jobs.jobs_of(OWNER)
    app.button(key="toy.start").click().run()
    assert [job.state for job in jobs.jobs_of(OWNER)] == ["queued"]
    assert shown(opened("b" * 22)) == "nothing; complete: False"  # another browser
    assert app.button(key="toy.stop") and not app.button(key="other").disabled
    jobs.Worker().turn(seconds=0.0)  # one step
    app.run()
    partly = int(shown(app).split()[0])
    assert 0 < partly < 200
    jobs.Worker().drain()
    app.run()
    assert shown(app) == "200 of 200; complete: True"
    assert [button.key for button in app.button if button.key.startswith("toy")] == []  # nothing waits any more
    assert shown(opened()) == "200 of 200; complete: True"  # the same browser, another tab
    assert jobs.jobs_of("b" * 22) == []
    assert shown(opened("b" * 22)) == "200 of 200; complete: True"  # whoever asks the same again has it at once


def test_stop_keeps_what_is_finished_and_goes_on_from_there():
    app = opened()
    app.button(key="toy.start").click().run()
    jobs.Worker().turn(seconds=0.0)
    app.run()
    app.button(key="toy.stop").click().run()
    assert [job.state for job in jobs.jobs_of(OWNER)] == ["stopped"]
    partly = int(shown(app).split()[0])
    assert any("is finished and kept" in info.value for info in app.info)
    app.button(key="toy.resume").click().run()
    assert [job.state for job in jobs.jobs_of(OWNER)] == ["queued"]
    assert int(shown(app).split()[0]) == partly


LONG = PROTEIN * 12  # 1,200 residues: not computed on the page


def page(name, owner=OWNER, **query):
    app = AppTest.from_file(ROOT / "pages" / f"{name}.py", default_timeout=240)
    app.session_state["biocore.owner"] = owner
    app.session_state["biocore.owner.known"] = True
    for key, value in query.items():
        app.query_params[key] = value
    return app.run()


def scan_of(sequence, name="mine"):
    description = jobs.Description.make("scan-protein", {"records": [[name, sequence]]}, {"model": "esm-mini"})
    return jobs.submit(description, OWNER, "A scan")


@pytest.mark.slow
def test_a_link_opens_the_page_with_the_jobs_input_for_its_owner_and_with_a_token():
    job = scan_of(LONG)
    mine = page("masked_residues", job=job.id)
    assert not mine.exception and not mine.error
    assert mine.text_area(key="masked_residues.protein").value == f">mine\n{LONG}\n"
    assert mine.button(key="masked_residues.scan.stop")
    assert mine.query_params["job"] == job.id

    other = page("masked_residues", owner="b" * 22, job=job.id)
    assert any("belongs to another browser" in warning.value for warning in other.warning)
    assert LONG not in other.text_area(key="masked_residues.protein").value
    assert "job" not in other.query_params

    shared = page("masked_residues", owner="b" * 22, job=job.id, token=jobs.share(job.id, OWNER))
    assert shared.text_area(key="masked_residues.protein").value == f">mine\n{LONG}\n"
    assert "masked_residues.scan.stop" not in {button.key for button in shared.button}  # to look at only


@pytest.mark.slow
def test_a_long_scan_is_a_job_and_the_page_shows_it_when_it_is_done():
    app = page("masked_residues", seq=PROTEIN * 2, strategy="masked")
    (job,) = jobs.jobs_of(OWNER)
    assert app.query_params["job"] == job.id
    assert any("the wild-type marginal is shown until then" in info.value for info in app.info)
    app.button(key="masked_residues.scan.stop")
    app.text_input(key="masked_residues.position_text").set_value("7").run()  # the page works meanwhile
    assert not app.exception and app.metric[0].value == PROTEIN[6] + "7"
    jobs.Worker().drain()
    app.run()
    assert not any("the wild-type marginal" in info.value for info in app.info)
    assert "masked_residues.scan.stop" not in {button.key for button in app.button}
