"""``train variants`` and ``evaluate variants``: the regressions, what they are worth, and the card that says so."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from biocore import zoo
from biocore.esm2 import MASKED, WILD_TYPE
from biocore.families import Families, Profile
from biocore.io import replacing
from biocore.variants.features import LANGUAGE_MODEL
from biocore.variants.model import ALONE, FAMILY, WITH_LANGUAGE_MODEL, Ridge, as_tensors
from biocore.variants.train import measure
from biocore.variants.train.fit import Measured, fit, measured
from biocore.variants.train.scans import Protein, read_scans, with_profiles

Say = Callable[[str], None]
MASKED_UP_TO = 1300  # residues
GAIN = 0.005  # mean Spearman that a language model must add to be kept
LIMITS = (
    "Trained on measured scans ({scans}), so its scores are not zero-shot, and figures on other proteins of these "
    "families flatter it. It ranks substitutions of one protein; scores of different proteins are compared with care. "
    "A scan measures growth, binding or abundance in a laboratory: not whether a variant causes disease. Not for "
    "clinical use. Viral proteins were not trained on and are reported apart. Insertions, deletions and splicing are "
    "not scored; several substitutions at once are the sum of the single ones."
)


@dataclass(frozen=True)
class Results:
    """The regressions by name, and what was measured of them with each protein left out."""

    ridges: dict[str, Ridge]
    held_out: dict[str, list[measure.HeldOut]]
    viral: list[measure.HeldOut]
    ablation: list[dict]
    published: dict[str, measure.Interval]
    published_viral: dict[str, measure.Interval]
    cautions: dict[str, dict]
    said_by: str
    language_model_gain: float


def prepare(folder: Path, library: Families, language_model: Any | None, say: Say) -> list[Measured]:
    """Every protein of the folder with its features where it was measured."""
    proteins = with_profiles(read_scans(folder), library)
    say(f"{len(proteins)} proteins, {sum(len(p.assays) for p in proteins)} assays, profiles from {library.name}")
    rows = []
    for protein in proteins:
        said = _said(protein, language_model)
        rows.append(measured(protein, said=said))
        if said is not None:
            say(f"{protein.uniprot}: read by the language model")
    return rows


def with_profiles_of(
    rows: Sequence[Measured], profile: Callable[[str], Profile], say: Say, *, source: str
) -> list[Measured]:
    """The same proteins, clusters and assays with profiles from elsewhere: a search of a database, say."""
    made = []
    for row in rows:
        made.append(measured(replace(row.protein, profile=profile(row.protein.sequence))))
        say(f"{row.protein.uniprot}: profile from {source}")
    return made


def across_sources(rows: Sequence[Measured], others: Sequence[Measured], source: str) -> list[dict[str, Any]]:
    """What weights learned on profiles of one source are worth on those of another, each protein left out.

    Parameters
    ----------
    rows, others : sequences of Measured
        The same proteins with profiles of the library, and of `source`.
    source : str

    Returns
    -------
    list of dict
        trained_on, scored_with, proteins, spearman, low, high (95 % over resampled proteins); viral proteins apart.
        Scored with both: the mean of the two scores, as `EffectScan.averaged`.
    """
    library = "families"
    sources = {library: rows, source: others, "both": [*rows, *others]}
    tests = sources | {"both": others}
    groups = [group for group in dict.fromkeys(others[0].groups) if group != LANGUAGE_MODEL]
    pairs = [(library, library), (library, source), (library, "both"), (source, source), ("both", source)]
    made = []
    for viral in sorted({row.protein.viral for row in rows}):
        for trained, scored in pairs:
            train = _not_viral(sources[trained])
            test = [p for p in tests[scored] if p.protein.viral == viral]
            held = measure.leave_out(train, test, groups)
            if scored == "both":
                beside = [p for p in rows if p.protein.viral == viral]
                held = measure.averaged(measure.leave_out(_not_viral(rows), beside, groups), held)
            found = measure.mean_spearman(held)
            numbers = {"spearman": found.value, "low": found.low, "high": found.high}
            row = {"trained_on": trained, "scored_with": scored, "proteins": "viral" if viral else "not viral"}
            made.append(row | {name: round(value, 4) for name, value in numbers.items()})
    return made


def _not_viral(rows: Sequence[Measured]) -> list[Measured]:
    return [row for row in rows if not row.protein.viral]


def _said(protein: Protein, language_model: Any | None) -> np.ndarray | None:
    """Masked marginals; wild-type marginals of very long proteins, where those would take hours."""
    if language_model is None:
        return None
    strategy = MASKED if len(protein.sequence) < MASKED_UP_TO else WILD_TYPE
    return language_model.substitution_scores(protein.sequence, strategy).probabilities


def results(rows: Sequence[Measured], say: Say, *, said_by: str = "") -> Results:
    """Fit on all proteins that are not viral, and measure with each of them, and its homologues, left out."""
    train, viral = [p for p in rows if not p.protein.viral], [p for p in rows if p.protein.viral]
    present = list(dict.fromkeys(train[0].groups))
    plain = [group for group in present if group != LANGUAGE_MODEL]
    groups = {FAMILY: plain, ALONE: measure.without_family(plain)}
    held_out = {name: measure.leave_out(train, train, chosen) for name, chosen in groups.items()}
    gain = float("nan")
    if LANGUAGE_MODEL in present:
        spoken = {f"{name}{WITH_LANGUAGE_MODEL}": [*chosen, LANGUAGE_MODEL] for name, chosen in groups.items()}
        tried = {name: measure.leave_out(train, train, chosen) for name, chosen in spoken.items()}
        gain = _mean(tried[FAMILY + WITH_LANGUAGE_MODEL]) - _mean(held_out[FAMILY])
        say(f"the language model adds {gain:+.4f} to {_mean(held_out[FAMILY]):.4f}")
        if gain >= GAIN:
            groups, held_out = groups | spoken, held_out | tried
    return Results(
        {name: fit(train, chosen) for name, chosen in groups.items()},
        held_out,
        measure.leave_out(train, viral, plain) if viral else [],
        measure.ablation(train),
        measure.published(train),
        measure.published(viral) if viral else {},
        measure.cautioned(held_out[FAMILY], train),
        said_by,
        gain,
    )


def _mean(found: Sequence[measure.HeldOut]) -> float:
    return measure.mean_spearman(found).value


def quality(rows: Sequence[Measured], found: Results) -> list[dict[str, Any]]:
    """The card's measurements: metric, value, low, high, split, note."""
    train = [p for p in rows if not p.protein.viral]
    assays = sum(len(p.protein.assays) for p in train)
    split = f"{len(train)} proteins that are not viral ({assays} assays), each left out with its homologues"
    lines = [
        _row("mean Spearman, with homologues", measure.mean_spearman(found.held_out[FAMILY]), split),
        _row("mean Spearman, without any homologue", measure.mean_spearman(found.held_out[ALONE]), split),
    ]
    if found.viral:
        apart = f"{len(found.viral)} viral proteins, not trained on"
        lines.append(_row("mean Spearman, viral proteins", measure.mean_spearman(found.viral), apart))
    for name, interval in found.published.items():
        lines.append(_row(f"published: {name}", interval, "the same assays", "as ProteinGym v1 publishes it"))
    return lines


