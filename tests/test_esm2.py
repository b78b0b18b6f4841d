"""ESM-2 against a plain transformers forward pass, against hand counts, and against folders that are no ESM-2."""

import json
import math
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from esm_toys import TINY, masked_lm, tiny_folder

from biocore import esm2, zoo
from biocore.errors import InputError, ModelUnavailable
from biocore.esm2 import MASKED, TOKENS, WILD_TYPE, open_folder
from biocore.esm2.results import ResidueProbabilities, SubstitutionScan
from biocore.esm2.tiles import blend, centred, tiles
from biocore.esm2.vocabulary import AMINO_ACID_IDS, IDS, encode
from biocore.sequence import AMINO_ACIDS

INSULIN = (
    "MALWMRLLPLLALLALWGPDPAAAFVNQHLCGSHLVEALYLVCGERGFFYTPKTRREAEDLQVGQVELGGGPGAGSLQPLALEGSLQKRGIVEQCCTSICSLYQLENYCN"
)
PROTEINS = ["MKTAYIAKQR", "GA", "MSDNXBZUOLLKK", "W", "ACDEFGHIKLMNPQRSTVWY"]


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    return open_folder(tiny_folder(tmp_path_factory.mktemp("tiny") / "model"))


@pytest.fixture(scope="module")
def plain():
    """What the issue of parity is about: one sequence at a time through transformers, nothing else."""
    import torch

    model = masked_lm()

    def run(sequence, masked=()):
        ids = [0, *encode(sequence).tolist(), 2]
        for position in masked:
            ids[position + 1] = IDS["<mask>"]
        with torch.no_grad():
            out = model(torch.tensor([ids]), output_hidden_states=True)
        return out.logits[0, 1:-1].numpy(), [states[0, 1:-1].numpy() for states in out.hidden_states]

    return run


def log_softmax(x):
    x = x.astype(np.float64)
    return x - np.log(np.exp(x - x.max(-1, keepdims=True)).sum(-1, keepdims=True)) - x.max(-1, keepdims=True)


# ------------------------------------------------------------------------------------------ parity with transformers


def test_the_tokens_are_those_of_the_transformers_tokenizer(tmp_path):
    from transformers import EsmTokenizer

    tokenizer = EsmTokenizer(str(tiny_folder(tmp_path / "m") / "vocab.txt"))
    text = "MKTXBZUOLAGV"
    assert tokenizer(text)["input_ids"] == [IDS["<cls>"], *encode(text), IDS["<eos>"]]
    assert [tokenizer.convert_ids_to_tokens(i) for i in range(33)] == list(TOKENS)


@pytest.mark.parametrize("layer", [-1, 0, 1, 2, 3])
def test_embeddings_are_means_of_transformers_states(tiny, plain, layer):
    expected = np.array([plain(s)[1][layer].mean(axis=0) for s in PROTEINS])
    np.testing.assert_allclose(tiny.embed(PROTEINS, layer=layer), expected, atol=1e-4)
    np.testing.assert_allclose(
        tiny.residue_embeddings(PROTEINS[0], layer=layer), plain(PROTEINS[0])[1][layer], atol=1e-4
    )


@pytest.mark.parametrize("tokens_per_batch", [1, 20, 64, 100_000])
def test_batch_and_padding_change_nothing(tmp_path, tiny, tokens_per_batch):
    other = open_folder(tiny_folder(tmp_path / "m"))
    other.tokens_per_batch = tokens_per_batch
    order = [3, 0, 4, 2, 1]
    np.testing.assert_allclose(other.embed([PROTEINS[i] for i in order]), tiny.embed(PROTEINS)[order], atol=1e-5)
    alone = np.concatenate([tiny.embed([protein]) for protein in PROTEINS])
    np.testing.assert_allclose(other.embed(PROTEINS), alone, atol=1e-5)
    np.testing.assert_allclose(
        other.substitution_scores(PROTEINS[0]).scores, tiny.substitution_scores(PROTEINS[0]).scores, atol=1e-5
    )


