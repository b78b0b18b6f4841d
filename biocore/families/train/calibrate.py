"""E-values: how the chance scores of a family depend on its length."""

import numpy as np

from biocore.families.hmm import alphabet, background, build_hmm, relative_entropy, search_probabilities
from biocore.families.library import Library

# HMMER's own calibration of models of 50 to 500 columns: both filters lose a bit with each doubling of the length
FILTER_CALIBRATION = {
    "msv_constant": -2.7,
    "msv_length": -1.0,
    "viterbi_constant": -3.5,
    "viterbi_length": -1.0,
}
TAIL = 0.04  # the part of the chance scores that is fitted, as in HMMER
LENGTH = 200  # residues of a random sequence


def calibrate(library: Library, *, families: int = 200, sequences: int = 200, seed: int = 0) -> dict[str, float]:
    """`biocore.families.hmm.CALIBRATION` from chance scores of random sequences against some of the families.

    For each family the place of the exponential tail of its forward scores is read off where 4 % lie above it; a line
    over the logarithm of the length is drawn through them.

    References
    ----------
    Eddy (2008), doi:10.1371/journal.pcbi.1000069.
    """
    from pyhmmer.easel import DigitalSequenceBlock, TextSequence
    from pyhmmer.plan7 import Pipeline

    rng = np.random.default_rng(seed)
    letters = np.array(list(alphabet().symbols[:20]))
    block = DigitalSequenceBlock(alphabet())
    for number in range(sequences):
        text = "".join(rng.choice(letters, LENGTH, p=background().astype(float) / background().astype(float).sum()))
        block.append(TextSequence(name=f"random {number}", sequence=text).digitize(alphabet()))
    start = FILTER_CALIBRATION | {"forward_constant": 3.0, "forward_length": -1.0}
    sizes, places = [], []
    for index in rng.choice(len(library), min(families, len(library)), replace=False):
        family = library.family(int(index))
        probabilities = search_probabilities([family], [float(library.trust[index])], library.prior)[0]
        hmm = build_hmm(family, probabilities, start)
        pipeline = Pipeline(alphabet(), bias_filter=False, null2=False, F1=1.0, F2=1.0, F3=1.0, E=1e9, Z=1)
        scores = sorted((hit.score for hit in pipeline.search_hmm(hmm, block)), reverse=True)
        at = max(int(TAIL * sequences), 1) - 1
        if len(scores) <= at:
            continue
        slope = np.log(2) + 1.44 / (len(family) * max(relative_entropy(probabilities), 0.05))
        sizes.append(np.log2(len(family)))
        places.append(scores[at] + np.log(TAIL) / slope)
    length, constant = (
        np.polyfit(sizes, places, 1) if len(set(sizes)) > 1 else (-1.0, float(np.mean(places)) + sizes[0])
    )
    return FILTER_CALIBRATION | {"forward_constant": float(constant), "forward_length": float(length)}
