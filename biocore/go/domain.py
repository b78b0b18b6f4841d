"""Where the model abstains: proteins outside its domain, unlike all it has learned from."""

from collections.abc import Mapping
from dataclasses import dataclass, fields


@dataclass(frozen=True)
class Domain:
    """From where on a protein counts as like those the model has learned from; one of the three is enough.

    Attributes
    ----------
    expect : float
        Largest E-value of its best alignment, which must have ...
    times : float
        ... this many times the bits of its own shuffled sequence.
    vector : float
        Smallest similarity of its embedding to a training protein's; above 1 where embeddings do not count.
    network : float
        Smallest probability that the head alone gives its likeliest term.
    """

    expect: float
    times: float
    vector: float
    network: float

    @classmethod
    def from_dict(cls, values: Mapping[str, float]) -> "Domain":
        """From the card's details."""
        return cls(**{field.name: float(values[field.name]) for field in fields(cls)})

    def why_outside(
        self, expect: float, bits: float, shuffled: float, vector: float, network: float, *, measure: str
    ) -> str:
        """Why a protein is out of the domain; "" where it is inside.

        Parameters
        ----------
        expect, bits : float
            E-value and bit score of its best alignment with an annotated protein.
        shuffled : float
            Bit score of its own shuffled sequence.
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
        if aligned or vector >= self.vector or network >= self.network:
            return ""
        far = f" Its {measure} to the nearest is {vector:.2f} (familiar from {self.vector:.2f})."
        return (
            "It is unlike every protein the model has learned from: the best alignment with an annotated one has "
            f"{bits:.0f} bits (E-value {expect:.2g}), where its own shuffled sequence has {shuffled:.0f}, "
            f"and the network alone gives no term a probability of {self.network:g}."
            + (far if self.vector <= 1 else "")
        )
