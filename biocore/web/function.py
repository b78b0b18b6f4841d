"""Parts of the protein function page: input, answer, evidence, quality, files."""

import hashlib
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd
import streamlit as st

from biocore import runtime, web, zoo
from biocore.errors import InputError
from biocore.function import Prediction, evaluation, evidence, graph, tables
from biocore.plot import function as plot
from biocore.sequence import clean_protein, parse_records
from biocore.web.sequence_view import sequence_view
from biocore.web.tracks import offer_track

TASK = "protein-function"
MAX_RECORDS = 1000
MAX_RESIDUES = 20_000
KEPT = 2000  # answers a session remembers
AT_ONCE = 300  # residues up to which residue evidence is computed without being asked
HELP = (
    "FASTA (up to 1,000 proteins) or one bare sequence in one-letter code; case, spaces and digits are ignored. "
    "X, B, Z, U, O and * are accepted and reported."
)
QUICKGO = "https://www.ebi.ac.uk/QuickGO/term/"
AMIGO = "https://amigo.geneontology.org/amigo/term/"
UNIPROT = "https://www.uniprot.org/uniprotkb/"
_NAMES = ("Insulin", "Haemoglobin beta", "Lysozyme", "Kinase CDK1", "Collagen II", "Top7 (designed)")


@dataclass(frozen=True)
class Protein:
    """A cleaned protein with its name; `key` stands for its sequence."""

    name: str
    sequence: str
    notes: tuple[str, ...]

    @property
    def key(self) -> str:
        """Short hash of the sequence."""
        return hashlib.sha256(self.sequence.encode()).hexdigest()[:20]


@st.cache_data
def examples() -> dict[str, str]:
    """Name -> FASTA text of each worked example, and all of them together."""
    records = parse_records((runtime.ASSETS / "examples" / "function.fa").read_text())
    texts = [f">{r.name} {r.description}\n{''.join(r.sequence.split())}\n" for r in records]
    return dict(zip(_NAMES, texts, strict=True)) | {"All six": "".join(texts)}


# -------------------------------------------------------------------------------------------------------- input


def read_proteins(text: str) -> list[Protein]:
    """Clean what was pasted.  Of many records those that cannot be read are named and left out.

    Raises
    ------
    InputError
        Nothing can be read.
    """
    records = parse_records(text, max_records=MAX_RECORDS)
    found, refused = [], []
    for record in records:
        name = record.name if len(records) > 1 or record.name != "sequence" else None
        try:
            cleaned = clean_protein(record.sequence, record=name, max_length=MAX_RESIDUES)
        except InputError as error:
            refused.append(error)
            continue
        found.append(Protein(record.name, cleaned.sequence, cleaned.notes))
    if not found:
        raise refused[0]
    if refused:
        shown = "  \n".join(str(error) for error in refused[:5])
        more = f"  \n... and {len(refused) - 5:,} more" if len(refused) > 5 else ""
        st.warning(f"{len(refused):,} of {len(records):,} records were left out:  \n{shown}{more}")
    return found


def choose_model() -> zoo.ModelCard:
    """The menu of function models; shown only where there is a choice.

    Raises
    ------
    ModelUnavailable
        There is none.
    """
    cards = zoo.cards(TASK)
    if not cards:
        from biocore.errors import ModelUnavailable

        raise ModelUnavailable("There is no function model on this machine: python -m biocore train function")
    if len(cards) == 1:
        return cards[0]
    return zoo.card(web.model_picker(TASK, key="model"))


# --------------------------------------------------------------------------------------------------- predicting


def _answers() -> dict[tuple[str, str, str], Prediction]:
    return st.session_state.setdefault("function.answers", {})


def _answer_key(card: zoo.ModelCard, protein: Protein) -> tuple[str, str, str]:
    return card.name, card.sha256.get(zoo.WEIGHTS, ""), protein.key


