"""The masked-residues page as a script: its example, bad input, long proteins, other models, the link."""

from pathlib import Path

import numpy as np
import pytest
from esm_toys import tiny_folder, tiny_model
from streamlit.testing.v1 import AppTest

from biocore import jobs, runtime, zoo
from biocore.web.masked_residues.inputs import INSULIN

P53 = (
    "MEEPQSDPSVEPPLSQETFSDLWKLLPENNVLSPLPSQAMDDLMLSPDDIEQWFTEDPGPDEAPRMPEAAPPVAPAPAAPTPAAPAPAPSWPLSSSVPSQKTYQGSYGFRLGFLH"
    "SGTAKSVTCTYSPALNKMFCQLAKTCPVQLWVDSTPPPGTRVRAMAIYKQSQHMTEVVRRCPHHERCSDSDGLAPPQHLIRVEGNLRVEYLDDRNTFRHSVVVPYEPPEVGSDCTT"
    "IHYNYMCNSSCMGGMNRRPILTIITLEDSSGNLLGRNSFEVRVCACPGRDRRTEEENLRKKGEPHHELPPGSTKRALPNNTSSSPQPKKKPLDGEYFTLQIRGRERFEMFRELNEA"
    "LELKDAQAGKEPGGSRAHSSHLKSKKGQSTSRHKKLMFKTEGPDSD"
)
PAGE = Path(__file__).parents[1] / "pages" / "masked_residues.py"


pytestmark = pytest.mark.usefixtures("new_visitor")


@pytest.fixture
def page(monkeypatch):
    monkeypatch.setenv("BIOCORE_OFFLINE", "1")

    def start(**params):
        app = AppTest.from_file(PAGE, default_timeout=240)
        for name, value in params.items():
            app.query_params[name] = value
        return app.run()

    return start


def metrics(app):
    return {metric.label: metric.value for metric in app.metric}


def link(app, name):
    """A value in the page's address."""
    value = app.query_params[name]
    return value[0] if isinstance(value, list) else value


def errors(app):
    return [error.value.replace("\\", "") for error in app.error]


def paste(app, text):
    return app.text_area(key="masked_residues.protein").set_value(text).run()


def test_it_opens_on_the_books_example_and_follows_what_is_asked(page):
    app = page()
    assert not app.exception and not app.error
    shown = metrics(app)
    assert shown["Wild-type residue"] == "L30" and shown["Rank of the wild type"] == "1 of 20"
    assert float(shown["Pseudo-perplexity"]) > 1
    assert link(app, "mask") == "30"
    assert any("Limits of ESM-mini" in caption.value for caption in app.caption)
    assert any("mask" in code.value and "--position L30" in code.value for code in app.code)
    variants = next(frame.value for frame in app.dataframe if "problem" in frame.value.columns)
    assert list(variants["variant"]) == ["F48S", "L30P:F48S", "C31Y", "R89C"] and variants["score"].notna().all()

    app = app.button(key="masked_residues.book.26").click().run()  # the book's second example
    assert metrics(app)["Wild-type residue"] == "N27" and not app.exception

    app = app.text_input(key="masked_residues.position_text").set_value("L30, F48").run()
    assert link(app, "mask") == "30,48"
    several = next(frame.value for frame in app.dataframe if "p(most likely)" in frame.value.columns)
    assert list(several["residue"]) == ["L30", "F48"]

    app = app.text_input(key="masked_residues.position_text").set_value("F3").run()
    assert any("residue 3 is L, not F" in error for error in errors(app))
    assert link(app, "mask") == "30,48"  # nothing was lost

    app = app.number_input(key="masked_residues.offset").set_value(-24).run()
    assert metrics(app)["Wild-type residue"] == "L6" and link(app, "offset") == "-24"
    variants = next(frame.value for frame in app.dataframe if "problem" in frame.value.columns)
    assert variants["score"].isna().all()
    assert any("With the numbering offset +0 it would fit" in warning.value for warning in app.warning)

    app = app.segmented_control(key="masked_residues.strategy").set_value("wild-type").run()
    assert "One-pass perplexity" in metrics(app) and link(app, "strategy") == "wild-type"
    assert not app.exception


