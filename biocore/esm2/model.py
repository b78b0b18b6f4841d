"""ESM-2 on this machine: residue probabilities, substitution scans and embeddings.

References
----------
Lin et al. (2023), Science 379:1123-1130, doi:10.1126/science.ade2574 (ESM-2).
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from biocore import runtime
from biocore.errors import InputError, ModelUnavailable
from biocore.esm2 import vocabulary as vocab
from biocore.esm2.contacts import ContactHead, head_of
from biocore.esm2.network import Network
from biocore.esm2.results import MASKED, STRATEGIES, WILD_TYPE, ResidueProbabilities, SubstitutionScan
from biocore.esm2.tiles import blend, centred, tiles
from biocore.structure.contact_map import ContactMap, average_product_corrected
from biocore.zoo import ModelCard

MAX_RESIDUES = 20_000
TOKENS_PER_BATCH = {"cpu": 1024, "cuda": 65_536}  # on a processor the activations of a batch should fit its cache

WEAK_PERPLEXITY = 14.0  # at masked residues; residue frequencies alone give 18, ESM-2 of any size far less

Progress = Callable[[int, int], None]


def is_weak(card: ModelCard) -> bool:
    """Whether a model was measured to know hardly more than residue frequencies, so that its scores mislead."""
    return any(q.metric == "masked perplexity" and q.value > WEAK_PERPLEXITY for q in card.quality)


class Esm2:
    """A protein language model of the ESM-2 family, in evaluation mode.  Never changed after it is made.

    Sequences are cleaned proteins (`sequence.clean_protein`): the 20 amino acids and X, B, Z, U, O; 1 to 20,000
    residues.  Longer ones than `window` are seen through overlapping windows: blended tiles (`tiles.tiles`) for
    embeddings and wild-type marginals, one window centred on the residue for masked ones.

    Attributes
    ----------
    name : str
    card : ModelCard
    dim : int
        Width D of the embeddings.
    layers : int
        Number of blocks; layer 0 is the token embeddings, layer `layers` (also -1) the final states.
    window : int
        Residues seen in one piece.
    parameters : int
    vocabulary : tuple of str
        The 33 tokens in the order of their ids.
    hash : str
        Stands for weights and numeric precision; part of every cache key.
    contact_head : ContactHead or None
        What turns its attention into contacts; None where neither checkpoint nor card has one.
    """

    def __init__(
        self,
        masked_lm: Any,
        card: ModelCard,
        *,
        hash: str,
        tokens_per_batch: int | None = None,
        contact_head: ContactHead | None = None,
    ):
        self.contact_head = head_of(card.details) or contact_head
        self.name, self.card = card.name, card
        self.dim = masked_lm.config.hidden_size
        self.layers = masked_lm.config.num_hidden_layers
        self.window = card.window or masked_lm.config.max_position_embeddings - 4
        self.parameters = sum(parameter.numel() for parameter in masked_lm.parameters())
        self.vocabulary = vocab.TOKENS
        self.device = masked_lm.device.type
        self.hash = hash if self.device == "cpu" else f"{hash}-bf16"
        self.tokens_per_batch = tokens_per_batch or TOKENS_PER_BATCH.get(self.device, 1024)
        self._network: Network | None = Network(masked_lm)

    def close(self) -> None:
        """Give the memory back, the GPU's too.  The model cannot be used afterwards."""
        self._network = None
        if self.device == "cuda":
            import torch

            torch.cuda.empty_cache()

    # ------------------------------------------------------------------------------------------------ embeddings

    def embed(self, sequences: Sequence[str], *, layer: int = -1, progress: Progress | None = None) -> np.ndarray:
        """One vector for each protein: the mean over its residues.

        Parameters
        ----------
        sequences : list of str
            Cleaned proteins.  Order and company change nothing: padding, ``<cls>`` and ``<eos>`` are
            left out of the mean.
        layer : int
            0 (token embeddings) to `layers`, or -1 for the last.
        progress : callable, optional
            Called with (residues done, residues in all) after each batch.

        Returns
        -------
        float32 array, (N, D)

        Raises
        ------
        InputError
            A sequence is empty, too long or has a letter that is no residue; the layer does not exist.
        """
        ids = [self._encode(s, record=f"{n}" if len(sequences) > 1 else None) for n, s in enumerate(sequences, 1)]
        sums = np.zeros((len(ids), self.dim), np.float64)
        for index, part, states in self._states(ids, layer, progress):
            sums[index] += (states * part.weights[:, None]).sum(axis=0, dtype=np.float64)
        lengths = np.array([len(i) for i in ids], np.float64).reshape(-1, 1)
        return (sums / lengths).astype(np.float32)

    def residue_embeddings(self, sequence: str, *, layer: int = -1) -> np.ndarray:
        """One vector for each residue, float32 (L, D).  `layer` and errors as in `embed`."""
        ids = self._encode(sequence)
        found = sorted(((p.start, p, s) for _, p, s in self._states([ids], layer)), key=lambda item: item[0])
        return blend([states for _, _, states in found], [part for _, part, _ in found], len(ids))

    def token_embeddings(self) -> np.ndarray:
        """What the model puts in for each of its 33 tokens, float32 (33, D)."""
        return self._ready().embeddings.float().cpu().numpy().copy()

    def _states(self, proteins: list[np.ndarray], layer: int, progress: Progress | None = None):
        """(protein, tile, residue states (l, D)) for each tile of each protein, in the order that is fastest."""
        if not -1 <= layer <= self.layers:
            raise InputError(f"layer {layer} does not exist; {self.name} has 0 to {self.layers} (or -1, the last).")
        layers = None if layer == -1 else layer
        parts = [(i, part) for i, ids in enumerate(proteins) for part in tiles(len(ids), self.window)]
        pieces = [proteins[i][part.start : part.stop] for i, part in parts]
        done, total = 0, sum(len(piece) for piece in pieces)
        for batch in self._batches([len(piece) for piece in pieces]):
            states = self._run([pieces[k] for k in batch], layers)
            for k, row in zip(batch, states, strict=True):
                yield *parts[k], row[1 : len(pieces[k]) + 1]
                done += len(pieces[k])
            if progress:
                progress(done, total)

    # --------------------------------------------------------------------------------------------- probabilities

    def residue_probabilities(self, sequence: str, positions: Sequence[int]) -> ResidueProbabilities:
        """What the model expects at masked residues.

        Parameters
        ----------
        sequence : str
            A cleaned protein.
        positions : list of int, 0-based
            Residues masked at the same time; each is then read without the others.

        Returns
        -------
        ResidueProbabilities
            One row for each position, in the order given.

        Raises
        ------
        InputError
            No position, or one outside the sequence.
        """
        ids = self._encode(sequence)
        chosen = list(dict.fromkeys(int(p) for p in positions))
        if not chosen:
            raise InputError("No residue is masked. Give at least one position.")
        for position in chosen:
            if not 0 <= position < len(ids):
                raise InputError(f"there is no residue {position + 1:,}; the protein has residues 1 to {len(ids):,}.")
        masked = ids.copy()
        masked[chosen] = vocab.MASK
        if len(ids) > self.window:
            rows = self._log_probabilities_at([(masked, p) for p in chosen])
        else:
            rows = self._log_probabilities(masked)[chosen]
        return ResidueProbabilities(sequence.upper(), tuple(chosen), np.exp(rows), self.name)

    def substitution_scores(
        self, sequence: str, strategy: str = MASKED, *, progress: Progress | None = None
    ) -> SubstitutionScan:
        """Every substitution of a protein, scored by what the model expects at its place.

        Parameters
        ----------
        strategy : str
            "masked": each residue is masked once, L passes (masked marginal).  "wild-type": one pass over the protein
            as it is (wild-type marginal), L times cheaper; the model sees the residue.
        progress : callable, optional
            Called with (residues done, residues in all).

        Raises
        ------
        InputError
            Another strategy, or a sequence that cannot be read.

        References
        ----------
        Meier et al. (2021), NeurIPS 34:29287-29303, doi:10.1101/2021.07.09.450648.
        """
        rows = np.full((len(sequence), len(vocab.TOKENS)), np.nan, np.float32)
        done = 0
        for positions, values in self.scan_chunks(sequence, strategy):
            rows[positions] = values
            done += len(positions)
            if progress:
                progress(done, len(sequence))
        return SubstitutionScan(sequence.upper(), strategy, rows, self.name)

    def scan_chunks(
        self, sequence: str, strategy: str = MASKED, positions: Sequence[int] | np.ndarray | None = None
    ) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """`substitution_scores` a piece at a time, so that a long scan can show progress, stop, and keep what it has.

        Yields
        ------
        positions : int array, (n,), 0-based
        log_probabilities : float32 array, (n, 33)
            Natural logs over all tokens.
        """
        if strategy not in STRATEGIES:
            raise InputError(f"the strategy {strategy!r} is not known; use {' or '.join(STRATEGIES)}.")
        ids = self._encode(sequence)
        wanted = np.arange(len(ids)) if positions is None else np.asarray(positions, int)
        if strategy == WILD_TYPE:
            yield wanted, self._log_probabilities(ids)[wanted]
            return
        size = self._batch_size(min(len(ids), self.window))
        for start in range(0, len(wanted), size):
            chunk = wanted[start : start + size]
            if len(ids) <= self.window:
                yield chunk, self._single_masks(ids, chunk)
            else:
                yield chunk, self._log_probabilities_at([(self._with_mask(ids, p), p) for p in chunk])

    def pseudo_perplexity(self, sequence: str) -> float:
        """How surprised the model is by a protein; 1 is not at all, about 18 is as good as amino acid frequencies.

        Every residue is masked once and every residue is scored: exp(-mean log p(residue | all others)), with p over
        the 33 tokens.  Costs L passes, as a masked scan does (whose `SubstitutionScan.pseudo_perplexity` is the same).

        References
        ----------
        Salazar et al. (2020), ACL 58:2699-2712, doi:10.18653/v1/2020.acl-main.240.
        """
        return self.substitution_scores(sequence, MASKED).pseudo_perplexity

    @staticmethod
    def _with_mask(ids: np.ndarray, position: int) -> np.ndarray:
        masked = ids.copy()
        masked[position] = vocab.MASK
        return masked

    def _log_probabilities(self, ids: np.ndarray) -> np.ndarray:
        """Log-softmax over the tokens at every residue, float32 (L, 33); long proteins in blended tiles."""
        parts = tiles(len(ids), self.window)
        rows: list[np.ndarray] = [np.empty(0)] * len(parts)
        for batch in self._batches([part.stop - part.start for part in parts]):
            pieces = [ids[parts[k].start : parts[k].stop] for k in batch]
            for k, row in zip(batch, self._run(pieces, None, head=True), strict=True):
                rows[k] = row[1 : parts[k].stop - parts[k].start + 1]
        blended = blend(rows, parts, len(ids))
        return blended - np.log(np.exp(blended).sum(axis=1, keepdims=True)) if len(parts) > 1 else blended

    def _log_probabilities_at(self, jobs: Sequence[tuple[np.ndarray, int]]) -> np.ndarray:
        """Log-softmax at one residue of each of several sequences, float32 (N, 33)."""
        pieces, rows = [], []
        for ids, position in jobs:
            start, stop = centred(position, len(ids), self.window)
            pieces.append(ids[start:stop])
            rows.append(position - start + 1)
        found = np.empty((len(jobs), len(vocab.TOKENS)), np.float32)
        for batch in self._batches([len(piece) for piece in pieces]):
            found[batch] = self._run([pieces[k] for k in batch], None, head=True, rows=[rows[k] for k in batch])
        return found

    # -------------------------------------------------------------------------------------------------- contacts

    def attention_features(self, sequence: str) -> Iterator[np.ndarray]:
        """Attention between residues, block after block, float32 (heads, L, L): symmetric, less its average product.

        Raises
        ------
        InputError
            A sequence that cannot be read, or is longer than `window`: attention is between residues seen together.
        """
        import torch

        ids = self._encode(sequence)
        if len(ids) > self.window:
            raise InputError(f"{len(ids):,} residues given; {self.name} sees up to {self.window:,} at once.")
        network = self._ready()
        with self._computing():
            tokens = torch.from_numpy(np.concatenate([[vocab.CLS], ids, [vocab.EOS]])).to(self.device)
            for maps in network.attentions(tokens):
                inner = maps[:, 1:-1, 1:-1].float().cpu().numpy()
                yield average_product_corrected(inner + inner.swapaxes(-1, -2))

    def contacts(self, sequence: str) -> ContactMap:
        """Probability that each pair of residues touches (beta carbons closer than 8 angstrom), from attention.

        Proteins longer than `window` are seen through overlapping pieces, whose probabilities are averaged; pairs that
        no piece holds are NaN.

        Raises
        ------
        ModelUnavailable
            The model has no contact head.
        InputError
            More than 3,000 residues, or a sequence that cannot be read.

        References
        ----------
        Rao et al. (2021), ICLR, doi:10.1101/2020.12.15.422761.
        """
        if self.contact_head is None:
            raise ModelUnavailable(
                f"{self.name} has no contact head. Fit one with: python -m biocore train contacts --model {self.name}"
            )
        return self.contact_head.predict(sequence, self.window, self.attention_features, source=self.name)

    # ----------------------------------------------------------------------------------------------- running it

    def _encode(self, sequence: str, record: str | None = None) -> np.ndarray:
        ids = vocab.encode(sequence)
        if len(ids) > MAX_RESIDUES:
            raise InputError(f"{len(ids):,} residues given; 1 to {MAX_RESIDUES:,} are accepted.", record=record)
        return ids

    def _ready(self) -> Network:
        if self._network is None:
            raise ModelUnavailable(f"{self.name} was released from memory. Load it again.")
        return self._network

    def _batch_size(self, residues: int) -> int:
        return max(1, self.tokens_per_batch // (residues + 2))

    def _batches(self, lengths: Sequence[int]) -> Iterator[list[int]]:
        """Indices in groups of similar length whose padded size stays within the token budget."""
        order = sorted(range(len(lengths)), key=lambda k: lengths[k])
        batch: list[int] = []
        for k in order:
            if batch and len(batch) >= self._batch_size(lengths[k]):
                yield batch
                batch = []
            batch.append(k)
        if batch:
            yield batch

    def _run(self, pieces: list[np.ndarray], layers: int | None, *, head: bool = False, rows: list[int] | None = None):
        """Network over residues' ids, wrapped in ``<cls>`` and ``<eos>``: states or log-probabilities as float32."""
        import torch

        network = self._ready()
        longest = max(len(piece) for piece in pieces)
        ids = np.full((len(pieces), longest + 2), vocab.PAD)
        for line, piece in zip(ids, pieces, strict=True):
            line[0], line[len(piece) + 1] = vocab.CLS, vocab.EOS
            line[1 : len(piece) + 1] = piece
        with self._computing():
            tokens = torch.from_numpy(ids).to(self.device)
            only = None if rows is None else torch.tensor(rows, device=self.device)
            states = network.hidden(tokens, layers=layers, row=only)
            result = torch.log_softmax(network.logits(states), dim=-1) if head else states.float()
            return result.cpu().numpy()

    def _single_masks(self, ids: np.ndarray, positions: np.ndarray) -> np.ndarray:
        """Log-softmax at each of several residues of one protein, masked one at a time, float32 (N, 33)."""
        import torch

        network = self._ready()
        with self._computing():
            tokens = torch.from_numpy(np.concatenate([[vocab.CLS], ids, [vocab.EOS]])).to(self.device)
            rows = torch.from_numpy(np.asarray(positions) + 1).to(self.device)
            states = network.masked_rows(tokens, rows)
            return torch.log_softmax(network.logits(states), dim=-1).cpu().numpy()

    @contextmanager
    def _computing(self) -> Iterator[None]:
        """No gradients; a full GPU is said in words."""
        import torch

        try:
            with torch.inference_mode():
                yield
        except torch.OutOfMemoryError as error:
            torch.cuda.empty_cache()
            raise ModelUnavailable(
                f"{runtime.device().name} has too little free memory for {self.name}. Choose a smaller model."
            ) from error