def predict(card: zoo.ModelCard, proteins: Sequence[Protein]) -> dict[int, Prediction]:
    """Answers by number of the protein; those of stopped runs are kept, and the user may go on.

    What is computed stays in the session, so a changed selection costs nothing.
    """
    answers = _answers()
    job = hashlib.sha256("".join(p.key for p in proteins).encode()).hexdigest()[:16] + card.name
    missing = [i for i, p in enumerate(proteins) if _answer_key(card, p) not in answers]
    if missing and st.session_state.get("function.stopped") != job:
        _compute(card, proteins, missing, job)
    done = {i: answers[_answer_key(card, p)] for i, p in enumerate(proteins) if _answer_key(card, p) in answers}
    if len(done) < len(proteins):
        st.warning(f"Stopped: {len(done):,} of {len(proteins):,} proteins are done.")
        st.button("Go on", on_click=_set_stopped, args=(None,), icon=":material/play_arrow:")
    return done


def _set_stopped(job: str | None) -> None:
    st.session_state["function.stopped"] = job


def _compute(card: zoo.ModelCard, proteins: Sequence[Protein], missing: Sequence[int], job: str) -> None:
    """Predict one protein after the other, with progress and a button to stop where there are many."""
    answers = _answers()
    place = st.empty()
    many = len(missing) > 3
    if many:
        with place.container():
            bar = st.progress(0.0, f"{len(missing):,} proteins to go")
            st.button("Stop", key="function.stop", on_click=_set_stopped, args=(job,), icon=":material/stop:")
    started = time.monotonic()
    with st.spinner("Asking the model...") if not many else place:
        for number, i in enumerate(missing, 1):
            with web.model(card.name) as model:
                answers[_answer_key(card, proteins[i])] = model([proteins[i].sequence])
            if many:
                left = (time.monotonic() - started) / number * (len(missing) - number)
                bar.progress(number / len(missing), f"{number:,} of {len(missing):,} proteins, {left:.0f} s left")
    while len(answers) > KEPT:
        answers.pop(next(iter(answers)))
    place.empty()


# ----------------------------------------------------------------------------------------------------- overview


def choose_protein(card: zoo.ModelCard, proteins: Sequence[Protein], done: dict[int, Prediction]) -> int:
    """One line for each protein, and the choice of the one to look at.  Returns its number.

    Raises
    ------
    InputError
        No protein is done yet.
    """
    if not done:
        raise InputError("No protein is done yet. Go on, or paste fewer.")
    if len(proteins) == 1:
        return 0
    with web.model(card.name) as model:
        rows = [_overview_row(model, proteins[i], done[i]) for i in done]
    web.table(pd.DataFrame(rows), "function_overview")
    order = list(done)
    labels = {i: f"{proteins[i].name} ({len(proteins[i].sequence):,} residues)" for i in order}
    asked = web.from_link("record", 0, lambda text: int(text) - 1)
    st.session_state.setdefault("function.record", asked if asked in labels else order[0])
    if st.session_state["function.record"] not in labels:
        st.session_state["function.record"] = order[0]
    return st.selectbox("Look at", order, format_func=labels.get, key="function.record")


def _overview_row(model, protein: Protein, prediction: Prediction) -> dict:
    answer = tables.answer(model, prediction, 0)
    best = answer[answer["specific"]].head(3)
    named = "; ".join(f"{n} ({p:.2f})" for n, p in zip(best["name"], best["probability"], strict=True))
    why = "not sure: unlike anything seen" if prediction.unsure[0] else "no term above its threshold"
    return {
        "protein": protein.name,
        "residues": len(protein.sequence),
        "most specific terms (probability)": named or why,
        "terms predicted": len(answer),
        "nearest protein, k-mer similarity": float(prediction.by_kmer.best[0]),
    }


# ------------------------------------------------------------------------------------------------------- answer


