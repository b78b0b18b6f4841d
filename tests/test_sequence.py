"""Sequences as people paste them: every way of writing one, and every mistake, has a known answer."""

from collections import Counter

import numpy as np
import pytest
from Bio.Seq import Seq
from hypothesis import given, settings
from hypothesis import strategies as st

from biocore.errors import InputError
from biocore.sequence import (
    Record,
    clean_dna,
    clean_protein,
    dinucleotide_shuffle,
    from_one_hot,
    gc_content,
    one_hot,
    parse_records,
    recognise,
    reverse_complement,
    to_fasta,
)

GENBANK = """LOCUS       TEST1                     12 bp    DNA     linear   UNK 01-JAN-1980
DEFINITION  A made-up record.
ACCESSION   TEST1
FEATURES             Location/Qualifiers
ORIGIN
        1 acgtacgtac gt
//
"""


def test_a_bare_sequence_is_one_record():
    assert parse_records(" ACGT\nACGT ") == [Record("sequence", "ACGT\nACGT")]


def test_fasta_gives_names_descriptions_and_order():
    text = ">a first one\nACGT\nAC GT\n>b\n; comment\nGGGG\n>\nTTTT"
    names = [(r.name, r.description, clean_dna(r.sequence).sequence) for r in parse_records(text)]
    assert names == [("a", "first one", "ACGTACGT"), ("b", "", "GGGG"), ("record 3", "", "TTTT")]


def test_a_tab_ends_the_name_in_a_fasta_header():
    assert parse_records(">P01308\tINS  human\nMALW\n  >b\t\nGG") == [
        Record("P01308", "MALW", "INS  human"),
        Record("b", "GG", ""),
    ]


def test_windows_and_old_mac_line_ends_read_the_same():
    assert parse_records(">a\r\nAC\r\nGT\r\n") == parse_records(">a\nAC\nGT\n") == parse_records(">a\rAC\rGT\r")


def test_genbank_text_is_read():
    (record,) = parse_records(GENBANK)
    assert (record.name, record.sequence) == ("TEST1", "ACGTACGTACGT")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("  \n ", "empty"),
        (">a\n>b\nACGT", "record 'a': has a name but no sequence"),
        ("junk\n>a\nACGT", "before the first '>'"),
        ("LOCUS       nothing here", "GenBank"),
    ],
)
def test_text_that_is_no_record_says_why(text, message):
    with pytest.raises(InputError, match=message):
        parse_records(text)


def test_too_many_records_names_the_limit():
    with pytest.raises(InputError, match="3 records; this page takes up to 2"):
        parse_records(">a\nA\n>b\nC\n>c\nG", max_records=2)


def test_fasta_round_trip():
    records = [Record("a", "ACGT" * 40, "long one"), Record("b", "GG")]
    back = parse_records(to_fasta(records))
    assert [(r.name, r.description, clean_dna(r.sequence).sequence) for r in back] == [
        (r.name, r.description, r.sequence) for r in records
    ]


def test_dna_in_any_dress_is_the_same():
    assert clean_dna("  1 acgu\n 61 ACGT").sequence == "ACGTACGT"
    assert clean_dna("acgu").notes == ("1 U read as T (RNA).",)


def test_ambiguous_letters_become_n_and_are_counted():
    cleaned = clean_dna("ACRYGTN")
    assert cleaned.sequence == "ACNNGTN"
    assert cleaned.notes == ("2 ambiguous letters (R, Y) read as N.", "3 of 7 bp are N: a quarter of each base.")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "empty"),
        ("12 34", "empty"),
        ("AC GTX", "record 'r', position 5: 'X' is not one of A, C, G, T"),
        ("1UBQ", "record 'r': '1UBQ' looks like a PDB id.*Structures page"),
        ("207C>A", "looks like a variant"),
        ("the sequence is ACGTACGTACGTACGTACGT", "looks like text.* 'ACGTACGTACGTACGTACGT' \\(20 letters\\)"),
        ("MKTAYIAKQR", "looks like a protein"),
        ("ACG", "3 bp given; 20 to 50 bp are accepted"),
        ("ACGT" * 13, "52 bp given"),
    ],
)
def test_bad_dna_says_what_and_where(text, message):
    with pytest.raises(InputError, match=message):
        clean_dna(text, record="r", min_length=20, max_length=50)


