"""Jobs in the address of a page: a reload, a link from Jobs, or a link with a token shows the input and the result."""

from importlib import import_module

import streamlit as st

from biocore import jobs
from biocore.jobs import Description, Job
from biocore.web.browser_key import owner, owner_is_known, wait_for_owner
from biocore.web.link import set_link

PAGES = {  # kind of job -> the page that asks for it; its folder has an `open_job`
    "scan-protein": "masked_residues",
    "search-database": "masked_residues",
    "occlusion": "protein_function",
    "function": "protein_function",
    "track": "dna_binding",
    "significance": "dna_binding",
    "alleles": "dna_binding",
    "discover": "dna_binding",
    "implants": "dna_binding",
    "pairs": "dna_binding",
    "train-tfbinding": "dna_binding",
    "embed": "embedding_map",
    "map": "embedding_map",
    "project": "embedding_map",
    "variants": "variant_effects",
    "fit-assay": "variant_effects",
    "first-answers": "home",
}
MOST_RECORDS, MOST_LETTERS = 1000, 1_000_000  # of a job that are put into the text box of a page
_OPENED = "biocore.job.opened"  # session key: id of the job of the address whose input the page has taken
_MISSING = "biocore.job.missing"  # session key: the address named a job that cannot be opened
_SHARED = "biocore.job.shared"  # session key: id -> token of the jobs others have shared with this session
_GAVE_UP = "biocore.job.gave_up"  # session key: the browser gives no key
_PATIENCE_S = 5.0  # how long the browser may take to give its key


def keep_job_in_link(job: Job | None) -> None:
    """Put the page's main job into its address, so that a reload finds it; nobody else can open it by that.

    Parameters
    ----------
    job : Job or None
        None takes it out again.
    """
    id = job.id if job else None
    set_link(job=id, token=_shared().get(id) if id else None)
    st.session_state[_OPENED] = id


def open_linked_job() -> None:
    """Fill the page with the input of the job in its address, once; say where it cannot be opened."""
    if st.session_state.get(_MISSING):
        _say_missing()
    id = st.query_params.get("job")
    if not id or st.session_state.get(_OPENED) == id:
        return
    token = st.query_params.get("token")
    found = jobs.get(id, owner(), token=token)
    if found is None and not token and not owner_is_known() and not st.session_state.get(_GAVE_UP):
        st.session_state[f"{_GAVE_UP}.runs"] = 0
        _wait_for_owner()
        st.stop()
    st.session_state[_OPENED] = id
    if found is None:
        set_link(job=None, token=None)
        st.session_state[_MISSING] = True
        _say_missing()
        return
    if token:
        st.session_state[_SHARED] = _shared() | {id: token}
    st.session_state[f"{_OPENED}.{found.kind}"] = id
    open_job(found.description)


def _say_missing() -> None:
    """It stays until it was read: the page may run again at once."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.warning(
            "The job of this address cannot be opened: it was deleted, or it belongs to another browser and was not "
            "shared. The page Jobs lists yours.",
            icon=":material/link_off:",
        )
        st.button("Close", key=f"{_MISSING}.close", on_click=st.session_state.pop, args=(_MISSING, None))


def open_job(description: Description) -> None:
    """Set the inputs of the page that asked for a job.  Call it before they are drawn."""
    page = PAGES.get(description.kind)
    if page is not None:
        import_module(f"biocore.web.{page}").open_job(description)


def as_fasta(description: Description, *, most: int = MOST_RECORDS, letters: int = MOST_LETTERS) -> str:
    """The records of a job, with their headers, for a page's text box: as many of the first ones as a page takes."""
    text = ""
    headers = description.inputs.get("descriptions") or []
    for number, (name, sequence) in enumerate(description.inputs["records"][:most]):
        header = f">{name} {headers[number] if headers else ''}".rstrip()
        if text and len(text) + len(sequence) > letters:
            break
        text += f"{header}\n{sequence}\n"
    return text


def shared_job(hash: str | None = None, *, id: str | None = None) -> Job | None:
    """A job that was shared with this session, by its description's hash or by its id."""
    for shared, token in _shared().items():
        if id in (None, shared) and (found := jobs.get(shared, token=token)) is not None:
            if hash in (None, found.hash):
                return found
    return None


def shared_jobs(kind: str) -> list[Job]:
    """The jobs of a kind that were shared with this session."""
    found = [jobs.get(id, token=token) for id, token in _shared().items()]
    return [job for job in found if job is not None and job.kind == kind]


def opened_job(kind: str) -> Job | None:
    """The job that the page was opened with, where it is of this kind and its input cannot be put into the page."""
    found = jobs.get(st.session_state.get(f"{_OPENED}.{kind}") or "", owner())
    return found or next(iter(shared_jobs(kind)), None)


def _shared() -> dict[str, str]:
    return st.session_state.get(_SHARED, {})


@st.fragment(run_every=_PATIENCE_S)
def _wait_for_owner() -> None:
    """The job is shown once the browser has said whose it is; a browser that keeps nothing gets the page without."""
    st.caption("Looking for your job...")
    if not wait_for_owner():
        st.rerun()
    st.session_state[f"{_GAVE_UP}.runs"] += 1
    if st.session_state[f"{_GAVE_UP}.runs"] > 1:
        st.session_state[_GAVE_UP] = True
        st.rerun()
