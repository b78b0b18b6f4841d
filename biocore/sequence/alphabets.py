"""The letters of DNA and proteins."""

DNA = "ACGT"
IUPAC_DNA = "RYSWKMBDHVN"  # letters for several bases
AMINO_ACIDS = "ACDEFGHIKLMNPQRSTVWY"
RARE_AMINO_ACIDS = "XBZUOJ"
THREE_LETTERS = dict(
    zip(
        AMINO_ACIDS,
        "Ala Cys Asp Glu Phe Gly His Ile Lys Leu Met Asn Pro Gln Arg Ser Thr Val Trp Tyr".split(),
        strict=True,
    )
)