def _row(metric: str, found: measure.Interval, split: str, note: str = "") -> dict[str, Any]:
    numbers = {name: round(getattr(found, name), 4) for name in ("value", "low", "high")}
    return {"metric": metric, **numbers, "split": split, "note": note}


def assay_table(rows: Sequence[Measured], found: Results) -> list[dict[str, Any]]:
    """One row an assay: assay, uniprot, protein, viral, doi, variants, spearman (held out) and published ones."""
    by_protein = {one.uniprot: one for one in [*found.held_out[FAMILY], *found.viral]}
    return [
        {
            "assay": assay.name,
            "uniprot": p.protein.uniprot,
            "protein": p.protein.title,
            "viral": p.protein.viral,
            "doi": assay.doi,
            "variants": len(assay.rank),
            "spearman": round(rho, 3),
            "published": assay.published,
        }
        for p in rows
        for assay, rho in zip(p.protein.assays, by_protein[p.protein.uniprot].spearman, strict=True)
    ]


def save(rows: Sequence[Measured], found: Results, library: Families, folder: Path) -> Path:
    """Write weights and card into `folder`, which gives the model its name; returns the card's path."""
    from safetensors.numpy import save_file

    train = [p.protein for p in rows if not p.protein.viral]
    scans = ", ".join(p.title for p in train)
    folder.mkdir(parents=True, exist_ok=True)
    with replacing(folder / zoo.WEIGHTS) as part:
        save_file(as_tensors(found.ridges), part)
        part.chmod(0o644)
    substitutions = sum(len(a.rank) for p in train for a in p.assays)
    card = zoo.ModelCard(
        name=folder.name,
        task="variant-effect",
        title="Variant effects (homologues and chemistry, linear)",
        source="assets",
        output_unit="predicted rank in a scan of the protein, less one: about 0 tolerated, about -1 not",
        trained_on=f"{substitutions:,} measured substitutions in {sum(len(p.assays) for p in train)} deep mutational "
        f"scans of {len(train)} proteins: {scans}",
        limits=LIMITS.format(scans=scans),
        licence="CC BY 4.0",
        citation="Ridge regression: Hoerl & Kennard (1970), doi:10.1080/00401706.1970.10488634; scans as collected by "
        "ProteinGym: Notin et al. (2023), doi:10.1101/2023.12.07.570727; each scan by the authors of its doi",
        quality=tuple(zoo.Quality(**row) for row in quality(rows, found)),
        details={
            "families": {"name": library.name, "sha256": library.card.sha256.get(zoo.WEIGHTS, "")},
            "language_model": found.said_by,
            "language_model_gain": round(found.language_model_gain, 4),
            "spearman": {name: round(_mean(held), 4) for name, held in found.held_out.items()},
            "features": {n: {"names": list(r.names), "groups": list(r.groups)} for n, r in found.ridges.items()},
            "calibration": {name: measure.calibrate(held).as_dict() for name, held in found.held_out.items()},
            "cautions": found.cautions,
            "ablation": found.ablation,
            "assays": assay_table(rows, found),
        },
        folder=folder,
    )
    return zoo.write_card(card)