def test_protein_letters_are_handled_and_reported():
    cleaned = clean_protein("mk-t*AXBZUOJ*")
    assert cleaned.sequence == "MKTXAXBZUOX"
    notes = " ".join(cleaned.notes)
    for part in ("1 gap", "stop (*) at the end", "1 stop (*) inside", "1 X (unknown", "1 U (seleno", "1 J (leucine"):
        assert part in notes


def test_a_clean_protein_has_no_notes():
    assert clean_protein("MKTAYIAKQR").notes == ()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("ACGT" * 6, "looks like DNA"),
        ("MKT1AY!", "position 6: '!' is not an amino acid"),
        ("*", "empty"),
    ],
)
def test_bad_protein_says_what_and_where(text, message):
    with pytest.raises(InputError, match=message):
        clean_protein(text)


IDENTIFIERS = {
    "P04637": "a UniProt accession",
    "p04637-2": "a UniProt accession",
    "P04637, P01308\nA0A024R1R8": "a UniProt accession",
    "1UBQ": "a PDB id",
    "pdb_00001ubq": "a PDB id",
    "AF-P04637-F1": "an AlphaFold DB id",
    "AF-P04637-F1-model_v4": "an AlphaFold DB id",
    "p.Arg175His": "a variant",
    "p.(Arg175His)": "a variant",
    "R175H": "a variant",
    "R175H R248Q": "a variant",
    "NP_000537.3:p.Arg175His": "a variant",
    "p.Glu12fs": "a variant",
    "c.524G>A": "a variant",
    "rs28934578": "a variant",
    "NP_000537.3": "an accession",
    "ENSP00000269305.4": "an accession",
    "sp|P04637|P53_HUMAN": "an accession",
    "P53_HUMAN": "an accession",
    "AAA59172.1": "an accession",
    "myprotein.fasta": "a file name",
    "https://www.uniprot.org/uniprotkb/P04637": "a web address",
    "TP53": "a name",
    "BRCA1": "a name",
}


@pytest.mark.parametrize("clean", [clean_dna, clean_protein])
@pytest.mark.parametrize(("text", "what"), IDENTIFIERS.items(), ids=IDENTIFIERS)
def test_what_only_names_a_sequence_is_refused_with_what_to_do(clean, text, what):
    with pytest.raises(InputError, match=rf"record 'r': .* looks like {what}.*[Pp]aste"):
        clean(f" {text}\n", record="r")


def test_prose_around_a_sequence_is_refused_and_the_sequence_found():
    insulin = "MALWMRLLPLLALLALWGPDPAAAFVNQHLCG"
    for text in (f"The sequence of insulin is {insulin}", f"my protein:\n{insulin}", f"It is the chain {insulin}."):
        with pytest.raises(
            InputError, match=r"looks like text.*'MALWMRLLPL...PAAAFVNQHLCG'|AAFVNQHLCG' \(32 letters\)"
        ):
            clean_protein(text)
        assert recognise(text) == "unknown"


@pytest.mark.parametrize("text", ["Met Ala Leu Trp", "MET-ALA-LEU-TRP", "MetAlaLeuTrp", "met ala\nleu trp\n"])
def test_the_three_letter_code_is_not_read_as_one_letter(text):
    with pytest.raises(InputError, match="three-letter code.*'MALW'"):
        clean_protein(text)


@pytest.mark.parametrize(
    "text",
    [
        "malwmrllpl lallalwgpd paaafvnqhl cgshlveaLY",
        "        1 malwmrllpl lallalwgpd\n       21 paaafvnqhl",
        "MKT AYI AKQ RQI SFV KSH",
        "GIVEQCCTSICSLYQLENYCN FVNQHLCGSHLVEALYLVCGERGFFYTPKT",
        "A D E F G H I K L M N P Q R S T V W Y",
        "METALALEUTRP",
        "1 MKTAYIAKQR 10",
        "GENE",
        "ENSPEPTIDE",
    ],
)
def test_sequences_in_blocks_and_with_numbers_are_no_prose(text):
    assert clean_protein(text).sequence == "".join(c for c in text.upper() if c.isalpha())


