"""Scales of the amino acids, arrays in the order of `AMINO_ACIDS`."""

import numpy as np

# Kyte & Doolittle (1982), J Mol Biol 157:105-132, doi:10.1016/0022-2836(82)90515-0
HYDROPATHY = np.array(
    [1.8, 2.5, -3.5, -3.5, 2.8, -0.4, -3.2, 4.5, -3.9, 3.8, 1.9, -3.5, -1.6, -3.5, -4.5, -0.8, -0.7, 4.2, -0.9, -1.3]
)
# cubic angstrom; Zamyatnin (1972), Prog Biophys Mol Biol 24:107-123, doi:10.1016/0079-6107(72)90005-3
VOLUME = np.array(
    [
        88.6, 108.5, 111.1, 138.4, 189.9, 60.1, 153.2, 166.7, 168.6, 166.7, 162.9, 114.1, 112.7, 143.8, 173.4, 89.0,
        116.1, 140.0, 227.8, 193.6,
    ]
)  # fmt: skip
# kcal/mol, alanine 0, proline 3.16; Pace & Scholtz (1998), Biophys J 75:422-427, doi:10.1016/S0006-3495(98)77529-0
HELIX_COST = np.array(
    [0, 0.68, 0.69, 0.40, 0.54, 1, 0.61, 0.41, 0.26, 0.21, 0.24, 0.65, 3.16, 0.39, 0.21, 0.50, 0.66, 0.61, 0.49, 0.53]
)
CHARGE = np.array([0, 0, -1, -1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0], float)  # at pH 7
