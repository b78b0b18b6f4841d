"""More annotated proteins for a model that is trained and measured: they become its neighbours, nothing is fitted."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from biocore.families.model import Families
from biocore.go import homology
from biocore.go.experiments import Shown
from biocore.go.families import FamilyIndex
from biocore.go.ontology import Ontology
from biocore.go.reference import as_lines
from biocore.go.stored import from_arrays
from biocore.go.train.experiments import COLUMN
from biocore.go.train.family_hits import stored_families
from biocore.go.train.prepare import label_matrix
from biocore.go.train.settings import Data, Say, quiet
from biocore.go.train.trained import Trained


def reference_arrays(table: pd.DataFrame, vectors: np.ndarray, ontology: Ontology) -> dict[str, np.ndarray]:
    """Annotated proteins as arrays: accessions, vectors, terms; no sequences.

    Parameters
    ----------
    table : DataFrame, N rows
    vectors : float16 array, (N, d)
        Embeddings on their main axes.
    ontology : Ontology
    """
    labels = [[t for t in text.split(";") if t in ontology.names] for text in table["terms"]]
    every = sorted({t for terms in labels for t in terms})
    index = {term: i for i, term in enumerate(every)}
    flat = np.array([index[t] for terms in labels for t in terms], np.uint16 if len(every) < 2**16 else np.uint32)
    return {
        "text.accessions": as_lines(list(table["EntryID"])),
        "text.terms": as_lines(every),
        "text.names": as_lines([ontology.names[t] for t in every]),
        "reference.vectors": vectors,
        "reference.terms": flat,
        "reference.starts": np.concatenate([[0], np.cumsum([len(t) for t in labels])]).astype(np.uint32),
    }


def extend(
    trained: Trained,
    data: Data,
    more: Data,
    ontology: Ontology,
    *,
    folder: Path,
    library: Families | None,
    say: Say = quiet,
) -> Trained:
    """Let the proteins of `more` vote beside the training proteins.

    Networks, calibration, thresholds and what is known of the terms stay those that were measured, so that
    `FunctionModel.as_measured` gives the measured answers again.

    Parameters
    ----------
    trained : Trained
        Trained on `data`.
    data, more : Data
        Training proteins; annotated proteins that share no cluster with them.
    ontology : Ontology
    folder : Path
        Where families are kept between runs.
    library : Families, optional
        That the model was trained with.

    Returns
    -------
    Trained
    """
    model = trained.model
    vectors = model.project(model.inputs(more.pooled, more.sequences)).astype(np.float16)
    vectors = np.concatenate([trained.arrays["reference.vectors"], vectors])
    table = pd.concat([data.table, more.table], ignore_index=True)
    sequences = data.sequences + more.sequences
    arrays = trained.arrays | homology.HomologyIndex.build(sequences).arrays()
    arrays |= reference_arrays(table, vectors, ontology)
    of_families = FamilyIndex.build(stored_families(library, sequences, folder, say=say))
    if library is not None:
        arrays |= of_families.arrays()
    if model.experiments is not None:
        labels = label_matrix(list(table[COLUMN]), model.terms)
        arrays |= Shown.build(labels, of_families, model.experiments.shown.frequency).arrays()
    details = trained.details | {"trained_on": len(data.table)}
    model = from_arrays(arrays, details, backbone=model.backbone, library=library)
    return replace(trained, model=model, arrays=arrays, details=details)