@pytest.mark.parametrize("view", ["Tokens", "One-hot matrix", "Vocabulary"])
def test_how_the_model_sees_a_protein(page, view):
    app = page(seq="MKTAYX")
    app = app.segmented_control(key="masked_residues.inside").set_value(view).run()
    assert not app.exception and not app.error
    if view == "Tokens":
        table = next(frame.value for frame in app.dataframe if list(frame.value.columns) == ["token", "id", "residue"])
        assert list(table["token"]) == ["<cls>", *"MKTAYX", "<eos>"] and list(table["id"])[0] == 0
    if view == "Vocabulary":
        table = next(frame.value for frame in app.dataframe if "meaning" in frame.value.columns)
        assert len(table) == 33 and dict(zip(table["token"], table["id"], strict=True))["<mask>"] == 32


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "The input is empty"),
        (">name only\n", "has a name but no sequence"),
        ("MKT1AYJ?K", "'?' is not an amino acid"),
        ("ATGGCCCTGTGGATGCGCCTCCTGCCCCTG", "looks like DNA"),
        ("M" * 20_001, "20,001 residues given; 1 to 20,000"),
    ],
)
def test_bad_input_is_a_message_and_nothing_is_lost(page, text, message):
    app = paste(page(seq="MKTAY"), text)
    assert not app.exception
    assert any(message in error for error in errors(app))
    assert app.text_area(key="masked_residues.protein").value == text


def test_rare_letters_are_reported_and_scored_as_far_as_possible(page):
    app = page(seq="MKTXXUAY*")
    assert not app.exception and not app.error
    note = " ".join(info.value for info in app.info)
    assert "2 X" in note and "1 U" in note and "stop (\\*) at the end" in note
    app = app.text_input(key="masked_residues.position_text").set_value("4").run()
    assert metrics(app)["Rank of the wild type"] == "not defined" and not app.exception


def test_a_single_residue_is_enough(page):
    app = page(seq="M")
    assert not app.exception and not app.error and metrics(app)["Wild-type residue"] == "M1"


def test_a_long_protein_opens_with_the_cheap_strategy_and_tells_the_cost_of_the_other(page):
    protein = "".join(np.random.default_rng(0).permutation(list(INSULIN * 11)))[:1200]
    app = paste(page(seq="MKTAY"), protein)
    assert not app.exception and not app.error
    assert app.segmented_control(key="masked_residues.strategy").value == "wild-type"
    assert any("would take 1,200 passes, about" in caption.value for caption in app.caption)
    assert any("longer than the 256 residues" in caption.value for caption in app.caption)
    app = app.slider(key="masked_residues.start").set_value(801).run()
    assert not app.exception
    app = app.segmented_control(key="masked_residues.strategy").set_value("masked").run()
    assert app.button(key="masked_residues.scan.start").label.startswith("Scan with one mask at a time, about")
    assert any("No residue is scanned yet" in info.value for info in app.info)
    assert app.text_area(key="masked_residues.protein").value == protein


def test_a_stopped_scan_shows_what_it_has_and_offers_to_go_on(page):
    tiny_model(runtime.home())  # as many steps, of a moment each
    app = page(seq=INSULIN * 2, strategy="masked")
    jobs.Worker().turn(seconds=0.0)
    app = app.button(key="masked_residues.scan.stop").click().run()
    assert any("of 220 residues are scanned" in info.value for info in app.info) and not app.exception
    app = app.button(key="masked_residues.scan.resume").click().run()
    jobs.Worker().drain()
    app = app.run()
    assert not any("residues are scanned" in info.value for info in app.info)
    assert float(metrics(app)["Pseudo-perplexity"]) > 1


