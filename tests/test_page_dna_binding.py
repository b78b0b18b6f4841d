"""The DNA page without a browser: it opens on its example, keeps what was typed, and every control leads somewhere."""

from pathlib import Path

import numpy as np
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from biocore import attribution, jobs, zoo
from biocore.errors import InputError, ModelUnavailable
from biocore.tfbinding import TFModel
from biocore.web import dna_binding as dna
from biocore.web.dna_binding.inputs import EXAMPLES, Dna, examples, notes, parse_dna

PAGE = Path(__file__).parents[1] / "pages" / "dna_binding.py"
CORE = "CCACCAGGGGGCGC"
PLANTED = {"CTCF": 71, "SRF": 216, "REST": 366, "USF1": 516, "MAX": 516}  # where the example says its sites are
SHORT = "TTAACGGATCTTGATCAATT" + CORE + "TTAGCTAGATTACACATTAG"


@pytest.fixture(autouse=True)
def empty_data_caches():
    st.cache_data.clear()


def opened(**params) -> AppTest:
    app = AppTest.from_file(PAGE, default_timeout=240)
    for name, value in params.items():
        app.query_params[name] = value
    return app.run()


def by_key(elements, key):
    return next(e for e in elements if e.key == key)


def metrics(app) -> dict[str, str]:
    return {m.label: m.value for m in app.metric}


def fine(app) -> AppTest:
    assert not app.exception, app.exception[0].value
    assert not app.error, app.error[0].value
    return app


def test_opens_on_its_example_with_an_answer():
    app = fine(opened())
    assert [s.value for s in app.subheader] == [
        "Which factors bind, and where",
        "Which bases matter",
        "What would a variant do",
        "Your own factor",
        "Export",
    ]
    sites = app.dataframe[0].value
    assert sites.log_odds.is_monotonic_decreasing
    best = sites.iloc[0]
    assert by_key(app.selectbox, "dna.tf").value == best.tf and best.start <= PLANTED[best.tf] <= best.end
    assert {"CTCF", "REST", "USF1"} <= set(sites.tf[:8])
    assert float(metrics(app)["Probability (1:1 prior)"]) > 0.9
    captions = " ".join(c.value for c in app.caption)
    assert "Limits of" in captions and "do not read 0.5 as a call" in captions and "shuffles" in captions
    assert any("python -m biocore bind" in c.value for c in app.code)
    assert any("python -m biocore ism" in c.value for c in app.code)


def test_attention_is_shown_for_the_factor_that_has_it():
    app = fine(opened(seq=SHORT, tf="CTCF"))
    fine(by_key(app.toggle, "dna.inside").set_value(True).run())
    captions = " ".join(c.value for c in app.caption)
    assert "does not show that those bases change the score" in captions
    assert "Most is taken from" in captions and "of them carry 90 % of its squared gradient" in captions
    assert not [t for t in fine(opened(seq=SHORT, tf="REST")).toggle if t.key == "dna.inside"]


def test_methods_units_changes_and_zoom():
    app = opened(seq=SHORT, tf="CTCF", method="integrated-gradients", variants="G30T, G31A")
    fine(app)
    found = metrics(app)
    assert -1 <= float(found["Agreement with ISM"]) <= 1 and found["Completeness error"].endswith("%")
    named = next(d.value for d in app.dataframe if "all together" in list(d.value.iloc[:, 0]))
    assert list(named.variant) == ["G30T", "G31A", "all together"]
    assert named.change_log_odds.iloc[-1] < 0
    assert any("saliency" in c.value and "integrated-gradients" in c.value for c in app.code)
    zoom = next(b for b in app.button if b.label.startswith("Zoom to the core"))
    fine(zoom.click().run())
    first, last = app.slider[0].value
    assert last - first == 19 and first <= 31 <= last
    by_key(app.text_input, "dna.variants").set_value("C30T").run()
    assert "position 30: 'C30T' says C, but the reference is G." in app.error[0].value and not app.exception
    assert by_key(app.text_area, "dna").value == SHORT


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (">a\nACGTACGTACGTZACGTACGTACGT", "record 'a', position 13: 'Z' is not one of A, C, G, T"),
        ("ACGT", "4 bp given; 20 to 100,000 bp are accepted"),
        ("", "The input is empty"),
        (">a\n>b\nACGT", "record 'a': has a name but no sequence"),
        ("MKTAYIAKQRQISFVKSHFSRQLEERLGLIE", "This looks like a protein"),
    ],
)
def test_bad_input_is_a_message_and_the_text_stays(text, message):
    app = opened(seq=SHORT)
    app.text_area[0].set_value(text).run()
    assert not app.exception
    assert message in app.error[0].value
    assert by_key(app.text_area, "dna").value == text
    fine(app.text_area[0].set_value(SHORT).run())


