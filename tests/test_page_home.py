"""The home page: recognises what is pasted and offers the pages that take it."""

import pytest
from streamlit.testing.v1 import AppTest

from biocore import jobs, runtime
from biocore.errors import DataUnavailable
from biocore.web.home import CARDS

VARIANTS = "Variant effects" if (runtime.PAGES / "variant_effects.py").exists() else "Masked residues"


@pytest.fixture(scope="module")
def opened():
    return AppTest.from_file("../app.py", default_timeout=60).run()


def paste(text):
    app = AppTest.from_file("../app.py", default_timeout=60).run()
    return app.text_area(key="home.text").set_value(text).run()


def offered(app):
    return [button.label for button in app.button]


def test_it_opens(opened):
    assert not opened.exception
    assert not opened.error
    assert opened.title[0].value == "biocore"


@pytest.fixture(scope="module")
def one_visitor():
    """Who pastes one thing after the other."""
    return AppTest.from_file("../app.py", default_timeout=60).run()


@pytest.mark.parametrize(
    ("text", "name", "first"),
    [
        ("ACGTTGACCATTGACCA", "DNA", "DNA binding"),
        ("MKTAYIAKQRQISFVKSHFSRQ", "a protein", "Masked residues"),
        (">a\nMKTAYIAKQR\n>b\nMKVLAAGIVG", "several proteins", "Embedding map"),
        ("3I40", "a PDB id", "Structures"),
        ("P01308", "a UniProt accession", "Structures"),
        ("AF-P04637-F1", "an AlphaFold DB id", "Structures"),
        ("R175H", "a variant", VARIANTS),
        ("p.Arg175His, R248Q:R273C", "a variant", VARIANTS),
    ],
)
def test_what_is_pasted_is_called_by_its_name_and_leads_to_its_page(one_visitor, text, name, first):
    app = one_visitor.text_area(key="home.text").set_value(text).run()
    assert not app.exception
    assert any(f"This is **{name}" in markdown.value for markdown in app.markdown)
    assert offered(app)[0] == first


def test_dna_arrives_on_its_page_as_typed():
    text = ">mine\nCCACCAGGGGGCGCTAGTGACCACCAGGGGGCGC"
    app = paste(text)
    app.button(key="home.open.dna_binding").click().run()
    assert not app.exception
    assert app.text_area[0].value == text


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("hello, world!", "neither DNA"),
        ("NP_000537.3", "looks like an accession"),
        ("The sequence of insulin is MALWMRLLPLLALLALWGPD", "looks like text"),
    ],
)
def test_what_is_no_sequence_gets_a_sentence_and_stays(one_visitor, text, sentence):
    app = one_visitor.text_area(key="home.text").set_value(text).run()
    assert not app.exception
    assert sentence in app.warning[0].value
    assert app.text_area(key="home.text").value == text


def test_each_page_gives_its_first_answer_about_what_is_pasted():
    app = paste("MQIFVKTLTGKTITLEVEPSDTIENVKAKIQDKEGIPPDQQRLIFAGKQLEDGRTLSDYNIQKESTLHLVLRLRGG")
    assert not app.exception and "First answers" in [each.value for each in app.subheader]
    said = " ".join(each.value for each in app.markdown)
    for part in ("Most constrained by the family", "Least tolerant residues", "molecular function", "the nearest is"):
        assert part in said, part


def test_answers_about_a_long_protein_are_a_job_whose_cards_fill_one_by_one(monkeypatch):
    from biocore.workspace.answers import Found, job
    from biocore.workspace.session import Answer

    def ask(page, molecule, opener, *, quick):
        if page == "embedding_map":
            raise DataUnavailable("The example is not here.")
        return Found(Answer(page, page, f"{page} says {len(molecule.sequence)}."))

    monkeypatch.setattr(job, "ask", ask)
    app = paste(">long\n" + "MKTAYIAKQRQISFVKSHFSRQ" * 60)
    said = [each.value for each in app.caption]
    assert not app.exception and said.count("Waits for its turn.") == 4
    jobs.Worker().drain()
    app.run()
    said = " ".join(each.value for each in [*app.markdown, *app.caption])
    assert "masked\\_residues says 1320." in said and "protein\\_function says 1320." in said
    assert "No answer: The example is not here." in said and not app.exception


def test_a_variant_arrives_in_the_list_of_variants():
    app = paste("F48S")
    app.button(key="home.open.masked_residues").click().run()
    assert not app.exception
    assert app.text_area(key="masked_residues.variants").value == "F48S"


def test_pages_that_do_not_exist_yet_are_not_offered(opened):
    links = {card.title for card in CARDS if (runtime.PAGES / f"{card.page}.py").exists()}
    shown = " ".join(caption.value for caption in opened.caption)
    for card in CARDS:
        assert (card.question in shown) == (card.title in links)