def test_dna_as_a_protein_can_be_insisted_on():
    assert clean_protein("ACGT" * 6, allow_dna=True).sequence == "ACGT" * 6


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("", "empty"),
        ("ACGTACGTTTGACC", "dna"),
        (">x\nacguacgu", "dna"),
        ("ACGTRYACGTACGTACGTACGTNNACGT", "dna"),
        ("MKTAYIAKQRQISFVK", "protein"),
        (">sp|P01308\nMALWMRLLPL*", "protein"),
        ("3I40", "pdb id"),
        ("3i40", "pdb id"),
        ("pdb_00003i40", "pdb id"),
        ("P01308", "uniprot accession"),
        ("AF-P04637-F1", "alphafold id"),
        ("p.Arg175His", "variant"),
        ("R175H, R248Q", "variant"),
        ("NP_000537.3", "unknown"),
        ("The sequence of insulin is MALWMRLLPLLALLALWGPD", "unknown"),
        (">TP53\nMEEPQSDPSV", "protein"),
        ("A0A024R1R8", "uniprot accession"),
        ("HEADER    HORMONE\nATOM", "structure"),
        ("data_3I40\n#", "structure"),
        ("hello, world!", "unknown"),
        ("hello world", "unknown"),
        (">a\n", "unknown"),
    ],
)
def test_whatever_is_pasted_is_recognised(text, kind):
    assert recognise(text) == kind


def test_one_hot_by_hand():
    expected = [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1], [0.25] * 4]
    np.testing.assert_array_equal(one_hot(["ACGTN"])[0], np.array(expected, np.float32))
    np.testing.assert_array_equal(one_hot(["acgtn"]), one_hot(["ACGTN"]))


def test_one_hot_round_trip():
    sequences = ["ACGTNNAC", "TTTTACGN"]
    assert from_one_hot(one_hot(sequences)) == sequences


def test_one_hot_says_which_letter():
    with pytest.raises(InputError, match="record '2', position 3: 'X'"):
        one_hot(["ACGT", "ACXT"])
    with pytest.raises(InputError, match="one length"):
        one_hot(["ACGT", "AC"])


def test_reverse_complement_is_its_own_inverse():
    assert reverse_complement("AACGTN") == "NACGTT"
    assert reverse_complement(reverse_complement("GATTACAN")) == "GATTACAN"


def test_reverse_complement_knows_every_iupac_letter_in_either_case():
    assert reverse_complement("acgtRY") == "RYacgt"
    letters = "ACGTRYSWKMBDHVN"
    for text in (letters, letters.lower(), "aCGt nNrY"):
        assert reverse_complement(text) == str(Seq(text).reverse_complement())
        assert reverse_complement(reverse_complement(text)) == text
    assert reverse_complement("ACGU") == "ACGT"


def test_gc_content():
    assert gc_content("GGCCAATTNN") == 0.5
    assert gc_content("ggca") == 0.75
    assert np.isnan(gc_content("NN"))


def pairs(sequence):
    return Counter(zip(sequence, sequence[1:], strict=False))


@settings(max_examples=60, deadline=None)
@given(sequence=st.text("ACGTN", min_size=1, max_size=80), seed=st.integers(0, 2**32 - 1))
def test_shuffle_keeps_every_pair(sequence, seed):
    shuffled = dinucleotide_shuffle(sequence, np.random.default_rng(seed))
    assert pairs(shuffled) == pairs(sequence)
    assert (shuffled[0], shuffled[-1]) == (sequence[0], sequence[-1])


def test_shuffles_reach_every_arrangement():
    """AACAGA has exactly these walks with the same pairs, first and last letter, and each must come up."""
    rng = np.random.default_rng(0)
    seen = Counter(dinucleotide_shuffle("AACAGA", rng) for _ in range(600))
    assert set(seen) == {"AACAGA", "AAGACA", "ACAAGA", "AGAACA", "ACAGAA", "AGACAA"}
    assert min(seen.values()) > 60  # 100 expected of each
