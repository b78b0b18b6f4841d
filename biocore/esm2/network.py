"""The forward pass of ESM-2 over the weights of `transformers`' EsmForMaskedLM, with nothing done that is not needed.

It gives the numbers of ``EsmForMaskedLM.forward`` (a test compares them), but batches of one length carry no attention
mask, query, key and value are one product, and for a masked scan the last block and the head work on the masked row
alone.  ``benchmarks/bench_esm2.py`` measures what that is worth.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from biocore.esm2.library import transformers_class
from biocore.esm2.vocabulary import EOS, MASK, PAD, TOKENS

if TYPE_CHECKING:
    import torch

TRAINED_MASK_FRACTION = 0.15 * 0.8  # of the tokens; ESM-2 scales its embeddings by it ("token dropout")


def configuration(layers: int, width: int, heads: int) -> Any:
    """A ``transformers.EsmConfig`` of ESM-2: `layers` blocks of `width` features with `heads` attention heads."""
    return transformers_class("EsmConfig")(
        vocab_size=len(TOKENS),
        hidden_size=width,
        num_hidden_layers=layers,
        num_attention_heads=heads,
        intermediate_size=4 * width,
        max_position_embeddings=1026,
        position_embedding_type="rotary",
        token_dropout=True,
        emb_layer_norm_before=False,
        pad_token_id=PAD,
        mask_token_id=MASK,
        eos_token_id=EOS,
        hidden_dropout_prob=0.0,
        attention_probs_dropout_prob=0.0,
        tie_word_embeddings=True,
    )


@dataclass(frozen=True)
class _Block:
    """One transformer block: its weights, those of query, key and value stacked (3 D, D)."""

    attention_norm: Any
    qkv_weight: Any
    qkv_bias: Any
    project: Any
    norm: Any
    expand: Any
    contract: Any


class Network:
    """ESM-2 as one function of token ids.

    Parameters
    ----------
    masked_lm : transformers.EsmForMaskedLM
        In evaluation mode, on its device; rotary positions, no layer norm before the first block.
    """

    def __init__(self, masked_lm: Any):
        import torch

        encoder = masked_lm.esm.encoder
        self.embeddings = masked_lm.esm.embeddings.word_embeddings.weight
        self.token_dropout = masked_lm.config.token_dropout
        self.inverse_frequencies = masked_lm.esm.rotary_embeddings.inv_freq.float()
        self.final_norm = encoder.emb_layer_norm_after
        self.head = masked_lm.lm_head
        self.heads = masked_lm.config.num_attention_heads
        self.blocks = []
        for layer in encoder.layer:
            attention = layer.attention.self
            parts = (attention.query, attention.key, attention.value)
            self.blocks.append(
                _Block(
                    layer.attention.LayerNorm,
                    torch.cat([part.weight for part in parts]),
                    torch.cat([part.bias for part in parts]),
                    layer.attention.output.dense,
                    layer.LayerNorm,
                    layer.intermediate.dense,
                    layer.output.dense,
                )
            )

    def hidden(self, ids: "torch.Tensor", *, layers: int | None = None, row: "torch.Tensor | None" = None):
        """Hidden states.

        Parameters
        ----------
        ids : int64, (N, T)
            With ``<cls>`` and ``<eos>``; ``<pad>`` at the end of shorter rows.
        layers : int, optional
            Stop after this many blocks; 0 gives the embeddings.  Default is all, followed by the final norm.
        row : int64, (N,), optional
            Compute the last block for one token of each sequence only.

        Returns
        -------
        float, (N, T, D), or (N, D) with `row`
        """
        keep = None if ids[:, -1].ne(PAD).all() else ids.ne(PAD)
        states = self._embed(ids, keep)
        angles = self._angles(ids.shape[1], states)
        mask = None if keep is None else keep[:, None, None, :]
        blocks = self.blocks if layers is None else self.blocks[:layers]
        for index, block in enumerate(blocks):
            only = row if index == len(self.blocks) - 1 else None
            states = self._block(block, states, angles, mask=mask, row=only)
        return self.final_norm(states) if layers is None or layers == len(self.blocks) else states

    def attentions(self, ids: "torch.Tensor"):
        """Attention of each block in turn, as a generator: float (heads, T, T), rows sum to 1.

        Parameters
        ----------
        ids : int64, (T,)
            One sequence with ``<cls>`` and ``<eos>``.
        """
        states = self._embed(ids[None], None)
        angles = self._angles(len(ids), states)
        for block in self.blocks:
            query, key, value = self._attend_with(block, states, angles)
            scores = query.float() @ key.float().transpose(-1, -2) / query.shape[-1] ** 0.5
            yield scores.softmax(dim=-1)[0]
            states = self._finish(block, states, query, key, value)

    def masked_rows(self, ids: "torch.Tensor", rows: "torch.Tensor"):
        """Final states (N, D) at tokens `rows` (N,) of one sequence `ids` (T,), each masked in a copy of its own.

        The copies differ in one token, so embeddings, queries, keys and values of the first block are computed once for
        the sequence as it is, once for a mask at every token, and then put together.
        """
        import torch

        count, first, last = len(rows), self.blocks[0], len(self.blocks) - 1
        every = torch.arange(count, device=ids.device)
        both = torch.stack([ids, torch.full_like(ids, MASK)])
        states = self._embed(both, None, fraction=torch.full((2,), 1 / len(ids), device=ids.device))
        angles = self._angles(len(ids), states)
        pieces = []
        for part in self._attend_with(first, states, angles):  # (2, heads, T, head width)
            copies = part[:1].repeat(count, 1, 1, 1)
            copies[every, :, rows] = part[1][:, rows].transpose(0, 1)
            pieces.append(copies)
        copies = states[:1].repeat(count, 1, 1)
        copies[every, rows] = states[1][rows]
        if last == 0:
            pieces[0], copies = pieces[0][every, :, rows][:, :, None], copies[every, rows][:, None]
        states = self._finish(first, copies, *pieces)
        for index, block in enumerate(self.blocks[1:], 1):
            states = self._block(block, states, angles, row=rows if index == last else None)
        return self.final_norm(states.view(count, -1) if last == 0 else states)

    def logits(self, states: "torch.Tensor") -> "torch.Tensor":
        """Scores of the 33 tokens, float32 (..., 33), for the final hidden states (..., D)."""
        from torch.nn.functional import gelu

        states = self.head.layer_norm(gelu(self.head.dense(states)))
        return (self.head.decoder(states) + self.head.bias).float()

    def _embed(self, ids: "torch.Tensor", keep: "torch.Tensor | None" = None, fraction: "torch.Tensor | None" = None):
        """Token embeddings (N, T, D); `fraction` (N,) is that of masks where the ids do not tell it."""
        from torch.nn.functional import embedding

        states = embedding(ids, self.embeddings)
        if self.token_dropout:  # masked tokens are zero; the rest is scaled for the fraction of masks in training
            masked = ids.eq(MASK)
            if fraction is None:
                fraction = masked.sum(1).float() / (ids.shape[1] if keep is None else keep.sum(1))
            scale = (1 - TRAINED_MASK_FRACTION) / (1 - fraction)
            states = (states * scale[:, None, None]).to(states.dtype).masked_fill(masked[:, :, None], 0.0)
        return states if keep is None else states * keep[:, :, None]

    def _angles(self, length: int, states: "torch.Tensor"):
        """Cosine and sine of the rotary positions, float32 (T, head width / 2), rounded as the weights are."""
        import torch

        positions = torch.arange(length, device=states.device, dtype=torch.float32)
        angles = torch.outer(positions, self.inverse_frequencies)
        return angles.cos().to(states.dtype).float(), angles.sin().to(states.dtype).float()

    def _block(self, block: _Block, states, angles, *, mask=None, row=None):
        """One block, (N, T, D).  With `row`, queries and what follows are computed for that token only: (N, D)."""
        query, key, value = self._attend_with(block, states, angles, row)
        if row is None:
            return self._finish(block, states, query, key, value, mask)
        chosen = states[_range(states), row][:, None]
        return self._finish(block, chosen, query, key, value, mask)[:, 0]

    def _attend_with(self, block: _Block, states, angles, row=None):
        """Query, key and value, each (N, heads, T, head width); the query of one token only with `row`."""
        from torch.nn.functional import linear

        count, _, width = states.shape
        normed = block.attention_norm(states)
        if row is None:
            query, key, value = self._split(linear(normed, block.qkv_weight, block.qkv_bias), 3)
            return _rotate(query, *angles), _rotate(key, *angles), value
        query = linear(normed[_range(states), row], block.qkv_weight[:width], block.qkv_bias[:width])
        query = _rotate(query.view(count, self.heads, 1, -1), *(a[row][:, None, None] for a in angles))
        key, value = self._split(linear(normed, block.qkv_weight[width:], block.qkv_bias[width:]), 2)
        return query, _rotate(key, *angles), value

    def _finish(self, block: _Block, states, query, key, value, mask=None):
        """Attention and the rest of a block for the tokens of `states`, (N, t, D), that the queries stand for."""
        from torch.nn.functional import gelu, scaled_dot_product_attention

        count, tokens, width = states.shape
        mixed = scaled_dot_product_attention(query, key, value, attn_mask=mask)
        states = states + block.project(mixed.transpose(1, 2).reshape(count, tokens, width))
        return states + block.contract(gelu(block.expand(block.norm(states))))

    def _split(self, joined, parts: int):
        """(N, T, parts * D) -> `parts` tensors (N, heads, T, D / heads)."""
        count, length, _ = joined.shape
        return joined.view(count, length, parts, self.heads, -1).permute(2, 0, 3, 1, 4).unbind(0)


def _range(states):
    import torch

    return torch.arange(len(states), device=states.device)


def _rotate(x, cosine, sine):
    """Turn pairs of features by their position's angle (Su et al. 2021, doi:10.48550/arXiv.2104.09864).

    `cosine` and `sine` hold half a head's width: feature k and feature k + half make a pair.
    """
    import torch

    first, second = x.float().chunk(2, dim=-1)
    turned = torch.empty(x.shape, device=x.device)
    torch.mul(first, cosine, out=turned[..., : first.shape[-1]]).addcmul_(second, sine, value=-1)
    torch.mul(second, cosine, out=turned[..., first.shape[-1] :]).addcmul_(first, sine)
    return turned.to(x.dtype)