def show_answer(card: zoo.ModelCard, protein: Protein, prediction: Prediction) -> pd.DataFrame:
    """Predicted terms, most specific first; general ones folded; the terms' graph.  Returns the table."""
    with web.model(card.name) as model:
        answer = tables.answer(model, prediction, 0)
        drawing = graph.term_graph(model, prediction, 0)
        known = protein_in_training(model, prediction)
        best = tables.scores(model, prediction, [protein.name]).head(5)
    st.caption(
        f"Aspect: molecular function. {card.trained_on}. Probabilities are calibrated; each term has its own threshold."
    )
    if known:
        st.info(
            f"This sequence is that of {known}, one of the training proteins: the model has seen its answer.",
            icon=":material/school:",
        )
    if prediction.unsure[0]:
        st.warning(
            f"**Not sure.** {prediction.unsure[0]} No term is given rather than a guess.", icon=":material/help:"
        )
        return answer
    if answer.empty:
        st.info("No term reaches its threshold. The five most likely ones, none of them to be relied on:")
        web.table(best[["term", "name", "probability", "threshold"]], "function_best")
        return answer
    shown = _with_links(answer)
    web.table(shown[answer["specific"].to_numpy()], "function_specific", column_config=_columns())
    general = shown[~answer["specific"].to_numpy()]
    if len(general):
        with st.expander(f"{len(general)} more general terms that follow from these"):
            web.table(general, "function_general", column_config=_columns())
    text = ", ".join(f"{n} {p:.2f}" for n, p in zip(drawing.names, drawing.probability, strict=True))
    web.figure(plot.term_graph(drawing), "function_terms", alt=f"Predicted terms below their parents: {text}.")
    left = len(answer) - len(drawing.terms)
    st.caption(
        "Parents are above their children; a dark rim marks the most specific terms."
        + (f" {left} of the {len(answer)} terms are not drawn; the table has all." if left > 0 else "")
    )
    return answer


def protein_in_training(model, prediction: Prediction) -> str | None:
    """Accession of the training protein that is this one, as far as k-mers and embedding can tell."""
    kmer, vector = prediction.by_kmer, prediction.by_vector
    same = kmer.indices[0, 0] >= 0 and kmer.indices[0, 0] == vector.indices[0, 0] and vector.similarity[0, 0] > 0.9995
    return model.reference.accessions[int(kmer.indices[0, 0])] if same else None


def _with_links(answer: pd.DataFrame) -> pd.DataFrame:
    right = [
        f"{r:.0%} of {n:,}" if n else "never seen"
        for r, n in zip(answer["right_at_score"], answer["out_of"], strict=True)
    ]
    return pd.DataFrame(
        {
            "name": answer["name"],
            "probability": answer["probability"],
            "threshold": answer["threshold"],
            "right at this score": right,
            "precision": answer["precision"],
            "recall": answer["recall"],
            "comes from": answer["source"],
            "QuickGO": QUICKGO + answer["term"],
            "AmiGO": AMIGO + answer["term"],
        }
    )


def _columns() -> dict:
    column = st.column_config
    return {
        "name": column.TextColumn(width="large"),
        "probability": column.ProgressColumn(format="%.2f", min_value=0, max_value=1),
        "threshold": column.NumberColumn(format="%.2f", help="Chosen by cross-validation in the training proteins."),
        "right at this score": column.TextColumn(
            help="How often terms of this class came true at this probability, on held-back proteins. A term nobody "
            "has annotated yet counts as wrong."
        ),
        "precision": column.NumberColumn(format="percent", help="Of held-back proteins above the threshold: had it."),
        "recall": column.NumberColumn(format="percent", help="Of held-back proteins with the term: found."),
        "QuickGO": column.LinkColumn(display_text=r"term/(.*)"),
        "AmiGO": column.LinkColumn(display_text="AmiGO"),
    }


# ----------------------------------------------------------------------------------------------------- evidence


