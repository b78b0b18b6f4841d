"""The ontology and the data pipeline, on files the tests write themselves."""

import gzip

import go_toys as toys
import numpy as np
import pytest
from go_toys import ONTOLOGY

from biocore.cli import main
from biocore.errors import InputError
from biocore.go.ontology import Ontology, depths, most_specific, propagate_scores, read_obo, read_terms
from biocore.go.train import prepare, sources, splits

OBO = """format-version: 1.2
data-version: releases/2026-01-01
ontology: go

[Term]
id: GO:0003674
name: molecular_function
namespace: molecular_function

[Term]
id: GO:0005488
name: binding
namespace: molecular_function
is_a: GO:0003674 ! molecular_function

[Term]
id: GO:0046872
name: metal ion binding
namespace: molecular_function
alt_id: GO:0000111
is_a: GO:0005488 ! binding

[Term]
id: GO:0003824
name: catalytic activity
namespace: molecular_function
is_a: GO:0003674 ! molecular_function

[Term]
id: GO:0000777
name: step of catalysis
namespace: molecular_function
relationship: part_of GO:0003824 ! catalytic activity
relationship: regulates GO:0046872 ! metal ion binding

[Term]
id: GO:0000222
name: obsolete metal thing
namespace: molecular_function
is_obsolete: true
replaced_by: GO:0046872

[Term]
id: GO:0000333
name: obsolete for good
namespace: molecular_function
is_obsolete: true

[Term]
id: GO:0008150
name: biological_process
namespace: biological_process

[Typedef]
id: part_of
name: part of
"""

FASTA = """>sp|P1|ONE_HUMAN One OS=Homo sapiens OX=9606 GN=A
MKVLAAGIVGLCAAAKHHEDERTTY
>sp|P2|TWO_HUMAN Two OX=9606
MKVLAAGIVGLCAAAKHHEDERTTY
>sp|P3|THREE_MOUSE Three OX=10090
MWWWPPPLLLKKKRRRDDDEEESSS
>sp|P1|ONE_AGAIN One OX=9606
MAAAA
>sp|P4|FOUR_HUMAN nothing known OX=9606
MLLLLLLLLLGGGGGGGGGPPPPPP
>sp|P5|FIVE_HUMAN bad letters OX=9606
MLLL1LLL
>sp|P6|SIX_HUMAN only retired terms OX=9606
MQQQQNNNNHHHHRRRRTTTTYYYY
>sp|P7|SEVEN_HUMAN a NOT OX=9606
MCCCCFFFFDDDDSSSSAAAAVVVV
"""


def gaf_line(entry, term, *, qualifier="enables", evidence="IDA", aspect="F"):
    return "\t".join(
        ["UniProtKB", entry, entry, qualifier, term, "PMID:1", evidence, "", aspect, "n", "", "protein"]
    ) + ("\ttaxon:9606\t20250101\tUniProt\t\t\n")


@pytest.fixture
def files(tmp_path):
    (tmp_path / "go.obo").write_text(OBO)
    with gzip.open(tmp_path / "proteins.fa.gz", "wt") as file:
        file.write(FASTA)
    gaf = "!gaf-version: 2.2\n"
    gaf += gaf_line("P1", "GO:0000111")  # alternative id
    gaf += gaf_line("P2", "GO:0000222", evidence="IEA")  # replaced
    gaf += gaf_line("P3", "GO:0003824")  # a mouse
    gaf += gaf_line("P6", "GO:0000333")  # retired
    gaf += gaf_line("P7", "GO:0046872", qualifier="NOT|enables")
    gaf += gaf_line("P1", "GO:0008150", aspect="P")  # another aspect
    gaf += gaf_line("P1", "GO:0000777")
    (tmp_path / "goa.gaf").write_text(gaf)
    return tmp_path


def test_obo_keeps_is_a_and_part_of_and_maps_retired_terms(files):
    ontology = read_obo(files / "go.obo")
    assert ontology.parents["GO:0000777"] == ("GO:0003824",)  # part_of climbs, regulates does not
    assert ontology.current("GO:0000111") == ontology.current("GO:0000222") == "GO:0046872"
    assert ontology.current("GO:0000333") is None and "GO:0000333" in ontology.retired
    assert ontology.current("GO:0008150") is None  # another aspect
    assert ontology.version == "releases/2026-01-01"


def test_propagation_on_a_hand_made_ontology():
    assert ONTOLOGY.propagate({"GO:0000005"}) == {
        "GO:0000005",
        "GO:0000002",
        "GO:0000001",
        "GO:0005488",
        "GO:0000004",
        "GO:0003824",
        "GO:0003674",
    }
    assert ONTOLOGY.propagate(set()) == set()
    with pytest.raises(KeyError):
        ONTOLOGY.propagate({"GO:8888888"})


