"""The scan of a protein: its family, what the language model says, and the score of every substitution."""

import hashlib
from dataclasses import dataclass

import numpy as np
import streamlit as st

from biocore import web, zoo
from biocore.errors import ModelUnavailable
from biocore.esm2 import MASKED
from biocore.families import Profile
from biocore.sequence import parse_records
from biocore.variants import EffectScan, FeatureTable, features
from biocore.variants.model import WITH_LANGUAGE_MODEL
from biocore.web import shipped
from biocore.web.masked_residues import homologues, scan
from biocore.web.masked_residues.inputs import Protein
from biocore.web.masked_residues.model import FALLBACK, Choice, choice_of
from biocore.web.variant_effects.inputs import EXAMPLES, MODEL, effect_card


@dataclass(frozen=True)
class Basis:
    """What the page shows: every score, and what it was computed from.

    Attributes
    ----------
    scan : EffectScan
    table : FeatureTable
    profile : Profile or None
        None where no homologue could be looked for.
    said : float32 array, (L, 20), or None
        The language model's probabilities, each residue masked once; None where it was not asked.
    stamp : str
        Stands for all of it in keys of caches.
    """

    scan: EffectScan
    table: FeatureTable
    profile: Profile | None
    said: np.ndarray | None
    stamp: str


def score(protein: Protein, source: homologues.Source) -> Basis:
    """Score every substitution with what is there; what is missing is said with its cost.

    Raises
    ------
    ModelUnavailable
        The model's weights are not on this machine.
    """
    profile = homologues.family_profile(source, protein.sequence)
    said, spoken = _language_model(protein.sequence, protein.name)
    basis = _basis(protein.sequence, source, profile, said, spoken)
    for sentence in basis.scan.missing:
        st.caption(f":material/info: {web.plain(sentence)}")
    return basis


def _basis(
    sequence: str, source: homologues.Source, profile: Profile | None, said: np.ndarray | None, spoken: str
) -> Basis:
    weights = effect_card().sha256.get(zoo.WEIGHTS, "")
    library = homologues.stamp() if homologues.available() else ""
    family = (source.kind, str(source.path or source.name), source.text, library, profile is None)
    stamp = hashlib.sha256(repr((weights, sequence, family, spoken)).encode()).hexdigest()
    too = source.kind == homologues.DATABASE and homologues.available()
    embedded = homologues.family_profile(homologues.Source(), sequence) if too else None
    theirs = source.text or str(source.path or "") or None
    found, table = _scan(stamp, sequence, theirs, profile, said, embedded)
    return Basis(found, table, profile, said, stamp)


def answer_example() -> None:
    """What the page opens with, for all visitors; nothing where the language model has to be asked before."""
    (record,) = parse_records(next(iter(EXAMPLES.values())))
    if homologues.available() and not _reads_language_model():
        profile = homologues.embedded_profile(homologues.stamp(), record.sequence, ())
        _basis(record.sequence, homologues.Source(), profile, None, "")


def _language_model(sequence: str, name: str) -> tuple[np.ndarray | None, str]:
    """Its masked marginals, and what stands for them in keys of caches; None where it is not there or not asked yet.

    It is asked only where a part of the model reads it: nobody waits for what moves no score.
    """
    if not _reads_language_model():
        return None, ""
    try:
        choice = choice_of(str(effect_card().details.get("language_model") or FALLBACK))
    except ModelUnavailable as error:
        st.warning(web.plain(str(error)), icon=":material/warning:")
        return None, ""
    said = _said(choice, sequence, name)
    return said, "" if said is None else choice.hash


def _reads_language_model() -> bool:
    return any(name.endswith(WITH_LANGUAGE_MODEL) for name in effect_card().details.get("features", {}))


def _said(choice: Choice, sequence: str, name: str) -> np.ndarray | None:
    """One mask at a time: at once where that is quick, on a click where it is not."""
    found = scan.result(choice, sequence, MASKED)
    if found is None or not found.done.all():
        st.caption(
            f"{web.plain(choice.card.title)} has not read the whole protein yet; "
            "until then scores and evidence go without it."
        )
        scan.run_wild_type(choice, sequence)
        scan.run_masked(choice, sequence, name, key="variant_effects.scan")
        found = scan.result(choice, sequence, MASKED)
    return found.probabilities if found is not None and found.done.all() else None


@shipped.cached(
    given=["sequence", "theirs"], settings=["stamp"], max_entries=16, show_spinner="Scoring every substitution..."
)
def _scan(
    stamp: str,
    sequence: str,
    theirs: str | None,
    _profile: Profile | None,
    _said: np.ndarray | None,
    _embedded: Profile | None,
) -> tuple[EffectScan, FeatureTable]:
    """`stamp` stands for the model's weights and all the others; `theirs` is an alignment or database, if any.

    With homologues of a database the embedded families are asked, too (`_embedded`), and the mean is the score.
    """
    with web.open_model(MODEL) as effects:
        found = effects.scan(sequence, _profile, said=_said)
        if _embedded is not None:
            found = found.averaged(effects.scan(sequence, _embedded, said=_said))
    return found, features(sequence, _profile, said=_said)