def show_neighbours(card: zoo.ModelCard, prediction: Prediction) -> None:
    """The nearest annotated proteins, and their terms that are too rare for the network."""
    with web.model(card.name) as model:
        near = tables.nearest(model, prediction, 0)
        rare = tables.rare_terms(model, prediction, 0)
        vector_name = model.vector_name
    if near.empty:
        st.info("No annotated protein shares a k-mer with this one.")
        return
    near.insert(0, "protein", UNIPROT + near.pop("accession"))
    web.table(
        near,
        "function_neighbours",
        column_config={
            "protein": st.column_config.LinkColumn(display_text=r"uniprotkb/(.*)"),
            "kmer_similarity": st.column_config.NumberColumn("k-mer similarity", format="%.3f"),
            "vector_similarity": st.column_config.NumberColumn(vector_name, format="%.3f"),
            "terms": st.column_config.TextColumn("its rarest terms", width="large"),
            "supports": st.column_config.NumberColumn("predicted terms it has"),
        },
    )
    st.caption(
        "k-mer similarity: cosine of the proteins' 6-letter words over a reduced alphabet, rare words counting more; "
        "1 is the same protein, unrelated proteins share a few percent. The other similarity is the cosine of what "
        "the network reads (the language model's embedding, or the composition where it reads none)."
    )
    if len(rare):
        with st.expander(f"{len(rare)} terms of these neighbours that are too rare for the model to judge"):
            rare["QuickGO"] = QUICKGO + rare["term"]
            config = {"QuickGO": st.column_config.LinkColumn(display_text=r"term/(.*)")}
            web.table(rare[["name", "QuickGO", "proteins", "similarity"]], "function_rare", column_config=config)


def show_residues(card: zoo.ModelCard, protein: Protein, prediction: Prediction, answer: pd.DataFrame) -> str | None:
    """Which residues a chosen term rests on, with the test of faithfulness.  Returns the chosen term."""
    if answer.empty:
        st.caption("There is no predicted term to explain.")
        return None
    if len(protein.sequence) < evidence.MIN_LENGTH:
        st.caption(f"Residue evidence needs {evidence.MIN_LENGTH} or more residues.")
        return None
    labels = dict(zip(answer["term"], answer["name"], strict=True))
    asked = web.from_link("term", "")
    key = f"function.term.{protein.key}"
    st.session_state.setdefault(key, asked if asked in labels else next(iter(labels)))
    if st.session_state[key] not in labels:
        st.session_state[key] = next(iter(labels))
    term = st.selectbox("Term", list(labels), format_func=lambda t: f"{labels[t]} ({t})", key=key)
    store = st.session_state.setdefault("function.evidence", {})
    place = (*_answer_key(card, protein), term)
    if place not in store:
        wanted = len(protein.sequence) <= AT_ONCE
        if not wanted and not st.button(
            "Show which residues matter", icon=":material/search:", help="About 70 passes of the language model."
        ):
            return term
        store[place] = _explain(card, protein, term)
        while len(store) > 50:
            store.pop(next(iter(store)))
    _show_evidence(*store[place], labels[term], protein)
    return term


def _explain(
    card: zoo.ModelCard, protein: Protein, term: str
) -> tuple[evidence.ResidueEvidence, evidence.Faithfulness]:
    bar = st.progress(0.0, "Hiding one stretch of residues after the other...")
    with web.model(card.name) as model:
        found = evidence.occlusion(
            model, protein.sequence, model.terms.index(term), progress=lambda n, total: bar.progress(0.7 * n / total)
        )
        test = evidence.faithfulness(model, found, progress=lambda n, total: bar.progress(0.7 + 0.3 * n / total))
    bar.empty()
    return found, test


def _show_evidence(found: evidence.ResidueEvidence, test: evidence.Faithfulness, name: str, protein: Protein) -> None:
    spans = ", ".join(f"{a + 1:,} to {b:,}" for a, b in found.shown())
    random = f"{test.random.mean():.2f} (highest {test.random.max():.2f})"
    message = (
        f"Hiding residues {spans} together lowers the log-odds of *{name}* by **{test.shown:.2f}**; hiding as many "
        f"random residues, {len(test.random)} times, lowers it by {random} on average."
    )
    if test.faithful:
        st.success(
            f"{message} The shown residues matter to the model (p = {test.p_value:.2f}).", icon=":material/check:"
        )
    else:
        st.error(f"{message} **That is no better than chance: do not rely on this picture.**", icon=":material/block:")
    hints = [f"{value:+.2f}" for value in found.effect]
    sequence_view(
        protein.sequence,
        key=f"function.view.{protein.key}.{found.term}",
        colours=plot.evidence_colours(found),
        hints=hints,
        label=f"Sequence coloured by how much each residue speaks for {name}",
    )
    figure = plot.residue_evidence(found, name)
    web.figure(
        figure, "function_residues", alt=f"Fall of the log-odds of {name} along the protein; highest at {spans}."
    )
    rows = pd.DataFrame(
        {
            "position": range(1, len(protein.sequence) + 1),
            "residue": list(protein.sequence),
            "fall of log-odds": found.effect,
        }
    )
    web.download("Residue evidence as CSV", lambda: rows.to_csv(index=False), "function_residues.csv", "text/csv")
    offer_track(f"evidence for {name}", protein.sequence, found.effect)
    web.link_to("structures", "Paint this on a structure", protein=protein.sequence)


