"""Checkpoints of the published runs, written here as Flax writes them. Skipped without msgpack."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import read_safetensors

import boxwarp
from boxwarp import flax_checkpoint

_SHAPE = {"layers": 2, "ticks": 3, "channels": 16, "height": 6, "width": 6, "hidden": 24}
_NET = {
    "_type_": "cleanba.convlstm:ConvLSTMConfig",
    "n_recurrent": 2,
    "repeats_per_step": 3,
    "skip_final": True,
    "residual": False,
    "use_relu": False,
    "norm": {"_type_": "cleanba.network:IdentityNorm"},
    "recurrent": {
        "pool_and_inject": "horizontal",
        "pool_projection": "per-channel",
        "output_activation": "tanh",
        "fence_pad": "valid",
    },
}
_needs_msgpack = pytest.mark.skipif(importlib.util.find_spec("msgpack") is None, reason="needs msgpack")


def _packed(tree: Any) -> bytes:
    import msgpack

    def leaf(array: np.ndarray) -> Any:
        return msgpack.ExtType(1, msgpack.packb((array.shape, array.dtype.name, array.tobytes())))

    return bytes(msgpack.packb(tree, default=leaf))


def _written(folder: Path, policy: boxwarp.Policy, net: dict[str, Any]) -> Path:
    folder.mkdir()
    policy.save(folder / "flax.safetensors", names="flax")
    params: dict[str, Any] = {}
    for name, tensor in read_safetensors(folder / "flax.safetensors")[1].items():
        *path, last = name.removeprefix("params/params/").split("/")
        place = params
        for part in path:
            place = place.setdefault(part, {})
        place[last] = tensor[None]
    state = {"step": np.ones(1, np.int32), "params": {"params": params}, "opt_state": {"0": {"mu": {"x": np.zeros((1, 2))}}}}
    (folder / "model").write_bytes(_packed(state))
    (folder / "cfg.json").write_text(json.dumps({"cfg": {"seed": 1, "net": net}, "update": 7}))
    return folder


@_needs_msgpack
def test_weights_come_with_the_configuration_that_gives_them_their_meaning(tmp_path: Path) -> None:
    policy = boxwarp.Policy.initial(seed=4, device="cpu", **_SHAPE)
    folder = _written(tmp_path / "cp_0000001000", policy, _NET)
    for path in (folder, folder / "model"):
        read = boxwarp.Policy.load(path, device="cpu")
        assert read.shape == policy.shape and np.array_equal(read.flat_parameters, policy.flat_parameters)


@_needs_msgpack
def test_options_of_the_network_are_read(tmp_path: Path) -> None:
    options = {"boundary": "rim", "pooling": "full", "output_gate": "sigmoid", "skip": "none"}
    policy = boxwarp.Policy.initial(device="cpu", **_SHAPE, **options)
    net = {**_NET, "skip_final": False, "recurrent": {}}  # what the public code has by default
    read = boxwarp.Policy.load(_written(tmp_path / "cp", policy, net), device="cpu")
    assert read.shape == policy.shape and np.array_equal(read.flat_parameters, policy.flat_parameters)


@_needs_msgpack
def test_what_does_not_fit_is_refused(tmp_path: Path) -> None:
    policy = boxwarp.Policy.initial(device="cpu", **_SHAPE)
    other = {**_NET, "use_relu": True, "recurrent": {"pool_projection": "max"}}
    with pytest.raises(boxwarp.WeightsError, match="use_relu is True; recurrent.pool_projection is 'max'"):
        boxwarp.Policy.load(_written(tmp_path / "other", policy, other))
    with pytest.raises(boxwarp.WeightsError, match=r"(?s)more/model: .*cell_list.2.* is missing"):
        boxwarp.Policy.load(_written(tmp_path / "more", policy, {**_NET, "n_recurrent": 3}))
    folder = _written(tmp_path / "cut", policy, _NET)
    (folder / "model").write_bytes((folder / "model").read_bytes()[:1000])
    with pytest.raises(boxwarp.WeightsError, match="is no Flax state"):
        boxwarp.Policy.load(folder)


@_needs_msgpack
@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"recurrent": "fence"}, "cfg.json: recurrent is 'fence', takes an object"),
        ({"recurrent": None}, "cfg.json: recurrent is None, takes an object"),
        ({"norm": "none"}, "cfg.json: norm is 'none', takes an object"),
        ({"norm": {"_type_": 5}}, "norm is 5"),
        ({"recurrent": {"fence_pad": ["same"]}}, r"recurrent.fence_pad is \['same'\]"),
        ({"n_recurrent": "two"}, "layers"),
        ({"repeats_per_step": [3]}, "ticks"),
    ],
)
def test_members_of_other_types_are_refused(changes: dict[str, Any], said: str, tmp_path: Path) -> None:
    policy = boxwarp.Policy.initial(device="cpu", **_SHAPE)
    with pytest.raises(boxwarp.WeightsError, match=said):
        boxwarp.Policy.load(_written(tmp_path / "cp", policy, {**_NET, **changes}))


@_needs_msgpack
def test_the_configuration_is_utf8_whatever_the_locale(tmp_path: Path) -> None:
    folder = _written(tmp_path / "cp", boxwarp.Policy.initial(device="cpu", **_SHAPE), _NET)
    text = json.dumps({"cfg": {"name": "größer", "net": _NET}}, ensure_ascii=False)
    (folder / "cfg.json").write_text(text, encoding="utf-8")
    code = "import sys, boxwarp; print(boxwarp.Policy.load(sys.argv[1], device='cpu').shape.ticks)"
    environment = {**os.environ, "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    run = subprocess.run([sys.executable, "-c", code, folder], capture_output=True, text=True, env=environment)
    assert run.stdout.strip() == "3", run.stderr


def test_without_msgpack_it_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "msgpack", None)
    (tmp_path / "model").write_bytes(b"")
    assert flax_checkpoint.is_checkpoint(tmp_path)
    with pytest.raises(boxwarp.WeightsError, match="pip install msgpack"):
        boxwarp.Policy.load(tmp_path)