def test_several_records_offer_a_choice(page):
    app = page(seq=">a\nMKTAY\n>b\nWWWW\n")
    assert metrics(app)["Wild-type residue"] == "T3"
    app = app.selectbox(key="masked_residues.record").set_value(1).run()
    assert metrics(app)["Wild-type residue"] == "W3" and not app.exception


def test_the_link_gives_the_page_again(page):
    app = page(seq="MKTAYIAKQR", mask="2,4", offset="10", strategy="wild-type", variants="K12A")
    assert not app.exception and not app.error
    assert app.number_input(key="masked_residues.offset").value == 10
    several = next(frame.value for frame in app.dataframe if "p(most likely)" in frame.value.columns)
    assert list(several["residue"]) == ["K12", "A14"]
    variants = next(frame.value for frame in app.dataframe if "problem" in frame.value.columns)
    assert list(variants["variant"]) == ["K12A"] and variants["score"].notna().all()


def test_the_strategy_stays_while_the_box_is_empty(page):
    app = page(seq="MKTAYIAKQR")
    assert app.segmented_control(key="masked_residues.strategy").value == "masked"
    app = paste(paste(app, ""), "MKTAYIAKQRQISFVK")
    assert app.segmented_control(key="masked_residues.strategy").value == "masked"
    assert "Pseudo-perplexity" in metrics(app)
    app = app.segmented_control(key="masked_residues.strategy").set_value("wild-type").run()
    app = paste(paste(app, ""), "MKTAYIAKQRQISFVKSHF")
    assert app.segmented_control(key="masked_residues.strategy").value == "wild-type" and not app.exception
    app.session_state["masked_residues.strategy"] = None  # what a browser sends that draws the menu anew
    app = app.run()
    assert app.segmented_control(key="masked_residues.strategy").value == "wild-type"
    assert "One-pass perplexity" in metrics(app) and not app.exception


def test_a_pasted_protein_survives_a_visit_to_the_embedding_map(page):
    """Over app.py, as users have it: the pages of one session must not take each other's widgets."""
    app = AppTest.from_file(PAGE.parents[1] / "app.py", default_timeout=240)
    app.query_params["strategy"] = "wild-type"
    app = paste(app.switch_page("pages/masked_residues.py").run(), P53)
    app = app.text_input(key="masked_residues.position_text").set_value("R175").run()
    app = app.switch_page("pages/embedding_map.py").run()
    assert not app.exception and app.title[0].value == "Embedding map"
    app = app.switch_page("pages/masked_residues.py").run()
    assert not app.exception and not app.error
    assert app.text_area(key="masked_residues.protein").value == P53
    assert metrics(app)["Wild-type residue"] == "R175"
    assert app.segmented_control(key="masked_residues.strategy").value == "wild-type"


def test_the_weak_model_warns_beside_the_variants(page):
    app = page(seq="MKTAYIAKQR", variants="K2A")
    assert any("Do not judge a variant by this model" in warning.value for warning in app.warning)


@pytest.mark.parametrize("params", [{"mask": "x"}, {"mask": "999"}, {"offset": "abc"}, {"strategy": "magic"}])
def test_nonsense_in_the_link_is_ignored(page, params):
    app = page(seq="MKTAY", **params)
    assert not app.exception and not app.error


def test_a_model_that_is_not_here_is_said_and_the_page_stays_useful(page, monkeypatch):
    monkeypatch.setenv("BIOCORE_FETCH", "3")
    app = page(seq="MKTAY")
    app = app.selectbox(key="masked_residues.model").set_value("esm2_t33_650M_UR50D").run()
    assert not app.exception
    assert any("is not on this machine" in w.value and "2,610 MB" in w.value for w in app.warning)
    assert metrics(app)["Wild-type residue"] == "T3"  # answered by the model that ships, and that is said
    assert any("shows the answers of" in caption.value for caption in app.caption)
    app = app.button(key="masked_residues.fetch").click().run()
    assert any("BIOCORE_OFFLINE" in error for error in errors(app)) and not app.exception
    assert app.button(key="masked_residues.fetch").label.startswith("Fetch ")  # and can be tried again


