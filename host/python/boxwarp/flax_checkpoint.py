"""Checkpoints of the published runs: a folder cp_0000000000 with cfg.json and model, a Flax state in msgpack.

Only weights are read; the optimiser's state, whose layout changed from version to version, is left alone. Needs msgpack.
"""

from __future__ import annotations

import json
import math
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from boxwarp import _core

_ARRAY = 1  # msgpack's extension type of Flax for arrays: shape, name of the dtype, bytes
_GATES = {"tanh": "tanh", "sigmoid": "sigmoid"}
_BOUNDARIES = {"valid": "fence", "same": "rim", "no": "none"}
_POOLINGS = {"per-channel": "per_channel", "full": "full"}


def is_checkpoint(path: Path) -> bool:
    """Whether the path is such a folder, or the file in it."""
    return (path.is_dir() and (path / "model").is_file()) or (path.is_file() and path.name == "model")


def _array(code: int, data: bytes) -> Any:
    import msgpack

    if code != _ARRAY:
        return None
    shape, dtype, values = msgpack.unpackb(data, raw=False)
    return np.frombuffer(values, np.dtype(dtype)).reshape(shape)


def _state(file: Path) -> Any:
    try:
        import msgpack
    except ImportError as error:
        raise _core.WeightsError(f"{file}: needs msgpack to be read; install it with: pip install msgpack") from error
    try:
        return msgpack.unpackb(file.read_bytes(), ext_hook=_array, raw=False, strict_map_key=False)
    except (ValueError, TypeError, msgpack.UnpackException) as error:
        raise _core.WeightsError(f"{file}: is no Flax state in msgpack: {error}") from error


def _leaves(tree: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, Any]]:
    if isinstance(tree, dict):
        for name, branch in tree.items():
            yield from _leaves(branch, path if name == "params" else (*path, str(name)))
    elif isinstance(tree, np.ndarray):
        yield "/".join(path), tree


def _weights(file: Path) -> dict[str, Any]:
    """Arrays of float32 under network_params/... and so on."""
    state = _state(file)
    params = state.get("params") if isinstance(state, dict) else None
    leaves = {name: np.asarray(leaf, np.float32) for name, leaf in _leaves(params)}
    if not leaves:
        raise _core.WeightsError(f"{file}: holds no arrays under params; is it a checkpoint of a training run?")
    if all(leaf.ndim > 0 and leaf.shape[0] == 1 for leaf in leaves.values()):  # one for each of the learner's devices
        leaves = {name: leaf[0] for name, leaf in leaves.items()}
    return leaves


def _net_config(tree: Any) -> Any:
    """The network's part of cfg.json, wherever it lies."""
    if not isinstance(tree, dict):
        return None
    if "n_recurrent" in tree and "recurrent" in tree:
        return tree
    return next((found for branch in tree.values() if (found := _net_config(branch)) is not None), None)


def _shape(file: Path, leaves: dict[str, Any]) -> dict[str, Any]:
    """The shape that cfg.json tells, with sizes as the arrays have them. WeightsError for what this library has not."""
    try:
        config = _net_config(json.loads(file.read_text(encoding="utf-8")))
    except (OSError, ValueError) as error:
        raise _core.WeightsError(f"{file}: cannot be read, and weights alone do not tell what they are of: {error}") from error
    if config is None:
        raise _core.WeightsError(f"{file}: describes no ConvLSTM (n_recurrent and recurrent are missing)")
    recurrent, norm = config["recurrent"], config.get("norm") or {}
    for name, section in (("recurrent", recurrent), ("norm", norm)):
        if not isinstance(section, dict):
            raise _core.WeightsError(f"{file}: {name} is {section!r}, takes an object")
    faults = [
        f"{name} is {value!r}"
        for name, value in (("residual", config.get("residual")), ("normalize_input", config.get("normalize_input")),
                            ("use_relu", config.get("use_relu")), ("forget_bias", recurrent.get("forget_bias")))
        if value
    ]  # fmt: skip
    norm_type = norm.get("_type_", "Identity")
    if "Identity" not in str(norm_type):
        faults.append(f"norm is {norm_type}")

    def option(name: str, words: dict[str, str], default: str) -> str:
        word = recurrent.get(name, default)
        if not isinstance(word, str) or word not in words:
            faults.append(f"recurrent.{name} is {word!r}")
            return ""
        return words[word]

    pooled = recurrent.get("pool_and_inject", "horizontal")
    if pooled not in ("horizontal", "no"):
        faults.append(f"recurrent.pool_and_inject is {pooled!r}")
    shape = {
        "layers": config["n_recurrent"],
        "ticks": config.get("repeats_per_step", 1),
        "output_gate": option("output_activation", _GATES, "sigmoid"),
        "boundary": option("fence_pad", _BOUNDARIES, "same"),
        "pooling": "none" if pooled == "no" else option("pool_projection", _POOLINGS, "full"),
        "skip": "sum" if config.get("skip_final", True) else "none",
    }
    if faults:
        raise _core.WeightsError(f"{file}: there is no such network here: " + "; ".join(faults))
    try:
        first, dense = leaves["network_params/conv_list_0/kernel"], leaves["network_params/dense_list_0/kernel"]
        channels = first.shape[3]
        side = math.isqrt(dense.shape[0] // channels)
        return {
            **shape,
            "channels": channels,
            "encoder_kernel": first.shape[0],
            "input": "rgb" if first.shape[2] == 3 else "planes",
            "hidden": dense.shape[1],
            "height": side,
            "width": side,
            "actions": leaves["actor_params/Output/kernel"].shape[1],
        }
    except (KeyError, IndexError) as error:
        raise _core.WeightsError(f"{file.parent}: the weights of encoder or heads are missing: {error}") from error


def write_safetensors(path: Path, metadata: dict[str, str], tensors: dict[str, Any]) -> None:
    """Arrays of float32 in the safetensors format."""
    header: dict[str, Any] = {"__metadata__": metadata}
    offset = 0
    for name, tensor in tensors.items():
        header[name] = {"dtype": "F32", "shape": list(tensor.shape), "data_offsets": [offset, offset + tensor.nbytes]}
        offset += tensor.nbytes
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with path.open("wb") as file:
        file.write(len(text).to_bytes(8, "little") + text)
        for tensor in tensors.values():
            file.write(np.ascontiguousarray(tensor, "<f4").tobytes())


def load(path: Path) -> tuple[str, Any]:
    """(shape as JSON, float32 (P)) of such a checkpoint. Raises WeightsError with everything that does not fit."""
    folder = path if path.is_dir() else path.parent
    leaves = _weights(folder / "model")
    shape = _shape(folder / "cfg.json", leaves)
    with tempfile.TemporaryDirectory() as scratch:  # names, layouts and checks are those of files with Flax names
        copy = Path(scratch) / "model.safetensors"
        write_safetensors(copy, {"boxwarp.config": json.dumps(shape)}, leaves)
        try:
            full, flat, _ = _core.load_weights(str(copy))
        except _core.WeightsError as error:
            raise _core.WeightsError(str(error).replace(str(copy), str(folder / "model"))) from None
    return full, flat
