"""What each page about proteins says first."""

from contextlib import nullcontext

import numpy as np
import pandas as pd

from biocore import embedding, zoo
from biocore.embedding import ProjectionSettings, bulk, engine
from biocore.errors import ModelUnavailable
from biocore.esm2 import BLEND, FAMILY, MASKED, WILD_TYPE, SubstitutionScan
from biocore.families import Profile
from biocore.go import tables
from biocore.plot import embedding_map as map_plot
from biocore.plot import masked_residues as masked_plot
from biocore.plot import protein_function as function_plot
from biocore.plot import variant_effects as effects_plot
from biocore.plot.term_graph import term_graph
from biocore.sequence import AMINO_ACIDS, Record
from biocore.workspace.answers.asking import MOST_LETTERS, Found, Opener, as_json, available, hash_of
from biocore.workspace.session import Answer
from biocore.workspace.tracks import Track

LIBRARY, LANGUAGE, EFFECTS, FUNCTION = "families", "esm-mini", "variant-effect", "go-mf"
MASKED_UP_TO = 200  # residues that are masked one by one for a report: more take minutes on two cores
SHORT = 2000  # residues that are written into a command


def masked_residues(sequence: str, name: str, opener: Opener, quick: bool) -> Found:
    """What family and language model expect: the blend; the family alone for long proteins and where it shall be quick.

    Raises
    ------
    ModelUnavailable
        Neither is on this machine.
    """
    profile = family(sequence, opener)
    scan, models = _scan(sequence, profile, opener, quick)
    entropy, effect = scan.entropy, scan.mean_effect
    order = np.argsort(np.where(np.isfinite(entropy), entropy, np.inf), kind="stable")
    order = order[np.isfinite(entropy[order])]
    firm = ", ".join(f"{sequence[i]}{i + 1}" for i in order[:10])
    about = _about(profile)
    meant = {BLEND: "family and language model together", FAMILY: "the family", MASKED: "the language model"}
    by = meant.get(scan.strategy, "the language model in one pass")
    text = (
        f"{about} Most constrained by {by}: {firm}. Perplexity {scan.pseudo_perplexity:.1f} (1: no doubt, 20: a guess)."
    )
    table = pd.DataFrame(
        {
            "residue": [f"{sequence[i]}{i + 1}" for i in order[:20]],
            "entropy (bits)": entropy[order[:20]].round(3),
            "mean effect (log-odds)": effect[order[:20]].round(3),
            "most likely": [AMINO_ACIDS[int(np.argmax(scan.probabilities[i]))] for i in order[:20]],
        }
    )
    figure = None
    if not quick:
        figure = as_json(masked_plot.landscape(scan, stop=min(len(sequence), MOST_LETTERS)))
    source = f"{scan.model}, {scan.strategy}"
    tracks = [
        Track(f"entropy ({source})", sequence, entropy, "bits", source),
        Track(f"mean substitution effect ({source})", sequence, effect, "log-odds", source),
    ]
    if profile is not None and profile.coverage:
        tracks.append(Track(f"conservation ({profile.source})", sequence, profile.conservation, "bits", profile.source))
    limits = zoo.card(models[-1]).limits
    asked = {BLEND: f"blend:{LANGUAGE}", FAMILY: LIBRARY}.get(scan.strategy, LANGUAGE)
    command = ("scan-protein", _argument(sequence), "--model", asked, "--out", "scores.csv")
    answer = Answer(
        "masked_residues",
        "Masked residues",
        text,
        figure,
        f"Heat map of every substitution of {name}. Most constrained: {firm}.",
        table,
        limits,
        command,
        {each: hash_of(each) for each in models},
    )
    return Found(answer, tuple(tracks))


def family(sequence: str, opener: Opener) -> Profile | None:
    """The profile of the embedded families; None where they are not on this machine."""
    if not available(LIBRARY):
        return None
    with opener((LIBRARY,)) as (library,):
        return library.profile(sequence)


def _about(profile: Profile | None) -> str:
    if profile is None:
        return "No library of families is on this machine."
    if not profile.hits:
        return "No family of the library is found in this protein."
    best = profile.hits[0]
    return (
        f"{best.family[:1].upper()}{best.family[1:]} covers residues {best.start + 1:,}-{best.end:,} "
        f"(E-value {best.evalue:.1g}); homologues are known for {profile.coverage:.0%} of the residues."
    )


def _scan(
    sequence: str, profile: Profile | None, opener: Opener, quick: bool
) -> tuple[SubstitutionScan, tuple[str, ...]]:
    known = profile is not None and bool(profile.coverage)
    if (quick or len(sequence) > MASKED_UP_TO) and known and profile is not None:
        return SubstitutionScan.from_probabilities(sequence, FAMILY, profile.probabilities, profile.source), (LIBRARY,)
    if not available(LANGUAGE):
        raise ModelUnavailable(f"{LANGUAGE} is not on this machine.")
    strategy = WILD_TYPE if quick or len(sequence) > MASKED_UP_TO else MASKED
    rows: dict[int, np.ndarray] = {}
    with opener((LANGUAGE,)) as (model,):
        for positions, values in model.scan_chunks(sequence, strategy):
            rows |= dict(zip(np.asarray(positions).tolist(), values, strict=True))
    scan = SubstitutionScan(sequence, strategy, np.array([rows[i] for i in range(len(sequence))], np.float32), LANGUAGE)
    if not known or profile is None or strategy != MASKED:
        return scan, (LANGUAGE,)
    with opener((LIBRARY,)) as (library,):
        mixed = library.blend(LANGUAGE)(profile.probabilities, scan.probabilities, profile.effective)
    both = SubstitutionScan.from_probabilities(sequence, BLEND, mixed, f"{profile.source} + {LANGUAGE}")
    return both, (LIBRARY, LANGUAGE)