def test_several_records_are_compared_and_each_can_be_chosen():
    app = fine(opened(seq=examples()["Ten records"], tf="CTCF"))
    assert "Records under one another" in [s.value for s in app.subheader]
    captions = " ".join(c.value for c in app.caption)
    assert "the records' own labels" in captions
    sites = app.dataframe[0].value
    ctcf = sites[sites.tf == "CTCF"].set_index("record").log_odds
    positives = [r for r in ctcf.index if r.startswith("site")]
    assert ctcf[positives].min() > ctcf.drop(positives).max()
    by_key(app.selectbox, "dna.rec").set_value(7).run()
    fine(app)
    assert by_key(app.selectbox, "dna.tf").value == "CTCF"
    assert float(metrics(app)["Log-odds of binding"]) == pytest.approx(ctcf["shuffle_3"], abs=0.01)
    assert app.query_params["record"] == "8"


def test_the_strongest_record_opens_and_a_variant_elsewhere_opens_its_window():
    rng = np.random.default_rng(7)
    other = ["".join(rng.choice(list("ACGT"), 300)) for _ in range(3)]
    site = other[1][:100] + "TTCAGCACCATGGACAGCGCC" + other[1][121:]
    app = fine(opened(seq=f">a\n{other[0]}\n>b\n{site}\n>c\n{other[2]}"))
    assert by_key(app.selectbox, "dna.rec").value == 1 and by_key(app.selectbox, "dna.tf").value == "REST"
    assert "likely" in set(app.dataframe[0].value["call"])
    assert any("place is likely bound" in c.value or "places are likely bound" in c.value for c in app.caption)
    by_key(app.text_input, "dna.variants").set_value(f"290{site[289]}>{'A' if site[289] != 'A' else 'C'}").run()
    fine(app)
    first = by_key(app.number_input, "dna.first").value
    assert first <= 290 < first + 101


def test_the_link_restores_factor_window_and_method():
    text = examples()["Four known sites"]
    app = fine(
        opened(seq=text, tf="REST", first="330", width="81", method="gradient", unit="probability", strand="forward")
    )
    assert by_key(app.selectbox, "dna.tf").value == "REST"
    assert by_key(app.number_input, "dna.first").value == 330 and by_key(app.number_input, "dna.width").value == 81
    assert app.query_params["first"] == "330" and app.query_params["method"] == "gradient"
    assert any("--strand forward" in c.value for c in app.code) and any("--part 330-410" in c.value for c in app.code)


def test_a_link_with_nonsense_opens_anyway():
    fine(opened(seq=SHORT, tf="NOPE", first="99999", width="x", record="-4", method="magic", unit="7", strand="up"))


def test_new_input_moves_to_its_strongest_factor_and_site():
    app = opened(seq=SHORT, tf="SRF")
    assert by_key(app.selectbox, "dna.tf").value == "SRF"
    rng = np.random.default_rng(0)
    background = "".join(rng.choice(list("ACGT"), 400))
    fine(app.text_area[0].set_value(background + CORE + background).run())
    assert by_key(app.selectbox, "dna.tf").value == "CTCF"
    first = by_key(app.number_input, "dna.first").value
    assert first <= 401 and first + 100 >= 414


def test_unknown_bases_are_reported_and_no_line_is_drawn_where_there_is_no_shuffle():
    fine(app := opened(seq="A" * 60))
    assert "No significance threshold" in " ".join(c.value for c in app.caption)
    app = fine(opened(seq=SHORT[:20] + "NNRR" + SHORT[24:]))
    assert "2 ambiguous letters (R) read as N" in app.info[0].value


def test_nothing_but_n_is_a_message():
    app = opened(seq="N" * 50)
    assert not app.exception and "nothing but N" in app.error[0].value


def test_a_choice_runs_the_page_once_and_the_threshold_comes_with_it(monkeypatch):
    runs = []
    start = dna.start_choice
    monkeypatch.setattr(dna, "start_choice", lambda *given: (runs.append(1), start(*given)))
    app = fine(opened(seq=SHORT, tf="CTCF"))
    assert len(runs) == 1
    by_key(app.selectbox, "dna.tf").set_value("MAX").run()
    assert len(runs) == 2
    assert "significance threshold" in " ".join(c.value for c in fine(app).caption)
    by_key(app.selectbox, "dna.tf").set_value("CTCF").run()  # known by now: drawn at once
    assert len(runs) == 3 and app.session_state["dna.thresholds"] == [(f, SHORT) for f in ("CTCF", "MAX")]


@pytest.mark.parametrize("part", ["strand_log_odds", "mutation_scans", "significance"])
def test_a_model_that_goes_missing_under_way_is_a_message(monkeypatch, part):
    def missing(*args, **kwargs):
        raise ModelUnavailable("The weights are gone.")

    monkeypatch.setattr(TFModel if part == "strand_log_odds" else attribution, part, missing)
    app = opened(seq=SHORT)
    assert not app.exception and "The weights are gone." in app.error[0].value


