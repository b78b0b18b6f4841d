"""The forward pass of ESM-2 over the weights of `transformers`' EsmForMaskedLM, with nothing done that is not needed.

It gives the numbers of ``EsmForMaskedLM.forward`` (a test compares them), but batches of one length carry no attention
mask, query, key and value are one product, and for a masked scan the last block and the head work on the masked row
alone.  ``benchmarks/bench_esm2.py`` measures what that is worth.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from biocore.esm2.vocabulary import MASK, PAD

if TYPE_CHECKING:
    import torch

TRAINED_MASK_SHARE = 0.15 * 0.8  # of the tokens; ESM-2 scales its embeddings by it ("token dropout")


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
            states = self._block(block, states, angles, mask, only)
        return self.final_norm(states) if layers is None or layers == len(self.blocks) else states

    def logits(self, states: "torch.Tensor") -> "torch.Tensor":
        """Scores of the 33 tokens, float32 (..., 33), for the final hidden states (..., D)."""
        from torch.nn.functional import gelu

        states = self.head.layer_norm(gelu(self.head.dense(states)))
        return (self.head.decoder(states) + self.head.bias).float()

    def _embed(self, ids: "torch.Tensor", keep: "torch.Tensor | None"):
        from torch.nn.functional import embedding

        states = embedding(ids, self.embeddings)
        if self.token_dropout:  # masked tokens are zero; the rest is scaled as the share of masks in training asks
            masked = ids.eq(MASK)
            lengths = ids.shape[1] if keep is None else keep.sum(1)
            share = masked.sum(1).float() / lengths
            scale = (1 - TRAINED_MASK_SHARE) / (1 - share)
            states = (states * scale[:, None, None]).to(states.dtype).masked_fill(masked[:, :, None], 0.0)
        return states if keep is None else states * keep[:, :, None]

    def _angles(self, length: int, states: "torch.Tensor"):
        """Cosine and sine of the rotary positions, (T, head width), in float32 and rounded as the weights are."""
        import torch

        positions = torch.arange(length, device=states.device, dtype=torch.float32)
        angles = torch.outer(positions, self.inverse_frequencies)
        angles = torch.cat([angles, angles], dim=-1)
        return angles.cos().to(states.dtype), angles.sin().to(states.dtype)

    def _block(self, block: _Block, states, angles, mask, row=None):
        """One block.  With `row`, queries and everything after them are computed for that token only: (N, D)."""
        import torch
        from torch.nn.functional import gelu, linear, scaled_dot_product_attention

        count, length, width = states.shape
        normed = block.attention_norm(states)
        if row is None:
            query, key, value = self._split(linear(normed, block.qkv_weight, block.qkv_bias), 3)
            query = _rotate(query, *angles)
        else:
            chosen = torch.arange(count, device=states.device)
            query = linear(normed[chosen, row], block.qkv_weight[:width], block.qkv_bias[:width])
            query = _rotate(query.view(count, self.heads, 1, -1), *(a[row][:, None, None] for a in angles))
            key, value = self._split(linear(normed, block.qkv_weight[width:], block.qkv_bias[width:]), 2)
            states = states[chosen, row][:, None]
        key = _rotate(key, *angles)
        mixed = scaled_dot_product_attention(query, key, value, attn_mask=mask)
        states = states + block.project(mixed.transpose(1, 2).reshape(count, -1, width))
        states = states + block.contract(gelu(block.expand(block.norm(states))))
        return states if row is None else states[:, 0]

    def _split(self, joined, parts: int):
        """(N, T, parts * D) -> `parts` tensors (N, heads, T, D / heads)."""
        count, length, _ = joined.shape
        return joined.view(count, length, parts, self.heads, -1).permute(2, 0, 3, 1, 4).unbind(0)


def _rotate(x, cosine, sine):
    """Turn pairs of features by their position's angle (Su et al. 2021, doi:10.48550/arXiv.2104.09864)."""
    import torch

    half = x.shape[-1] // 2
    turned = torch.cat([-x[..., half:], x[..., :half]], dim=-1)
    return (x.float() * cosine + turned.float() * sine).to(x.dtype)
