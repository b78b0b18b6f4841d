"""A model of the visitor's own factor, trained from their data: theirs alone, and among the factors afterwards."""

import pandas as pd
import streamlit as st

from biocore import jobs, zoo
from biocore.errors import BiocoreError
from biocore.jobs import Description, Job
from biocore.plot import models as plot
from biocore.web.browser_key import owner
from biocore.web.dna_binding.choice import look_at
from biocore.web.dna_binding.compute import TRAINING
from biocore.web.frame import plain
from biocore.web.inputs import MAX_UPLOAD_MB, decode
from biocore.web.job_link import shared_jobs
from biocore.web.outputs import figure, listing, table
from biocore.web.waiting import watch

TABLES, PEAKS = ["csv", "gz"], ["bed", "narrowPeak", "gz"]
CSV, BED = "Sequences (CSV)", "Peaks (BED)"
CHOSEN = "dna.training.job"  # session key: id of the training that is shown
_REFUSED = "dna.training.refused"


def show_training() -> None:
    """Data in, a job that trains, and its curves, checks and card."""
    mine = [*jobs.jobs_of(owner(), kind=TRAINING), *shared_jobs(TRAINING)]
    asked = st.session_state.pop("dna.training", None) is not None
    with st.expander("Train a model on your own data", expanded=asked or bool(mine), icon=":material/model_training:"):
        _inputs()
        if mine:
            _show(mine)


def _inputs() -> None:
    left, right = st.columns([1, 2], vertical_alignment="bottom")
    name = left.text_input("Factor", key="dna.training.name", placeholder="MYTF", persist_state="session", max_chars=40)
    way = right.segmented_control(
        "Data", [CSV, BED], default=CSV, required=True, key="dna.training.way", help="At least 100 bound windows."
    )
    if way == CSV:
        files = {
            "csv": st.file_uploader(
                f"CSV with the columns sequence and label (1 bound, 0 not), up to {MAX_UPLOAD_MB} MB",
                type=TABLES,
                key="dna.training.csv",
                max_upload_size=MAX_UPLOAD_MB,
                help="All sequences of one length, 101 bp for one. `negative_kind` (dinucleotide_shuffle, genomic) "
                "may say what a row with label 0 is.",
            )
        }
    else:
        left, right = st.columns(2)
        files = {
            "bed": left.file_uploader(
                "Peaks: BED or narrowPeak", type=PEAKS, key="dna.training.bed", max_upload_size=MAX_UPLOAD_MB
            ),
            "reference": right.file_uploader(
                "FASTA of the sequences they lie in",
                type=["fa", "fasta", "fna", "gz"],
                key="dna.training.reference",
                max_upload_size=MAX_UPLOAD_MB,
                help="Windows of 101 bp around the summit, or the middle. Unbound: shuffles of them, and places "
                "outside the peaks with as much G and C.",
            ),
        }
    st.button(
        "Train",
        key="dna.training.start",
        type="primary",
        disabled=not name or not all(files.values()),
        on_click=_start,
        args=(name.strip(), files),
        help="Takes minutes. A fifth of the windows is held out, and none of it shares 31 bp with the others.",
    )
    refused = st.session_state.pop(_REFUSED, None)
    if refused:
        st.error(plain(refused), icon=":material/error:")


def _start(name: str, files: dict) -> None:
    """Ask for the training, or keep why it was refused."""
    try:
        texts = {part: decode(file.getvalue(), file.name) for part, file in files.items()}
        description = Description.make(TRAINING, texts, tf=name)
        count = len(description.inputs["labels"])
        st.session_state[CHOSEN] = jobs.submit(description, owner(), f"Model of {name} from {count:,} windows").id
    except BiocoreError as error:
        st.session_state[_REFUSED] = str(error)


def _show(mine: list[Job]) -> None:
    titles = {job.id: f"{job.title} ({job.state})" for job in mine}
    if st.session_state.get(CHOSEN) not in titles:
        st.session_state[CHOSEN] = mine[0].id
    if len(mine) > 1:
        st.selectbox("Training", list(titles), format_func=lambda id: plain(titles[id]), key=CHOSEN)
    chosen = next(job for job in mine if job.id == st.session_state[CHOSEN])
    answer = watch(chosen, key="dna.training")
    found = answer.result
    if found is None:
        return
    left, right = st.columns(2)
    with left:
        best = max(range(len(found.auroc)), key=found.auroc.__getitem__)
        figure(
            plot.training_curve(found.losses, [{"auroc": value} for value in found.auroc], "auroc", best),
            "training",
            alt=f"Loss and auROC on the held-out windows after each of {len(found.losses)} epochs.",
            key="dna.training.curve",
        )
    if found.card is None:
        return
    with right:
        st.markdown("**Six checks**")
        rows = [(c["question"], "passed" if c["passed"] else "failed", c["found"]) for c in found.checks]
        listing(pd.DataFrame(rows, columns=["check", "result", "found"]), key="dna.training.checks")
        failed = sum(not check["passed"] for check in found.checks)
        if failed:
            st.warning(f"{failed} of 6 checks failed: do not rely on this model.", icon=":material/warning:")
    st.caption(plain(f"{found.card.trained_on}. {found.card.limits}"))
    measured = [(q.metric, q.value, q.low, q.high, q.note) for q in found.card.quality]
    quality = pd.DataFrame(measured, columns=["measure", "value", "95 % from", "95 % to", "note"])
    table(quality.round(3), "own_model", key="dna.training.quality", height=240)
    tf = zoo.factor(found.card.name)
    st.button(
        plain(f"Look at this DNA with {tf}"),
        key="dna.training.use",
        icon=":material/visibility:",
        on_click=look_at,
        args=(tf,),
        help="It is among the factors of this page, for this browser alone, as long as its job is kept.",
    )