@pytest.mark.parametrize("positions", [[0], [9], [3, 4], [7, 0, 2]])
def test_masked_letters_equal_transformers(tiny, plain, positions):
    answer = tiny.residue_probabilities(PROTEINS[0], positions)
    expected = np.exp(log_softmax(plain(PROTEINS[0], positions)[0][positions]))
    np.testing.assert_allclose(answer.tokens, expected, atol=1e-4)
    letters = expected[:, AMINO_ACID_IDS]
    np.testing.assert_allclose(answer.probabilities, letters / letters.sum(1, keepdims=True), atol=1e-4)
    np.testing.assert_allclose(answer.tokens.sum(1), 1, atol=1e-5)


@pytest.mark.parametrize("protein", PROTEINS)
def test_scans_equal_transformers(tiny, plain, protein):
    one_by_one = np.array([log_softmax(plain(protein, [i])[0][i]) for i in range(len(protein))])
    np.testing.assert_allclose(tiny.substitution_scores(protein, MASKED).token_log_probabilities, one_by_one, atol=1e-4)
    one_pass = log_softmax(plain(protein)[0])
    np.testing.assert_allclose(
        tiny.substitution_scores(protein, WILD_TYPE).token_log_probabilities, one_pass, atol=1e-4
    )


def test_token_embeddings_are_the_input_matrix(tiny):
    expected = masked_lm().esm.embeddings.word_embeddings.weight.detach().numpy()
    np.testing.assert_array_equal(tiny.token_embeddings(), expected)
    tiny.token_embeddings()[:] = 0  # a copy: nobody changes the model
    np.testing.assert_array_equal(tiny.token_embeddings(), expected)


def test_parity_also_without_token_dropout(tmp_path):
    import torch

    folder = tmp_path / "m"
    reference = masked_lm(token_dropout=False)
    reference.save_pretrained(folder)
    (folder / "vocab.txt").write_text("\n".join(TOKENS))
    ids = torch.tensor([[0, *encode("MKTAY"), 2]])
    ids[0, 3] = IDS["<mask>"]
    with torch.no_grad():
        expected = log_softmax(reference(ids).logits[0, 3].numpy())
    found = np.log(open_folder(folder).residue_probabilities("MKTAY", [2]).tokens[0])
    np.testing.assert_allclose(found, expected, atol=1e-4)


# ------------------------------------------------------------------------------------------------- hand counts


def test_pseudo_perplexity_scores_every_residue_where_it_is_masked(tiny, plain):
    protein = "MKTAYIW"
    surprise = 0.0
    for i, letter in enumerate(protein):  # residue i is token i + 1; both ends count
        surprise -= log_softmax(plain(protein, [i])[0][i])[IDS[letter]]
    expected = math.exp(surprise / len(protein))
    assert tiny.pseudo_perplexity(protein) == pytest.approx(expected, rel=1e-4)

    shifted = 0.0  # the reference script's mistake: token i masked, residue sequence[i] scored, ends left out
    for i in range(1, len(protein) - 1):
        shifted -= log_softmax(plain(protein, [i - 1])[0][i - 1])[IDS[protein[i]]]
    assert tiny.pseudo_perplexity(protein) != pytest.approx(math.exp(shifted / (len(protein) - 2)), rel=1e-2)


def test_scores_are_log_odds_against_the_wild_type():
    logs = np.full((2, 33), math.log(0.01), np.float32)
    logs[0, IDS["A"]], logs[0, IDS["C"]] = math.log(0.5), math.log(0.125)
    scan = SubstitutionScan("AX", MASKED, logs, "toy")
    assert scan.scores[0, AMINO_ACIDS.index("C")] == pytest.approx(math.log(0.25))
    assert scan.scores[0, AMINO_ACIDS.index("A")] == 0
    assert np.isnan(scan.scores[1]).all()  # X has no log-odds
    assert np.isnan(scan.wild_type_probability[1])
    total = 0.5 + 0.125 + 18 * 0.01
    assert scan.wild_type_probability[0] == pytest.approx(0.5 / total)
    assert scan.mean_effect[0] == pytest.approx((math.log(0.25) + 18 * math.log(0.02)) / 19)


