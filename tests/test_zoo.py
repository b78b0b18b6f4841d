"""Model cards: what ships is complete and intact; what is missing or damaged says so."""

import json
from dataclasses import replace

import pytest

from biocore import runtime, zoo
from biocore.errors import InputError, ModelUnavailable


def made_card(folder, **changes):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / zoo.WEIGHTS).write_bytes(b"weights")
    card = zoo.ModelCard(
        name="toy",
        task="tf-binding",
        title="A toy",
        source="user",
        output_unit="log-odds (natural)",
        trained_on="nothing",
        limits="all",
        licence="CC0",
        citation="none",
        quality=(zoo.Quality("auROC", 0.9),),
        folder=folder,
    )
    return replace(card, **changes)


def test_a_card_round_trips_and_hashes_its_weights(tmp_path):
    card = made_card(tmp_path / "toy")
    back = zoo.read_card(zoo.write_card(card))
    assert back.title == card.title
    assert back.quality[0].value == 0.9
    assert back.quality[0].low != back.quality[0].low  # undefined stays undefined
    assert back.sha256 == {zoo.WEIGHTS: zoo.sha256(card.folder / zoo.WEIGHTS)}


def test_weights_that_changed_are_refused(tmp_path):
    card = zoo.read_card(zoo.write_card(made_card(tmp_path / "toy")))
    assert zoo.weights(card).read_bytes() == b"weights"
    (card.folder / zoo.WEIGHTS).write_bytes(b"other")
    with pytest.raises(ModelUnavailable, match="sha256"):
        zoo.weights(card)
    (card.folder / zoo.WEIGHTS).unlink()
    with pytest.raises(ModelUnavailable, match="not on this machine"):
        zoo.weights(card)


def test_a_users_model_is_found_and_wins():
    zoo.write_card(made_card(runtime.home() / "models" / "toy"))
    assert zoo.card("toy").title == "A toy"
    assert zoo.available(zoo.card("toy"))


def test_an_unknown_name_gets_suggestions():
    zoo.write_card(made_card(runtime.home() / "models" / "toy"))
    with pytest.raises(InputError, match="Did you mean: toy"):
        zoo.card("toyy")


@pytest.mark.parametrize("text", ["{", "{}", '{"name": "x", "colour": 1}'])
def test_a_broken_card_says_so(tmp_path, text):
    (tmp_path / "card.json").write_text(text)
    with pytest.raises(ModelUnavailable, match="not a model card"):
        zoo.read_card(tmp_path / "card.json")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "Expecting value"),
        ("{", "Expecting property name"),
        ("3", "no JSON object"),
        ("[" * 100_000, "recursion"),
        ('{"name": "x"}', "missing 8 required"),
        ('{"name": "x", "colour": 1}', "unexpected keyword argument 'colour'"),
        ({"title": None}, "title must be text"),
        ({"name": ""}, "must not be empty"),
        ({"details": []}, "details and sha256 must be mappings"),
        ({"details": {"order": "first"}}, "details.order must be a number"),
        ({"window": "wide"}, "window must be a whole number"),
        ({"quality": [{"metric": "auROC", "value": "good"}]}, "'auROC' must be numbers"),
        ({"quality": [3]}, "mapping"),
        (b"\xff\xfe", "utf-8"),
    ],
)
def test_one_broken_card_harms_only_itself(text, why):
    path = zoo.write_card(made_card(runtime.home() / "models" / "bad"))
    others = [card.name for card in zoo.cards()]
    if isinstance(text, dict):
        text = json.dumps(json.loads(path.read_text()) | text)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    zoo.write_card(made_card(runtime.home() / "models" / "good", name="good"))
    assert {card.name for card in zoo.cards()} == {*others, "good"} - {"toy"}
    (entry,) = zoo.broken()
    assert entry.folder == path.parent and str(path) in entry.reason and why in entry.reason
    with pytest.raises(ModelUnavailable, match="not a model card"):
        zoo.card("bad")


def test_a_users_broken_card_leaves_the_shipped_model_of_that_name():
    name = zoo.names("tf-binding")[0]
    folder = runtime.home() / "models" / name
    folder.mkdir(parents=True)
    (folder / "card.json").write_text("{")
    assert zoo.card(name).folder.is_relative_to(runtime.ASSETS)
    assert [entry.folder for entry in zoo.broken()] == [folder]


def test_a_card_is_written_whole_or_not_at_all(tmp_path, monkeypatch):
    path = zoo.write_card(made_card(tmp_path / "toy"))
    before = path.read_bytes()
    monkeypatch.setattr("os.replace", lambda *_: (_ for _ in ()).throw(OSError("disk full")))
    with pytest.raises(OSError, match="disk full"):
        zoo.write_card(made_card(tmp_path / "toy", title="Another"))
    assert path.read_bytes() == before
    assert sorted(p.name for p in path.parent.iterdir()) == ["card.json", zoo.WEIGHTS]


SHIPPED = [card for card in zoo.cards() if card.folder.is_relative_to(runtime.ASSETS)]


@pytest.mark.parametrize("card", SHIPPED, ids=lambda card: card.name)
def test_what_ships_is_described_and_intact(card):
    for field in ("title", "output_unit", "trained_on", "limits", "licence", "citation"):
        part_of_others = card.task not in zoo.LOADERS  # cited by the models that use it
        assert getattr(card, field) or (part_of_others and field == "citation"), f"{card.name} has no {field}"
    if card.hub_repository is None:
        assert zoo.weights(card).exists()
        assert card.folder.name == card.name
    json.dumps(dict(card.details), allow_nan=False)


def test_weights_stay_small():
    sizes = {path.parent.name: path.stat().st_size for path in runtime.ASSETS.glob("models/*/*.safetensors")}
    assert all(size <= 24e6 for size in sizes.values()), sizes
    total = sum(path.stat().st_size for path in runtime.ASSETS.rglob("*") if path.is_file())
    assert total <= 64e6


def test_examples_of_other_architectures_are_only_used_when_named():
    """CTCF with a transformer block ships beside the seventeen factors; "all" does not mean it."""
    example = "tf-CTCF-one-transformer"
    assert example in zoo.names("tf-binding") and zoo.card(example).details["example"] is True
    assert example not in zoo.here("tf-binding") and len(zoo.here("tf-binding")) == 17