def test_visitors_fetch_no_more_than_the_server_allows(page):
    app = page(seq="MKTAY")
    app = app.selectbox(key="masked_residues.model").set_value("esm2_t33_650M_UR50D").run()
    assert not app.exception and "masked_residues.fetch" not in [button.key for button in app.button]
    assert any("more than visitors of this server may fetch" in caption.value for caption in app.caption)


def test_a_damaged_model_can_be_fetched_again(page):
    card = zoo.card("esm2_t6_8M_UR50D")
    tiny_folder(zoo.hub_download_folder(card))
    (zoo.hub_download_folder(card) / "model.safetensors").write_bytes(b"cut short")
    app = page(seq="MKTAY")
    app = app.selectbox(key="masked_residues.model").set_value(card.name).run()
    assert any("not a whole safetensors file" in error for error in errors(app)) and not app.exception
    assert app.button(key="masked_residues.fetch").label == "Fetch esm2_t6_8M_UR50D again".replace("_", "\\_")
    app = app.button(key="masked_residues.fetch").click().run()
    assert any("BIOCORE_OFFLINE" in error for error in errors(app)) and not app.exception


def test_a_folder_of_the_server_is_opened_for_visitors_only_where_that_is_allowed(page, tmp_path):
    folder = tiny_folder(tmp_path / "mine")
    app = page(seq="MKTAY")
    assert app.text_input(key="masked_residues.folder").disabled
    for path in (folder, tmp_path, tmp_path / "nowhere"):  # whatever a client sends, nothing is looked at
        app.session_state["masked_residues.folder"] = str(path)
        app = app.run()
        assert not app.exception and not app.error and str(path) not in " ".join(code.value for code in app.code)
        assert any("Limits of ESM-mini" in caption.value for caption in app.caption)


def test_a_folder_of_ones_own_is_used(page, tmp_path, monkeypatch):
    monkeypatch.setenv("BIOCORE_FOLDERS", "yes")
    folder = tiny_folder(tmp_path / "mine")
    app = page(seq="MKTAY")
    app = app.text_input(key="masked_residues.folder").set_value(str(folder)).run()
    assert not app.exception and not app.error
    assert any("mine (your folder)" in caption.value for caption in app.caption)
    assert any(f"--model blend:{folder}" in code.value for code in app.code)
    app = app.text_input(key="masked_residues.folder").set_value(str(tmp_path)).run()
    assert any("not the folder of an ESM-2 model: config.json is missing" in error for error in errors(app))
    assert metrics(app)["Wild-type residue"] == "T3" and not app.exception


def test_a_measured_table_is_compared(page):
    app = page(seq="MKTAYIAKQR")
    rows = "\n".join(f"{w}{i}{m},{k}" for k, (w, i, m) in enumerate([("M", 1, "A"), ("K", 2, "W"), ("T", 3, "C")]))
    upload = app.file_uploader(key="masked_residues.dms")
    app = upload.upload("dms.csv", f"mutant,score\n{rows}\nM1*,1\n".encode(), "text/csv").run()
    assert not app.exception and not app.error
    assert any("The first, line 5: " in warning.value and "stop" in warning.value for warning in app.warning)
    assert metrics(app)["Variants compared"] == "3" and -1 <= float(metrics(app)["Spearman"]) <= 1


# ------------------------------------------------------------------------------------------------------------ families


def test_the_blend_answers_with_both_its_parts_beside_it(page):
    app = page(seq=INSULIN, mask="31")
    assert not app.exception and not app.error
    table = next(frame.value for frame in app.dataframe if "family" in frame.value.columns)
    assert list(table.columns) == ["amino acid", "blend", "family", "language model"]
    assert table["amino acid"][0] == "C" and table["family"][0] > 0.8  # insulin's cysteine
    assert metrics(app)["Rank of the wild type"] == "1 of 20"
    assert app.segmented_control(key="masked_residues.strategy").value == "blend"


