"""DRC as it is written down, in PyTorch's own operations.

Sources: Guez et al. 2019 (arXiv 1901.03559), Taufeeque et al. 2024 (arXiv 2407.15421).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Optional

import torch
from torch import Tensor
from torch.nn import functional

from boxwarp.observations import COLOURS
from boxwarp.weights import DENSE, NetworkShape

Named = Mapping[str, Tensor]


def _same(image: Tensor, kernel: Tensor, bias: Optional[Tensor] = None) -> Tensor:
    """Cross-correlation of stride 1 with SAME padding: of an even kernel's, the larger half comes after."""
    width = kernel.shape[-1] - 1
    before, after = width // 2, width - width // 2
    return functional.conv2d(functional.pad(image, (before, after, before, after)), kernel, bias)


def _boundary(shape: NetworkShape, kernel: Tensor) -> Tensor:
    """What the edge of the board adds to the gates, (1, 4C, H, W)."""
    if shape.boundary == "fence":  # a ring of ones around the board
        inside = kernel.new_zeros(1, 1, shape.height, shape.width)
        return functional.conv2d(functional.pad(inside, (1, 1, 1, 1), value=1.0), kernel)
    rim = kernel.new_ones(1, 1, shape.height, shape.width)  # ones in the outermost cells
    rim[:, :, 1:-1, 1:-1] = 0
    return _same(rim, kernel)


def _injected(shape: NetworkShape, cell: Named, h: Tensor) -> Tensor:
    """q, from maximum and mean of the layer's own h over the board, in every cell: (B, C, H, W)."""
    maximum, mean = h.amax((2, 3)), h.mean((2, 3))
    if shape.pooling == "per_channel":
        q = cell["pool_project"][0] * maximum + cell["pool_project"][1] * mean
    else:
        q = functional.linear(torch.cat([maximum, mean], 1), cell["pool_project.weight"])
    return q[:, :, None, None].expand_as(h)


def _tick(shape: NetworkShape, cell: Named, e: Tensor, p: Tensor, h: Tensor, c: Tensor) -> tuple[Tensor, Tensor]:
    inputs = [e, p] if shape.pooling == "none" else [e, p, _injected(shape, cell, h)]
    gates = _same(torch.cat(inputs, 1), cell["conv_ih.weight"], cell["conv_ih.bias"]) + _same(h, cell["conv_hh.weight"])
    if shape.boundary != "none":
        gates = gates + _boundary(shape, cell["fence_conv.weight"])
    i, j, f, o = gates.chunk(4, 1)
    c = torch.sigmoid(f) * c + torch.tanh(i) * torch.sigmoid(j)
    opened = torch.tanh(o) if shape.output_gate == "tanh" else torch.sigmoid(o)
    return opened * torch.tanh(c), c


def _skipped(shape: NetworkShape, h: Tensor, e: Tensor) -> Tensor:
    if shape.skip == "concatenation":
        return torch.cat([h, e], 1)
    return h + e if shape.skip == "sum" else h


def _head(shape: NetworkShape, named: Named, z: Tensor) -> tuple[Tensor, Tensor]:
    """Logits (T, B, A) and values (T, B) of z (T, B, Z, H, W)."""
    if shape.head == "pooled":
        features = torch.cat([z.amax((3, 4)), z.mean((3, 4))], 2)
    else:
        features = z.permute(0, 1, 3, 4, 2).flatten(2)
    hidden = functional.relu(functional.linear(features, named[DENSE + "weight"], named[DENSE + "bias"]))
    logits = functional.linear(hidden, named["action_net.weight"], named["action_net.bias"])
    return logits, functional.linear(hidden, named["value_net.weight"], named["value_net.bias"]).squeeze(-1)


def plain_unroll(
    shape: NetworkShape, named: Named, cells: Any, starts: Any, h_start: Tensor, c_start: Tensor
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """cells: uint8 (T, B, H, W); starts: (T, B); states: (D, B, H, W, C). Gives logits, values, h, c."""
    first = named["features_extractor.pre_model.0.weight"]
    colours = torch.eye(7) if shape.input == "planes" else torch.from_numpy(COLOURS).float() / 255
    image = colours.to(first)[torch.from_numpy(cells).to(first.device).long()].permute(0, 1, 4, 2, 3)
    steps, boards = image.shape[:2]
    encoded = image.flatten(0, 1)
    for layer in ("features_extractor.pre_model.0.", "features_extractor.pre_model.2."):
        encoded = _same(encoded, named[layer + "weight"], named[layer + "bias"])
    encoded = encoded.view(steps, boards, *encoded.shape[1:])

    prefixes = [f"features_extractor.cell_list.{d}." for d in range(shape.layers)]
    layers = [{name[len(prefix) :]: t for name, t in named.items() if name.startswith(prefix)} for prefix in prefixes]
    h, c = list(h_start.permute(0, 1, 4, 2, 3)), list(c_start.permute(0, 1, 4, 2, 3))
    going = (1 - torch.from_numpy(starts).to(first))[:, :, None, None, None]
    outputs = []
    for t in range(steps):
        h, c, e = [going[t] * x for x in h], [going[t] * x for x in c], encoded[t]
        for _ in range(shape.ticks):
            p = h[-1]  # the last layer's, from the tick before
            for d, cell in enumerate(layers):
                h[d], c[d] = _tick(shape, cell, e, p, h[d], c[d])
                p = h[d]
        outputs.append(_skipped(shape, h[-1], e))
    logits, values = _head(shape, named, torch.stack(outputs))
    return logits, values, torch.stack(h).permute(0, 1, 3, 4, 2), torch.stack(c).permute(0, 1, 3, 4, 2)