def test_order_puts_parents_first_and_a_circle_is_refused():
    place = {term: i for i, term in enumerate(ONTOLOGY.order)}
    assert all(place[p] < place[t] for t, above in ONTOLOGY.parents.items() for p in above)
    with pytest.raises(InputError, match="circle"):
        _ = Ontology({"a": "a", "b": "b"}, {"a": ("b",), "b": ("a",)}).order


def test_parents_within_a_vocabulary_skip_what_is_left_out():
    terms = ["GO:0005488", "GO:0000002", "GO:0000005", "GO:0003824"]
    parents = ONTOLOGY.parents_within(terms)
    assert parents == {0: (), 1: (0,), 2: (1, 3), 3: ()}  # 5 -> 2 (not also its ancestor 0), and 4 is skipped for 3
    assert depths(parents).tolist() == [0, 1, 2, 0]
    assert most_specific({0, 1, 3}, parents) == {1, 3}


def test_scores_climb_and_never_sink():
    parents = {0: (), 1: (0,), 2: (1,), 3: (0, 2)}
    scores = np.array([[0.1, 0.5, 0.2, 0.7], [0.9, 0.1, 0.3, 0.0]])
    propagated = propagate_scores(scores, parents)
    np.testing.assert_allclose(propagated, [[0.7, 0.7, 0.7, 0.7], [0.9, 0.3, 0.3, 0.0]])
    assert (propagated >= scores).all()


def test_the_pipeline_says_what_it_dropped_and_why(files):
    prepared = prepare.prepare(
        files / "proteins.fa.gz", files / "goa.gaf", read_obo(files / "go.obo"), taxon=9606, seed=0
    )
    table = prepared.table.set_index("EntryID")
    assert list(table.index) == ["P1", "P2"]
    assert table.loc["P1", "terms"] == "GO:0000777;GO:0003824;GO:0005488;GO:0046872"
    assert table.loc["P2", "terms"] == "GO:0005488;GO:0046872"
    assert table.loc["P2", "terms_experimental"] == ""  # IEA is no experiment
    assert table.loc["P1", "cluster"] == table.loc["P2", "cluster"]  # identical sequences stay together
    assert table["subset"].nunique() == 1
    report = prepared.report().set_index("step")
    assert report.loc["distinct accessions", "dropped"] == 1
    assert report.loc["readable sequences", "dropped"] == 1
    assert report.loc["taxon 9606", "examples"] == "P3"
    assert report.loc["asserted annotations", "dropped"] == 1
    assert report.loc["terms of the aspect", "examples"] == "GO:0000333"
    assert "2 alternative or replaced" in report.loc["current identifiers", "why"]
    assert set(report.loc["annotated proteins", "examples"].split()) == {"P4", "P6", "P7"}


def test_the_pipeline_as_one_command(files, capsys):
    arguments = ["prepare-function", "--fasta", str(files / "proteins.fa.gz"), "--annotations", str(files / "goa.gaf")]
    assert main([*arguments, "--obo", str(files / "go.obo"), "--taxon", "9606", "--out", str(files / "out")]) == 0
    table = sources.read_table(files / "out" / "proteins.tsv.gz")
    assert list(table["EntryID"]) == ["P1", "P2"]
    assert read_terms(files / "out" / "terms.tsv.gz").names["GO:0046872"] == "metal ion binding"
    assert "another species" in capsys.readouterr().out


def test_cafa_tables_and_a_taxonomy_file(tmp_path):
    (tmp_path / "terms.tsv").write_text("EntryID\tterm\taspect\nP1\tGO:0000002\tMFO\nP9\tGO:0000002\tBPO\n")
    (tmp_path / "taxa.tsv").write_text("EntryID\ttaxonomyID\nP1\t9606\n")
    (tmp_path / "p.fa").write_text(">P1 any\nMKV\n>P9 any\nMKL\n")
    prepared = prepare.prepare(
        tmp_path / "p.fa", tmp_path / "terms.tsv", ONTOLOGY, taxon=9606, taxonomy=tmp_path / "taxa.tsv", seed=0
    )
    assert list(prepared.table["EntryID"]) == ["P1"]
    assert prepared.table["terms_experimental"][0] == "GO:0000001;GO:0000002;GO:0005488"


@pytest.fixture
def related(tmp_path):
    """Twelve proteins, two of them the same; a function and a cluster (of two) for each."""
    letters = "ACDEFGHIKLMN"
    (tmp_path / "p.fa").write_text("".join(f">sp|P{n}|X{n}\nMKV{letters[n % 11] * 30}\n" for n in range(12)))
    (tmp_path / "terms.tsv").write_text("EntryID\tterm\n" + "".join(f"P{n}\tGO:0000002\n" for n in range(12)))
    return tmp_path


def clustered_table(folder, rows, **options):
    (folder / "c.tsv").write_text("".join(f"{representative}\t{member}\n" for representative, member in rows))
    return prepare.prepare(
        folder / "p.fa", folder / "terms.tsv", ONTOLOGY, clusters=folder / "c.tsv", valid_fraction=0.3, **options
    )