def test_motifs_that_cannot_be_read_are_said_beside_them():
    app = opened(seq=SHORT, tf="CTCF")
    by_key(app.text_area, "dna.motifs").set_value("MOTIF x\nletter-probability matrix: w= 1\n1 0 zero 0\n").run()
    assert "line 3: 'zero' is not a number" in app.error[0].value and not app.exception
    by_key(app.text_area, "dna.motifs").set_value(">mine\nA [0 0 0 9]\nC [9 9 0 0]\nG [0 0 0 0]\nT [0 0 9 0]\n").run()
    fine(app)
    assert any("1 read: mine" in c.value for c in app.caption)


def test_without_models_the_page_says_what_to_do(monkeypatch, tmp_path):
    monkeypatch.setattr(zoo, "folders", lambda: [tmp_path])
    app = opened(seq=SHORT)
    assert not app.exception and "no DNA model on this machine" in app.error[0].value


# --------------------------------------------------------------------------------------------- pieces


@pytest.mark.parametrize("title", EXAMPLES)
def test_examples_can_be_read_and_say_that_they_are_synthetic(title):
    text = examples()[title]
    assert parse_dna(text) and "synthetic" in text and len(text) < 4000  # fits the link


@pytest.mark.parametrize(
    ("description", "label"),
    [
        ("label=1", True),
        ("x label=0 y", False),
        ("positive control", True),
        ("unbound", False),
        ("", None),
        ("label", None),
    ],
)
def test_labels_in_descriptions(description, label):
    assert Dna("r", description, "ACGT", ()).label is label


def test_too_many_records_or_bases_are_refused():
    with pytest.raises(InputError, match="takes up to 500"):
        parse_dna(">r\nACGTACGTACGTACGTACGTACGT\n" * 501)
    with pytest.raises(InputError, match="300,000 bp in all"):
        parse_dna((">r\n" + "ACGT" * 25_000 + "\n") * 3)


def test_many_notes_are_summed_up():
    records = [Dna(f"r{i}", "", "ACGT", ("1 U read as T (RNA).",)) for i in range(20)]
    assert len(notes(records)) == 8 and notes(records)[-1].startswith("... and 13 more")
    assert notes(records[:1]) == ["1 U read as T (RNA)."]


def test_pairs_and_implants_are_computed_when_asked_for_and_say_what_is_wrong():
    app = fine(opened(seq=SHORT, tf="CTCF"))
    by_key(app.toggle, "dna.pairs").set_value(True)
    app = fine(app.run())
    pairs = next(d.value for d in app.dataframe if "interaction" in d.value)
    assert pairs.interaction.abs().is_monotonic_decreasing
    by_key(app.text_input, "dna.implant_first").set_value("CACGTG!")
    next(b for b in app.button if b.label == "Implant").click()
    app = app.run()
    assert "'CACGTG!' is neither IUPAC letters" in app.error[0].value
    by_key(app.text_input, "dna.implant_first").set_value("CTCF site")
    next(b for b in app.button if b.label == "Implant").click()
    app = fine(app.run())
    curve = next(d.value for d in app.dataframe if "offset" in d.value)
    assert len(curve) == len(SHORT) - 14 + 1 and curve.effect.max() > 1


def test_a_vcf_is_scored_against_the_records_and_a_wrong_reference_names_the_line():
    app = fine(opened(seq=f">chr1\n{SHORT}"))
    line = f"1\t25\t.\t{SHORT[24]}\tA\n"
    app.file_uploader(key="dna.vcf").set_value(("a.vcf", line.encode(), "text/plain"))
    app = fine(app.run())
    effects = next(d.value for d in app.dataframe if "change" in d.value and "alt" in d.value)
    assert effects.change.abs().is_monotonic_decreasing and set(effects.position) == {25}
    app.file_uploader(key="dna.vcf").set_value(("a.vcf", b"1\t25\t.\tGGGG\tA\n", "text/plain"))
    assert "line 1: REF is GGGG" in app.run().error[0].value


def test_motifs_of_many_records_are_found_when_asked_for():
    rng = np.random.default_rng(1)
    records = []
    for i in range(24):
        s = "".join(rng.choice(list("ACGT"), 101))
        records.append(f">r{i}\n{s[:40]}{CORE}{s[54:]}")
    app = fine(opened(seq="\n".join(records), tf="CTCF"))
    by_key(app.toggle, "dna.discover").set_value(True)
    fine(app.run())
    jobs.Worker().drain()
    app = fine(app.run())
    found = next(d.value for d in app.dataframe if "seqlets" in d.value)
    assert found.known[0] == "CTCF site" and found.sequences[0] >= 12
