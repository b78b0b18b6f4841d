"""Where the model abstains: proteins outside its domain, unlike all it has learned from."""

from collections.abc import Mapping
from dataclasses import dataclass, fields


@dataclass(frozen=True)
class Domain:
    """From where on a protein counts as like those the model has learned from; one of the four is enough.

    Attributes
    ----------
    expect : float
        Largest E-value of its best alignment, which must have ...
    times : float
        ... this many times the bits of its own shuffled sequence.
    families : float
        Largest E-value of a family that an annotated protein is of, too.
    vector : float
        Smallest similarity of its embedding to a training protein's; above 1 where embeddings do not count.
    network : float
        Smallest probability that the head alone gives its likeliest term; above 1 where it does not count.
    """

    expect: float
    times: float
    families: float
    vector: float
    network: float

    @classmethod
    def from_dict(cls, values: Mapping[str, float]) -> "Domain":
        """From the card's details; a model that knows no families has no limit for them."""
        values = {"families": -1.0} | dict(values)
        return cls(**{field.name: float(values[field.name]) for field in fields(cls)})

    def why_outside(
        self, expect: float, bits: float, shuffled: float, family: float, vector: float, network: float, *, measure: str
    ) -> str:
        """Why a protein is out of the domain; "" where it is inside.

        Parameters
        ----------
        expect, bits : float
            E-value and bit score of its best alignment with an annotated protein.
        shuffled : float
            Bit score of its own shuffled sequence.
        family : float
            E-value of its best family; infinite where it is of none.
        vector : float
            Similarity of its embedding to the nearest annotated protein's.
        network : float
            The head's highest probability.
        measure : str
            What `vector` is called.

        Returns
        -------
        str
            A sentence for the user.
        """
        aligned = expect <= self.expect and bits > self.times * shuffled
        if aligned or family <= self.families or vector >= self.vector or network >= self.network:
            return ""
        near = f" Its {measure} to the nearest is {vector:.2f} (familiar from {self.vector:.2f})."
        sure = f" The network alone gives its likeliest term {network:.2f} (counts from {self.network:.2f})."
        return (
            "It is unlike every protein the model has learned from: the best alignment with an annotated one has "
            f"{bits:.0f} bits (E-value {expect:.2g}), where its own shuffled sequence has {shuffled:.0f}, and no "
            "family of annotated proteins fits it." + near * (self.vector <= 1) + sure * (self.network <= 1)
        )