def test_a_stopped_scan_keeps_what_it_has(tiny):
    protein = "MKTAYIAKQRWW" * 3
    whole = tiny.substitution_scores(protein)
    rows = np.full((len(protein), 33), np.nan, np.float32)
    tiny_batches = iter(tiny.scan_chunks(protein))
    positions, values = next(tiny_batches)
    rows[positions] = values
    part = SubstitutionScan(protein, MASKED, rows, "tiny")
    np.testing.assert_array_equal(np.flatnonzero(part.done), positions)
    np.testing.assert_allclose(part.scores[positions], whole.scores[positions], atol=1e-6)
    if len(positions) < len(protein):
        assert math.isnan(part.pseudo_perplexity)


@pytest.mark.slow
def test_progress_counts_every_residue(tiny):
    seen = []
    tiny.substitution_scores("MKTAYIAKQR" * 30, progress=lambda done, total: seen.append((done, total)))
    assert len(seen) > 1 and seen[-1] == (300, 300) and seen == sorted(seen)
    seen.clear()
    tiny.embed(["MKT", "MKTAY"], progress=lambda done, total: seen.append((done, total)))
    assert seen[-1] == (8, 8)


def test_rank_probability_and_entropy_of_an_answer():
    tokens = np.zeros((1, 33), np.float32)
    tokens[0, IDS["L"]], tokens[0, IDS["A"]], tokens[0, IDS["<mask>"]] = 0.25, 0.25, 0.5
    answer = ResidueProbabilities("LX", (0,), tokens, "toy")
    assert answer.wild_type == "L" and answer.wild_type_rank[0] == 1
    assert answer.wild_type_probability[0] == pytest.approx(0.5)
    assert answer.entropy[0] == pytest.approx(1.0)  # two letters, one bit
    unknown = ResidueProbabilities("LX", (1,), tokens, "toy")
    assert math.isnan(unknown.wild_type_rank[0]) and math.isnan(unknown.wild_type_probability[0])
    uniform = np.full((1, 33), 1 / 33, np.float32)
    assert ResidueProbabilities("L", (0,), uniform, "toy").entropy[0] == pytest.approx(math.log2(20))


# ---------------------------------------------------------------------------------------------------- windows


@pytest.mark.parametrize(
    ("length", "window"), [(1, 10), (10, 10), (11, 10), (25, 10), (1000, 256), (3001, 1022), (7, 1)]
)
def test_tiles_cover_every_residue_with_weight_one(length, window):
    total = np.zeros(length)
    for part in tiles(length, window):
        assert 0 <= part.start < part.stop <= length and part.stop - part.start <= window
        assert (part.weights > 0).all()
        total[part.start : part.stop] += part.weights
    np.testing.assert_allclose(total, 1, atol=1e-6)


def test_blending_changes_smoothly_from_tile_to_tile():
    parts = tiles(600, 256)
    steps = [np.full((part.stop - part.start, 1), float(k), np.float32) for k, part in enumerate(parts)]
    blended = blend(steps, parts, 600)[:, 0]
    assert np.abs(np.diff(blended)).max() < 0.1  # a hard cut would jump by 1
    assert blended[0] == 0 and blended[-1] == len(parts) - 1


def test_a_window_is_centred_where_there_is_room():
    assert centred(50, 100, 20) == (40, 60)
    assert centred(3, 100, 20) == (0, 20)
    assert centred(99, 100, 20) == (80, 100)
    assert centred(3, 10, 20) == (0, 10)


