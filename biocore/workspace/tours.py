"""Guided tours: real questions, answered by every page, as session files that open computed.

``python -m biocore tours --out assets/tours`` makes them from the models of this machine.
"""

from dataclasses import dataclass

from biocore import attribution, runtime, zoo
from biocore.attribution import ranked_variants
from biocore.workspace.answers import answer_pages, ask
from biocore.workspace.answers.shape import hydropathy
from biocore.workspace.molecule import DNA, Molecule, read_molecule
from biocore.workspace.session import Session, Value
from biocore.workspace.tracks import TrackTable


@dataclass(frozen=True)
class Tour:
    """A question, a molecule, and what to look at.

    Attributes
    ----------
    name : str
        Of the file.
    title, question : str
    steps : tuple of str
        Paragraphs for the reader, one for each page to visit.
    text : str
        FASTA; or a file of ``assets/examples`` where `example` says so.
    places : tuple of int
        1-based residues or bases that are looked at.
    structure : str
        Identifier of its structure, fetched where there is internet.
    """

    name: str
    title: str
    question: str
    steps: tuple[str, ...]
    text: str
    places: tuple[int, ...] = ()
    structure: str = ""
    example: bool = False


INSULIN = (
    ">INS_HUMAN preproinsulin, P01308\n"
    "MALWMRLLPLLALLALWGPDPAAAFVNQHLCGSHLVEALYLVCGERGFFYTPKTRREAEDLQVGQVELGGGPGAGSLQPLALEGSLQKRGIVEQCCTSICSLYQLENYCN\n"
)
UNKNOWN = (
    ">unknown from a yeast gel\n"
    "MSGELANYKRLEKVGEGTYGVVYKALDLRPGQGQRVVALKKIRLESEDEGVPSTAIREISLLKELKDDNIVRLYDIVHSDAHKLYLVFEFLDLDLKRYMEGIPKDQPLGAD"
    "IVKKFMMQLCKGIAYCHSHRILHRDLKPQNLLINKDGNLKLGDFGLARAFGVPLRAYTHEIVTLWYRAPEVLLGGKQYSTGVDTWSIGCIFAEMCNRKPIFSGDSEIDQIF"
    "KIFRVLGTPNEAIWPDIVYLPDFKPSFPQWRRKDLSQVVPSLDPRGIDLLDKLLAYDPINRISARRAAIHPYFQES\n"
)
TOURS = (
    Tour(
        "insulin_disulfides",
        "Insulin's disulfides",
        "Preproinsulin is cut into two chains that three disulfide bridges hold. Which residues can it not do without?",
        (
            "The cursor stands on the six cysteines of the mature hormone: C31 and C43 of the B chain, C95, C96, C100 "
            "and C109 of the A chain. On Masked residues see what the family and the language model expect there, and "
            "how little either expects of the C peptide between the chains (57-87), which is cut out.",
            "On Variant effects look at the columns of the cysteines, and compare them with the signal peptide (1-24), "
            "where many a hydrophobic residue will do.",
            "On Structures 3I40 shows the bridges: A7-B7 and A20-B19 between the chains, A6-A11 within the A chain. "
            "Colour by a track to see the conserved core.",
        ),
        INSULIN,
        (31, 43, 95, 96, 100, 109),
        "3I40",
    ),
    Tour(
        "ctcf_site_and_variant",
        "A CTCF site and a variant that kills it",
        "Which factor binds this stretch of DNA, where exactly, and which single change takes the site away?",
        (
            "The DNA is the worked example of the page DNA binding: synthetic, random bases with sites put into it, so "
            "that what is to be found is known. It is no promoter of a genome.",
            "On DNA binding the heat map shows the sites along the sequence. Open the CTCF site: in-silico mutagenesis "
            "marks the bases its zinc fingers read.",
            "The list of variants there holds the single-nucleotide variant that lowers the site most, found by "
            "scoring every one of them. The Workspace shows the factors' tracks above one another.",
        ),
        "dna_four_sites.fa",
        example=True,
    ),
    Tour(
        "unknown_protein",
        "What does this unknown protein do?",
        "A band from a gel gave this sequence and no name. What is it, and how sure can one be?",
        (
            "Protein function names terms with calibrated probabilities, and the annotated proteins that align: read "
            "how far both agree before you believe either.",
            "On Masked residues the family is named, and its most constrained residues are listed. Look for the lysine "
            "of VALKK (40), the HRDLKPQN loop (134-141) and DFG (154-156): the signature of a protein kinase.",
            "On the Embedding map it lies among membrane proteins, which it is not: the example holds no protein of "
            "the cytosol, and a map can only answer with what is on it.",
            "The answer: it is CDC28 of baker's yeast (P00546), the cell cycle's cyclin-dependent kinase. The function "
            "model learned from human proteins only; its relative CDK2 (P24941) gave it away.",
        ),
        UNKNOWN,
        (40, 136, 154),
    ),
)


def build(tour: Tour) -> Session:
    """A tour with every page's answer, computed now.

    Raises
    ------
    ModelUnavailable, DataUnavailable
        A model or an example is not on this machine.
    """
    text = (runtime.ASSETS / "examples" / tour.text).read_text() if tour.example else tour.text
    molecule = read_molecule(text)
    answers, table = [], TrackTable()
    for _, found in answer_pages(molecule):
        answers.append(found.answer)
        for track in found.tracks:
            table = table.add(track)
    settings: dict[str, Value] = {}
    places = tuple(place - 1 for place in tour.places)
    if molecule.kind == DNA:
        settings, places = _worst_variant(molecule)
    else:
        table = table.add(hydropathy(molecule.sequence))
    return Session(
        {molecule.kind: molecule},
        table,
        tuple(answers),
        {molecule.kind: places},
        settings,
        (tour.structure, b"") if tour.structure else None,
        "workspace",
        tour.title,
        "\n\n".join((tour.question, *tour.steps)),
    )


def _worst_variant(molecule: Molecule) -> tuple[dict[str, Value], tuple[int, ...]]:
    """Settings of the DNA page at the strongest CTCF site, with the variant that lowers it most; and its base."""
    table = ask("dna_binding", molecule, quick=True).answer.table
    assert table is not None  # every DNA has a strongest window of every factor
    site = table[table["tf"] == "CTCF"].iloc[0]
    start, end = int(site["start"]) - 1, int(site["end"])
    model = zoo.load("tf-CTCF")
    scan = attribution.mutation_scans(model, (molecule.sequence[start:end],), starts=(start,))[0]
    worst = ranked_variants(scan).iloc[-1]
    settings: dict[str, Value] = {"dna.variants": str(worst["variant"])}
    return settings, (int(worst["position"]) - 1,)