@pytest.mark.parametrize("spelling", ["P{}", "UniRef50_P{}", "UniRef90_P{}", "sp|P{}|NAME_HUMAN"])
def test_clusters_are_found_however_their_members_are_spelled(related, spelling):
    rows = [(spelling.format(n - n % 2), spelling.format(n)) for n in range(12)]
    for seed in range(8):
        table = clustered_table(related, rows, seed=seed).table.set_index("EntryID")
        assert table.groupby("cluster")["subset"].nunique().max() == 1
        assert table.loc["P3", "cluster"] == table.loc["P2", "cluster"]
        assert table.loc["P0", "cluster"] == table.loc["P11", "cluster"] == table.loc["P10", "cluster"]  # one sequence


def test_a_cluster_table_that_lacks_proteins_is_refused_or_they_are_left_out(related):
    rows = [(f"P{n}", f"P{n}") for n in range(9)]
    with pytest.raises(InputError, match="3 of 12 proteins are in no cluster of the table, P9 first"):
        clustered_table(related, rows)
    prepared = clustered_table(related, rows, drop_unclustered=True)
    assert list(prepared.table["EntryID"]) == [f"P{n}" for n in range(9)]
    assert prepared.report().set_index("step").loc["clustered proteins", "examples"] == "P9 P10 P11"
    with pytest.raises(InputError, match="12 of 12 proteins"):
        clustered_table(related, [("other", "other")], drop_unclustered=True)


def test_a_split_that_leaks_is_not_trained_on():
    table = toys.proteins(20)
    splits.check_split(table)
    with pytest.raises(InputError, match=r"1 valid proteins \(P00000, ...\) share a cluster"):
        splits.check_split(table.assign(cluster=[1, 1, *range(2, 20)]))
    twin = table.assign(Sequence=[table["Sequence"][1], *table["Sequence"][1:]])
    with pytest.raises(InputError, match="share a sequence"):
        splits.check_split(twin)


def test_a_table_without_clusters_puts_the_same_sequence_together(tmp_path):
    (tmp_path / "t.tsv").write_text("EntryID\tSequence\tterms\nP1\tMKV\t\nP2\tMKL\t\nP3\tMKV\t\n")
    assert list(sources.read_table(tmp_path / "t.tsv")["cluster"]) == ["P1", "P2", "P1"]


@pytest.mark.parametrize("row", ["P1", "P1\tGO:0000002\tMFO\textra"])
def test_a_ragged_annotation_row_is_named(tmp_path, row):
    (tmp_path / "terms.tsv").write_text(f"EntryID\tterm\taspect\nP1\tGO:0000002\tMFO\n\n{row}\n")
    with pytest.raises(InputError, match=f"line 4 has {row.count(chr(9)) + 1} tab-separated columns; the header has 3"):
        sources.read_annotations(tmp_path / "terms.tsv")


def test_nothing_left_is_an_error_one_can_act_on(files):
    (files / "empty.gaf").write_text("!gaf-version: 2.2\n")
    with pytest.raises(InputError, match="no annotated protein is left"):
        prepare.prepare(files / "proteins.fa.gz", files / "empty.gaf", read_obo(files / "go.obo"), seed=0)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("EntryID\tSequence\nP1\tMKV\n", "lacks the column terms"),
        ("EntryID\tSequence\tterms\nP1\tMKV\t\nP1\tMKV\t\n", "names the protein P1 twice"),
        ("EntryID\tSequence\tterms\nP1\tMK1V\t\n", "sequence of P1 is not a protein"),
        ("EntryID\tSequence\tterms\n", "holds no protein"),
    ],
)
def test_bad_tables_are_named(tmp_path, text, message):
    (tmp_path / "t.tsv").write_text(text)
    with pytest.raises(InputError, match=message):
        sources.read_table(tmp_path / "t.tsv")


def test_vocabulary_counts_and_drops_by_name():
    labels = ["GO:0005488;GO:0000001;GO:0000002"] * 3 + ["GO:0003824;GO:7777777"]
    terms, steps = prepare.vocabulary(labels, ONTOLOGY, min_proteins=2)
    assert terms == ("GO:0000001", "GO:0000002")  # binding is uninformative, catalytic activity too rare
    assert [s.dropped for s in steps] == [1, 1, 1]


def test_splits_and_folds_keep_clusters_together():
    clusters = np.repeat(np.arange(60), 3)
    subset = splits.split_by_cluster(clusters, valid_fraction=0.25, seed=1)
    folds = splits.cluster_folds(clusters, 4, seed=1)
    for number in range(60):
        assert len(set(subset[clusters == number])) == len(set(folds[clusters == number])) == 1
    assert 0.2 < (subset == "valid").mean() <= 0.26
    assert np.bincount(folds).min() == 45