def variant_effects(sequence: str, name: str, opener: Opener, quick: bool) -> Found:
    """Which substitutions are tolerated.

    Raises
    ------
    ModelUnavailable
        The model is not on this machine.
    """
    profile = family(sequence, opener)
    with opener((EFFECTS,)) as (model,):
        scan = model.scan(sequence, profile)
    means = scan.mean_effect
    order = np.argsort(np.where(np.isfinite(means), means, np.inf), kind="stable")
    order = order[np.isfinite(means[order])]
    frail = ", ".join(f"{sequence[i]}{i + 1}" for i in order[:8])
    hardy = ", ".join(f"{sequence[i]}{i + 1}" for i in order[::-1][:5])
    table = scan.table().sort_values("score", kind="stable").head(20).reset_index(drop=True)
    worst = ", ".join(table["variant"].head(3))
    text = f"Least tolerant residues: {frail}. Most tolerant: {hardy}. Worst tolerated substitutions: {worst}."
    text = text if quick else " ".join([text, *scan.missing])
    figure = None if quick else as_json(effects_plot.landscape(scan, stop=min(len(sequence), MOST_LETTERS)))
    answer = Answer(
        "variant_effects",
        "Variant effects",
        text,
        figure,
        f"Heat map of the effect of every substitution of {name}. Least tolerant: {frail}.",
        table.round(3),
        zoo.card(EFFECTS).limits,
        ("variants", _argument(sequence), "--out", "variants.csv"),
        {each: hash_of(each) for each in (EFFECTS, LIBRARY) if available(each)},
    )
    return Found(answer, (Track(f"mean variant effect ({scan.model})", sequence, means, "", scan.model),))


def protein_function(sequence: str, name: str, opener: Opener, quick: bool) -> Found:
    """What the protein does, as GO terms with calibrated probabilities.

    Raises
    ------
    ModelUnavailable
        The model is not on this machine.
    """
    with opener((FUNCTION,)) as (model,):
        prediction = model([sequence])
        table = tables.answer(model, prediction, 0)
        near = tables.nearest(model, prediction, 0, top=5)
        drawing = term_graph(model, prediction, 0) if len(table) and not quick else None
        same = model.same_as(prediction, 0)
        accession = "" if same is None else model.reference.accessions[same]
    if prediction.abstained[0]:
        text = f"The model abstains. {prediction.abstained[0]}"
    elif table.empty:
        text = "No term reaches its threshold."
    else:
        best = table[table["specific"]].head(4)
        named = "; ".join(f"{n} ({p:.2f})" for n, p in zip(best["name"], best["probability"], strict=True))
        text = f"Predicted molecular function: {named}."
    if len(near):
        first = near.iloc[0]
        text += f" Nearest annotated protein: {first['accession']} ({first['terms']}), {first['bits']:.0f} bits."
    if accession:
        text += f" This is the sequence of {accession}, one of the training proteins: the model has seen its answer."
    answer = Answer(
        "protein_function",
        "Protein function",
        text,
        as_json(function_plot.term_graph(drawing)) if drawing is not None else None,
        "Predicted terms below their parents.",
        table[["term", "name", "probability", "threshold", "source"]].round(3) if len(table) else None,
        zoo.card(FUNCTION).limits,
        ("function", _argument(sequence), "--above-threshold", "--out", "functions.csv"),
        {FUNCTION: hash_of(FUNCTION)},
    )
    return Found(answer)


def embedding_map(sequence: str, name: str, opener: Opener, quick: bool) -> Found:
    """Where the protein lies among those of the first worked example.

    Raises
    ------
    DataUnavailable, ModelUnavailable
        The example or its model is not on this machine.
    """
    example = embedding.example(next(iter(embedding.example_names()), "none"))
    known = example.embeddings
    with opener((known.model,)) as (model,):
        job = bulk.prepare([Record(name, sequence)], known.model, model.hash, layer=known.layer)
        for _ in engine.run(job, lambda: nullcontext(model)):
            pass
    new = bulk.collect(job)
    assert new is not None  # one record was given, and the job has run
    near = embedding.neighbour_table(known, None, k=10, metric="cosine", query=new.vectors[0])
    first = near.iloc[0]
    label = f" ({first[example.colour]})" if example.colour in near.columns else ""
    text = (
        f'Among the {len(known):,} proteins of the example "{example.title}" the nearest is {first["record"]}{label}, '
        f"cosine similarity {first['cosine similarity']:.3f} in the original space."
    )
    if example.colour in near.columns:
        counts = near[example.colour].value_counts()
        text += f" Of its ten nearest, {int(counts.iloc[0])} are {counts.index[0]}."
    figure = None
    if not quick:
        shown = embedding.projection_of(known, ProjectionSettings())
        added = (new, embedding.transform(known.vectors, shown, new.vectors))
        points = embedding.points(known, shown, added)
        figure = as_json(map_plot.map_figure(points, shown.axes, colour=example.colour, title=shown.title, height=520))
    answer = Answer(
        "embedding_map",
        "Embedding map",
        text,
        figure,
        f"Map of {len(known):,} proteins with {name} projected into it.",
        near.round(4),
        "A map keeps neighbours, not distances; the table is of the original space. " + zoo.card(known.model).limits,
        ("map", "example:" + example.name, "--method", "tsne", "--out", "map.csv"),
        {known.model: hash_of(known.model)},
    )
    return Found(answer)


def _argument(sequence: str) -> str:
    return sequence if len(sequence) <= SHORT else "protein.fasta"