# ------------------------------------------------------------------------------------------------------ quality


def show_quality(card: zoo.ModelCard) -> None:
    """What was measured when the model was trained, one figure at a time."""
    measured = evaluation(card)
    if not measured:
        st.info("No measurements are stored with this model.")
        return
    views = {
        "Against simple methods": _view_methods,
        "By identity": _view_identity,
        "Can the probabilities be trusted": _view_reliability,
        "Terms": _view_terms,
        "True and predicted": _view_heatmap,
        "Training": _view_training,
    }
    view = st.segmented_control("Figure", list(views), default=next(iter(views)), required=True, key="function.view")
    views[view](card, measured)


def _metric_picker(key: str) -> str:
    return st.selectbox("Measure", list(plot.METRICS), format_func=plot.METRICS.get, key=key)


def _view_methods(card: zoo.ModelCard, measured: dict) -> None:
    left, right = st.columns(2)
    with left:
        labels = st.segmented_control(
            "Labels", list(measured["methods"]), default="all", required=True, key="function.labels"
        )
    with right:
        metric = _metric_picker("function.metric")
    methods = measured["methods"][labels]
    rows = [
        {"method": name} | {title: _with_interval(values[m]) for m, title in plot.METRICS.items()}
        for name, values in methods.items()
    ]
    alt = "; ".join(f"{name} {values[metric][0]:.3f}" for name, values in methods.items())
    web.figure(plot.compare_methods(methods, metric), "function_methods", alt=f"{plot.METRICS[metric]}: {alt}.")
    web.table(pd.DataFrame(rows), "function_methods_table")
    proteins = methods["model"]["proteins"][0]
    st.caption(
        f"{proteins:,.0f} held-back proteins with a term; brackets are 95 % intervals from resampled proteins. Fmax, "
        "auPRC and auROC: more is better. Experimental labels leave out what was inferred from homologues."
    )


def _with_interval(values: Sequence[float | None]) -> str:
    value, low, high = values
    if value is None:
        return "not defined"
    return f"{value:.3f}" + (f" [{low:.3f}, {high:.3f}]" if low is not None and high is not None else "")


def _view_identity(card: zoo.ModelCard, measured: dict) -> None:
    if not measured.get("by_identity"):
        st.info("No alignment program was at hand when this model was measured.")
        return
    metric = _metric_picker("function.identity_metric")
    rows = measured["by_identity"]
    figure = plot.by_identity(rows, metric)
    web.figure(figure, "function_identity", alt=f"{plot.METRICS[metric]} by identity; the table below has the numbers.")
    table = [
        {"identity": r["identity"], "proteins": r["proteins"], "method": r["method"], metric: _with_interval(r[metric])}
        for r in rows
    ]
    web.table(pd.DataFrame(table), "function_identity_table")


def _view_reliability(card: zoo.ModelCard, measured: dict) -> None:
    from biocore.function.calibration import Reliability

    groups = list(card.details["reliability"])
    group = st.selectbox("Terms", groups, key="function.group")
    found = Reliability.from_dict(card.details["reliability"][group])
    web.figure(
        plot.reliability(found, group),
        "function_reliability",
        alt=f"Promised and found shares; error {found.error:.4f}.",
    )
    table = pd.DataFrame(
        {
            "probability from": found.low,
            "to": found.high,
            "predictions": found.count.astype(int),
            "mean probability": found.mean,
            "share right": found.rate,
        }
    )
    web.table(table, "function_reliability_table")
    st.caption(
        f"On held-back proteins. Mean distance between promised and found: {found.error:.4f}. Calibrated on other "
        "proteins, by cross-validation in the training split."
    )


