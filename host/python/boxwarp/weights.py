"""The shape of a network, its parameters by their published names, and the files that hold them."""

from __future__ import annotations

import json
import os
import pathlib
import sys
from typing import Any, Mapping, Optional, Union

import numpy as np
import numpy.typing as npt

from boxwarp import _core, flax_checkpoint
from boxwarp.levels import shipped

Parameters = npt.NDArray[np.float32]
Path = Union[str, os.PathLike[str]]

# Options that a shape leaves out where they are as published.
_PUBLISHED = {
    "kind": "drc",
    "output_gate": "tanh",
    "boundary": "fence",
    "pooling": "per_channel",
    "skip": "sum",
    "head": "flatten",
}
ALIAS = "mlp_extractor.value_net.fc0."  # the dense layer once more, as the published files name it
DENSE = "mlp_extractor.policy_net.fc0."


class NetworkShape:
    """What kind of network: layers (D), ticks (K), channels (C), height, width, actions, hidden, encoder_kernel, input
    ("rgb" or "planes"), kind ("drc" or "resnet"), output_gate, boundary, pooling, skip, head, as `boxwarp train` has them
    under "network.".

    Raises InputError for a member that is unknown or out of range.
    """

    def __init__(self, members: Mapping[str, Any]) -> None:
        self.json = _core.full_shape(json.dumps(dict(members)))
        self._members: dict[str, Any] = {**json.loads(self.json)}
        for name, word in _PUBLISHED.items():
            self._members.setdefault(name, word)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_") or name not in self._members:
            raise AttributeError(f"a network's shape has no {name}")
        return self._members[name]

    def __repr__(self) -> str:
        return f"<{_core.network_name(self.json)}, {self.channels} channels, {self.height}x{self.width} boards>"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, NetworkShape) and self.json == other.json

    def __hash__(self) -> int:
        return hash(self.json)

    def as_dict(self) -> dict[str, Any]:
        """All members by name."""
        return dict(self._members)

    def for_boards(self, height: int, width: int) -> NetworkShape:
        """The same network for boards of another size. InputError unless its head is pooled."""
        return NetworkShape(json.loads(_core.shape_for_boards(self.json, height, width)))

    @property
    def state_layers(self) -> int:
        """Layers that carry a state from step to step: those of a DRC, none of a ResNet."""
        return int(self.layers) if self.kind == "drc" else 0

    def tensors(self) -> list[tuple[str, tuple[int, ...], slice]]:
        """(published name, shape, where in the flat array) of each tensor, without the alias of the dense layer."""
        return [
            (name, tuple(shape), slice(begin, begin + int(np.prod(shape))))
            for name, shape, begin in _core.parameter_tensors(self.json)
        ]


def split(shape: NetworkShape, flat: Parameters) -> dict[str, Parameters]:
    """Views of the flat array under the published names."""
    return {name: flat[where].reshape(dimensions) for name, dimensions, where in shape.tensors()}


def joined(shape: NetworkShape, parameters: Mapping[str, Any]) -> Parameters:
    """The flat array of parameters that are given by name. WeightsError with everything that does not fit."""
    faults, parts = [], []
    names = set()
    for name, dimensions, _ in shape.tensors():
        names.add(name)
        if name not in parameters:
            faults.append(f"{name} is missing")
            continue
        array = np.asarray(parameters[name], dtype=np.float32)
        if array.shape != dimensions:
            faults.append(f"{name} has the shape {array.shape}, expected {dimensions}")
        elif not np.isfinite(array).all():
            faults.append(f"{name} has {int((~np.isfinite(array)).sum())} values that are not finite")
        parts.append(array.reshape(-1))
    faults += [f"{name} belongs to no such network" for name in parameters if name not in names and not name.startswith(ALIAS)]
    for member in ("weight", "bias"):
        one, other = parameters.get(DENSE + member), parameters.get(ALIAS + member)
        if one is not None and other is not None and not np.array_equal(np.asarray(one), np.asarray(other)):
            faults.append(f"{ALIAS}{member} differs from {DENSE}{member}, whose other name it is")
    if faults:
        raise _core.WeightsError("parameters do not fit " + repr(shape) + ":\n  " + "\n  ".join(faults))
    return np.concatenate(parts)


def path_of(path: Path) -> str:
    """The file of a shipped model that is given by its name, or the path as it is."""
    text = os.fspath(path)
    return text if os.path.exists(text) else shipped()["models"].get(text, text)


def load(path: Path) -> tuple[NetworkShape, Parameters]:
    """Reads safetensors with the published torch or Flax names, or a checkpoint of the published runs; what had to be
    assumed is told on stderr."""
    found = path_of(path)
    if not os.path.exists(found):
        raise _core.WeightsError(
            f"{found}: there is no such file, and no model of that name; shipped are {', '.join(shipped()['models']) or 'none'}"
        )
    if flax_checkpoint.is_checkpoint(pathlib.Path(found)):
        described, flat = flax_checkpoint.load(pathlib.Path(found))
        return NetworkShape(json.loads(described)), flat
    shape, flat, note = _core.load_weights(found)
    if note:
        print(f"boxwarp: {note}", file=sys.stderr)
    return NetworkShape(json.loads(shape)), flat


def initial(shape: NetworkShape, seed: int = 0, head_gain: float = 1.0) -> Parameters:
    """The published initialisation."""
    flat: Parameters = _core.initial_weights(shape.json, head_gain, seed)
    return flat


def shape_of(network: Optional[Mapping[str, Any]], options: Mapping[str, Any]) -> NetworkShape:
    return NetworkShape({**(network or {}), **options})
