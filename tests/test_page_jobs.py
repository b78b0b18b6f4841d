"""The Jobs page: this browser's jobs and nobody else's, what can be done with them, many proteins in one go."""

import io
import json
import zipfile

import pandas as pd
from streamlit.testing.v1 import AppTest

from biocore import jobs
from biocore.web.jobs import listing

PAGE = "../pages/jobs.py"
OWNER, OTHER = "a" * 22, "b" * 22


def asked(owner=OWNER, name="mine", **settings):
    records = {"records": [[name, "MKTAYIAKQRQISFVKSHFSRQ"]]}
    return jobs.submit(jobs.Description.make("embed", records, settings), owner, f"Vectors of *{name}*")


def opened(owner=OWNER):
    app = AppTest.from_file(PAGE, default_timeout=240)
    app.session_state["biocore.owner"] = owner
    app.session_state["biocore.owner.known"] = True
    return app.run()


def rows(app):
    return app.dataframe[0].value if len(app.dataframe) else pd.DataFrame()


def test_it_lists_this_browsers_jobs_with_their_settings_and_nobody_elses():
    asked(layer=2)
    asked(OTHER, "theirs")
    app = opened()
    assert not app.exception and not app.error
    table = rows(app)
    assert list(table["what"]) == ["Vectors of *mine*"] and list(table["state"]) == ["queued"]
    assert table["settings"][0] == "model esm-mini, layer 2"
    assert any("20,000 records" in text.value and "30 days" in text.value for text in app.markdown)
    assert any("No jobs yet" in info.value for info in opened("c" * 22).info)


def test_before_the_browser_has_said_who_it_is_nothing_is_said_of_its_jobs():
    app = AppTest.from_file(PAGE, default_timeout=240).run()
    assert not app.info and any("Looking for the jobs of this browser" in caption.value for caption in app.caption)
    app.session_state["biocore.owner.known"] = True
    assert any("No jobs yet" in info.value for info in app.run().info)


def test_a_job_is_stopped_goes_on_is_shared_and_deleted(monkeypatch):
    import streamlit as st

    went = []
    monkeypatch.setattr(st, "switch_page", lambda page, query_params: went.append((page, query_params)))
    job = asked()
    app = opened()
    app.button(key="jobs.stop").click().run()
    assert list(rows(app)["state"]) == ["stopped"]
    app.button(key="jobs.again").click().run()
    jobs.Worker().drain()
    app.run()
    assert list(rows(app)["state"]) == ["done"] and list(rows(app)["progress"]) == [1.0]
    app.button(key="jobs.open").click().run()
    assert went == [("pages/embedding_map.py", {"job": job.id})]
    app.button(key="jobs.share").click().run()
    token = jobs.get(job.id, OWNER).token
    assert token and any(token in code.value and "embedding_map?job=" in code.value for code in app.code)
    app.button(key="jobs.delete").click().run()
    assert rows(app).empty and jobs.get(job.id, OWNER) is None and not app.exception


def test_the_archive_holds_tables_the_question_and_how_to_ask_it_again():
    job = asked()
    jobs.Worker().drain()
    with zipfile.ZipFile(io.BytesIO(listing.archive(jobs.get(job.id, OWNER)))) as zipped:
        assert set(zipped.namelist()) == {"embeddings.parquet", "job.json", "manifest.json"}
        table = pd.read_parquet(io.BytesIO(zipped.read("embeddings.parquet")))
        manifest = json.loads(zipped.read("manifest.json"))
    assert list(table["record"]) == ["mine"] and len(table["embedding"][0]) > 10
    assert manifest["again"].startswith("python -m biocore jobs run job.json")


def test_many_proteins_become_one_job_and_a_limit_is_a_message(monkeypatch):
    app = opened()
    app.text_area(key="jobs.text").set_value(">a\nMKTAYIAK\n>b\nMSTNPKPQRK\n").run()
    app.selectbox(key="jobs.kind").set_value("embed").run()
    app.button(key="jobs.submit").click().run()
    assert not app.exception and not app.error
    app.run()
    assert list(rows(app)["what"]) == ["Embeddings of a and 1 more"]
    jobs.Worker().drain()
    (job,) = jobs.jobs_of(OWNER)
    assert len(jobs.result(job)) == 2

    monkeypatch.setenv("BIOCORE_JOB_RESIDUES", "10")
    app.text_area(key="jobs.text").set_value(">a\nMKTAYIAKQRQ\n>b\nMSTNPKPQRK\n").run()
    app.button(key="jobs.submit").click().run()
    assert "21" in app.error[0].value and "10" in app.error[0].value and not app.exception
    assert app.text_area(key="jobs.text").value.startswith(">a\nMKTAYIAKQRQ")


def test_every_kind_of_job_opens_on_a_page_that_can_show_it():
    from importlib import import_module

    from biocore.jobs import kinds
    from biocore.web.job_link import PAGES

    here = {name for name in kinds.names() if name in kinds.KINDS}
    assert here == set(PAGES)
    assert all(callable(import_module(f"biocore.web.{page}").open_job) for page in PAGES.values())