def _view_terms(card: zoo.ModelCard, measured: dict) -> None:
    terms = measured["terms"]
    figure = plot.auprc_by_examples(terms)
    web.figure(figure, "function_examples", alt="auPRC of each term against its training proteins; table below.")
    enough = [r for r in terms if r["valid_proteins"] >= 5 and r["auprc"]["model"] is not None]
    enough.sort(key=lambda r: -r["auprc"]["model"])
    web.figure(
        plot.best_and_worst(enough[:12] + enough[-12:]),
        "function_best_worst",
        alt="The twelve best and the twelve worst terms; the table below has all.",
    )
    table = [{k: r[k] for k in ("term", "name", "training_proteins", "valid_proteins")} | r["auprc"] for r in terms]
    web.table(pd.DataFrame(table), "function_terms_table")
    st.caption("Best and worst are chosen among terms with 5 or more held-back proteins.")


def _view_heatmap(card: zoo.ModelCard, measured: dict) -> None:
    sample = measured["heatmap"]
    figure = plot.true_and_predicted(sample)
    web.figure(
        figure, "function_heatmap", alt="Annotated and predicted terms of forty held-back proteins, side by side."
    )
    table = pd.DataFrame(sample["probability"], columns=sample["terms"])
    table.insert(0, "protein", sample["proteins"])
    with st.expander("The predicted probabilities as a table"):
        web.table(table, "function_heatmap_table")


def _view_training(card: zoo.ModelCard, measured: dict) -> None:
    figure = plot.training_curves(measured["curve"])
    web.figure(figure, "function_training", alt="Loss falls and auPRC rises over the epochs; table below.")
    web.table(pd.DataFrame(measured["curve"]), "function_training_table")
    st.caption("One of the folds: the head alone, trained on the others and measured on this one.")
    if measured.get("ablation"):
        st.markdown("What each group of inputs is worth to the head:")
        web.table(pd.DataFrame(measured["ablation"]), "function_ablation")


# --------------------------------------------------------------------------------------------------- take along


def show_outputs(card: zoo.ModelCard, proteins: Sequence[Protein], done: dict[int, Prediction]) -> None:
    """Scores as files, and the command that makes them."""
    only = st.toggle("Only terms above their threshold", value=True, key="function.only")

    def table() -> pd.DataFrame:
        with web.model(card.name) as model:
            parts = [
                tables.scores(model, prediction, [proteins[i].name], above_threshold=only)
                for i, prediction in done.items()
            ]
        return pd.concat(parts, ignore_index=True)

    left, middle, right = st.columns(3)
    with left:
        web.download("Scores as CSV", lambda: table().to_csv(index=False), "functions.csv", "text/csv")
    with middle:
        tsv = "text/tab-separated-values"
        web.download("Scores as TSV", lambda: table().to_csv(index=False, sep="\t"), "functions.tsv", tsv)
    with right:
        web.download("Scores as JSON", lambda: _as_json(table()), "functions.json", "application/json")
    source = proteins[0].sequence if len(proteins) == 1 and len(proteins[0].sequence) <= 2000 else "proteins.fa"
    command = [
        "function",
        source,
        "--model",
        card.name,
        *(["--above-threshold"] if only else []),
        "--out",
        "functions.csv",
    ]
    web.command_line(command, note="" if source != "proteins.fa" else "Save the proteins as proteins.fa first.")


def _as_json(table: pd.DataFrame) -> str:
    return json.dumps(json.loads(table.to_json(orient="records", double_precision=6)), indent=1)


def keep_in_link(text: str, proteins: Sequence[Protein], number: int, term: str | None) -> None:
    """The page's state in its address."""
    web.set_link(seq=text, record=number + 1 if len(proteins) > 1 else None, term=term)