def test_long_proteins(tiny, plain):
    tiny_window, tiny.window = tiny.window, 40
    try:
        protein = (INSULIN * 2)[:150]
        scan = tiny.substitution_scores(protein, MASKED)
        start, stop = centred(70, 150, 40)
        expected = log_softmax(plain(protein[start:stop], [70 - start])[0][70 - start])
        np.testing.assert_allclose(scan.token_log_probabilities[70], expected, atol=1e-4)

        one_pass = tiny.substitution_scores(protein, WILD_TYPE)
        np.testing.assert_allclose(np.exp(one_pass.token_log_probabilities).sum(axis=1), 1, atol=1e-4)
        parts = tiles(150, 40)
        pieces = [plain(protein[part.start : part.stop])[1][-1] for part in parts]
        np.testing.assert_allclose(tiny.residue_embeddings(protein), blend(pieces, parts, 150), atol=1e-4)
        mean = tiny.residue_embeddings(protein).mean(axis=0)
        np.testing.assert_allclose(tiny.embed([protein, "MKT"])[0], mean, atol=1e-4)
        answer = tiny.residue_probabilities(protein, [70])
        np.testing.assert_allclose(answer.tokens[0], np.exp(expected), atol=1e-4)
    finally:
        tiny.window = tiny_window


def test_twenty_thousand_residues_are_the_limit(tiny):
    with pytest.raises(InputError, match="20,001 residues given; 1 to 20,000"):
        tiny.embed(["A" * 20_001])
    assert tiny.embed(["A" * 1]).shape == (1, 24)


# ----------------------------------------------------------------------------------------------------- errors


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda m: m.embed([""]), "empty"),
        (lambda m: m.embed(["MK1"]), "position 3: '1' is not a residue"),
        (lambda m: m.embed(["MK"], layer=4), "layer 4 does not exist; .* has 0 to 3"),
        (lambda m: m.residue_probabilities("MKT", []), "at least one position"),
        (lambda m: m.residue_probabilities("MKT", [3]), "no residue 4; the protein has residues 1 to 3"),
        (lambda m: m.residue_probabilities("MKT", [-1]), "no residue 0"),
        (lambda m: m.substitution_scores("MKT", "mutant"), "use masked or wild-type"),
    ],
)
def test_bad_input_says_what_and_where(tiny, call, message):
    with pytest.raises(InputError, match=message):
        call(tiny)


def test_case_means_nothing(tiny):
    np.testing.assert_array_equal(tiny.embed(["mktay"]), tiny.embed(["MKTAY"]))
    assert tiny.residue_probabilities("mktay", [0]).wild_type == "M"


def cut_weights(folder):
    path = folder / "model.safetensors"
    path.write_bytes(path.read_bytes()[:-1000])


def garble_weights(folder):
    (folder / "model.safetensors").write_bytes(b"<html>404 not found</html>" * 10)


def lose_a_tensor(folder):
    from safetensors.torch import load_file, save_file

    tensors = load_file(folder / "model.safetensors")
    del tensors["lm_head.bias"]
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})


def other_vocabulary(folder):
    tokens = list(TOKENS)
    tokens[4], tokens[5] = tokens[5], tokens[4]
    (folder / "vocab.txt").write_text("\n".join(tokens))


def only_pickle(folder):
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")