def test_the_most_constrained_positions_of_insulin_are_its_cysteines(page):
    app = page(seq=INSULIN)
    table = next(frame.value for frame in app.dataframe if "conservation" in frame.value.columns)
    assert len(table) == 20 and set(table["position"].head(6)) == {31, 43, 95, 96, 100, 109}


def test_contacts_of_an_alignment_are_drawn_beside_an_open_structure(page, shared_data):
    content = (shared_data / "structures" / "1UBQ.pdb").read_bytes()
    ubiquitin = "MQIFVKTLTGKTITLEVEPSDTIENVKAKIQDKEGIPPDQQRLIFAGKQLEDGRTLSDYNIQKESTLHLVLRLRGG"
    rng = np.random.default_rng(0)
    rows = np.where(rng.random((60, 76)) < 0.4, rng.choice(list("AEKLS"), (60, 76)), list(ubiquitin))
    text = f">q\n{ubiquitin}\n" + "".join(f">s{n}\n{''.join(row)}\n" for n, row in enumerate(rows))
    app = page(seq=ubiquitin)
    app.session_state["structures.way"], app.session_state["structures.kept_file"] = "file", ("1UBQ.pdb", content)
    app = app.radio(key="masked_residues.source").set_value("an alignment of yours").run()
    app = app.file_uploader(key="masked_residues.alignment").set_value(("mine.a3m", text.encode(), "text/plain")).run()
    assert not app.exception and not app.error
    said = [caption.value for caption in app.caption]
    assert any("of the best L/5 long-range pairs touch (by chance" in text for text in said)
    assert any("Of the best 15 pairs 24 places apart or more" in text for text in said)


def test_a_protein_without_family_says_so_and_goes_on_with_the_language_model(page):
    app = page(seq="MKTAYIAKQR")
    assert any("No family found" in info.value for info in app.info) and not app.exception
    assert app.segmented_control(key="masked_residues.strategy").value == "masked"


def test_an_alignment_of_ones_own_is_used_and_a_bad_one_is_a_message(page):
    app = page(seq="ACDEFGHIKLMNPQRSTVWY")
    app = app.radio(key="masked_residues.source").set_value("an alignment of yours").run()
    good = ">q\nACDEFGHIKLMNPQRSTVWY\n>a\nACDEFGHIKLMNPQRSTVWF\n>b\nACDEYGHIKLMNPQRSTVWY\n"
    app = app.file_uploader(key="masked_residues.alignment").set_value(("mine.a3m", good.encode(), "text/plain")).run()
    assert not app.exception and not app.error
    assert metrics(app)["Residues with homologues"] == "100 %"
    bad = b">q\nACDEFGHIKLMNPQRSTVWY\n>a\nACD\n"
    app = app.file_uploader(key="masked_residues.alignment").set_value(("bad.a3m", bad, "text/plain")).run()
    assert any("begins on line 3 has 3 aligned columns" in error for error in errors(app)) and not app.exception


def test_a_database_of_the_server_is_searched_on_request(page, tmp_path, monkeypatch):
    path = tmp_path / "mine.fasta"
    path.write_text(f">h\n{INSULIN[:60]}{INSULIN[60:].replace('G', 'A')}\n>other\n{P53}\n")
    monkeypatch.setenv("BIOCORE_DATABASES", str(path))
    app = page(seq=INSULIN)
    app = app.radio(key="masked_residues.source").set_value("a database on this server").run()
    assert not app.exception and not app.error
    app = app.button(key="masked_residues.search.start").click().run()
    assert not app.exception and not app.error
    jobs.Worker().drain()
    app = app.run()
    assert metrics(app)["Residues with homologues"] == "100 %"
    # contacts are of the search's alignment, which has too few sequences here
    assert app.segmented_control(key="masked_residues.contacts.database").value == "the database search"
    assert any("sequences reach over half of the protein" in caption.value for caption in app.caption)