def config(**values):
    def change(folder):
        path = folder / "config.json"
        path.write_text(json.dumps(json.loads(path.read_text()) | values))

    return change


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda f: (f / "config.json").unlink(), "not the folder of an ESM-2 model: config.json is missing.*Point to"),
        (lambda f: (f / "vocab.txt").unlink(), "vocab.txt is missing"),
        (lambda f: (f / "config.json").write_text("{"), "cannot be read"),
        (config(model_type="bert"), "a model of type 'bert', not esm"),
        (config(position_embedding_type="absolute"), "not an ESM-2 language model: position_embedding_type"),
        (cut_weights, "truncated: [0-9,]+ of [0-9,]+ bytes. Delete it and fetch"),
        (garble_weights, "not a whole safetensors file"),
        (other_vocabulary, "not the vocabulary of ESM-2: token 4 is 'A' where ESM-2 has 'L'.*Fetch"),
        (only_pickle, "pickle, which can run any program.*convert it"),
        (lambda f: (f / "model.safetensors").unlink(), "holds no model.safetensors"),
        (config(hidden_size=48), "do not fit its config.json"),
        (config(num_hidden_layers=5), "lack [0-9]+ tensors"),
        (lose_a_tensor, "lack 1 tensors, lm_head.bias for one"),
    ],
)
def test_folders_that_are_no_esm2_say_what_to_do(tmp_path, damage, message):
    folder = tiny_folder(tmp_path / "m")
    damage(folder)
    with pytest.raises(ModelUnavailable, match=message):
        open_folder(folder)


def test_a_folder_that_does_not_exist_is_named(tmp_path):
    with pytest.raises(ModelUnavailable, match="is not a folder on this machine"):
        open_folder(tmp_path / "nowhere")


def test_a_released_model_says_so(tmp_path):
    model = open_folder(tiny_folder(tmp_path / "m"))
    model.close()
    with pytest.raises(ModelUnavailable, match="released from memory"):
        model.embed(["MKT"])


# ----------------------------------------------------------------------------------------- the model that ships


@pytest.fixture(scope="module")
def mini():
    return zoo.load("esm-mini")


def test_the_shipped_model_is_what_its_card_says(mini):
    card = zoo.card("esm-mini")
    assert mini.dim == card.details["width"] and mini.layers == card.details["layers"]
    assert mini.window == card.window == 256
    assert mini.hash == card.sha256["model.safetensors"][:16]
    assert card.limits and card.licence and card.quality


def test_half_precision_on_disk_is_harmless(shared_data, mini):
    original = shared_data.parent / "models" / "esm-mini-v0"
    if not original.is_dir() or zoo.card("esm-mini").details.get("training_steps") != 1760:
        pytest.skip("the float32 weights the shipped model was made from are not on this machine")
    full = open_folder(original)
    np.testing.assert_allclose(mini.embed([INSULIN]), full.embed([INSULIN]), atol=5e-3)
    a, b = mini.substitution_scores(INSULIN), full.substitution_scores(INSULIN)
    np.testing.assert_allclose(a.scores, b.scores, atol=0.02)


def test_the_shipped_model_knows_the_books_first_example_better_than_chance(mini):
    leucine = mini.residue_probabilities(INSULIN, [29])  # 0-based; residue L30
    assert leucine.wild_type == "L" and leucine.wild_type_rank[0] == 1 and leucine.wild_type_probability[0] > 0.1
    asparagine = mini.residue_probabilities(INSULIN, [26])
    assert asparagine.wild_type == "N"


@pytest.mark.slow
def test_the_shipped_model_prefers_a_protein_to_its_shuffle(mini):
    shuffled = "".join(np.random.default_rng(0).permutation(list(INSULIN)))
    assert mini.pseudo_perplexity(INSULIN) < mini.pseudo_perplexity(shuffled)


def test_importing_esm2_starts_no_torch():
    import subprocess
    import sys

    code = "import sys, biocore.esm2; print('torch' in sys.modules or 'transformers' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.strip() == "False"


def test_public_names():
    assert all(hasattr(esm2, name) for name in esm2.__all__)
    assert TINY["vocab_size"] == len(TOKENS) == 33


def test_models_opened_by_several_threads_at_once_are_whole(tmp_path):
    folders = [tiny_folder(tmp_path / str(i)) for i in range(4)]
    with ThreadPoolExecutor(4) as threads:
        opened = list(threads.map(open_folder, folders * 3))
    assert len({model.residue_probabilities("MKTAY", (2,)).probabilities.tobytes() for model in opened}) == 1
