"""Episodes recorded in the published environment, replayed through make_vec. Skipped where there are none."""

from __future__ import annotations

import hashlib
import json
import lzma
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import boxwarp

_ROOT = Path(__file__).resolve().parents[3]


def _episodes() -> list[dict[str, Any]]:
    path = Path(os.environ.get("BOXWARP_TRACES", _ROOT / ".." / "shared" / "data" / "env_traces_sample.jsonl.xz"))
    if not path.exists():
        pytest.skip(f"there is no {path.name} beside the project")
    read = lzma.open if path.suffix == ".xz" else open
    with read(path, "rt") as lines:  # type: ignore[operator]
        next(lines)
        return [json.loads(line) for line in lines]


def _hash(picture: np.ndarray) -> str:
    return hashlib.sha256(np.ascontiguousarray(picture).tobytes()).hexdigest()[:16]


def test_every_recorded_step_comes_out_again() -> None:
    compared = 0
    for episode in _episodes():
        envs = boxwarp.make_vec(
            1, levels="\n".join(episode["text"]) + "\n", device="cpu", threads=1,
            min_steps=episode["max_steps"], max_steps=episode["max_steps"],
        )  # fmt: skip
        observations, _ = envs.reset()
        assert _hash(observations[0]) == episode["obs0"]
        for t, action in enumerate(episode["actions"]):
            observations, rewards, terminated, truncated, infos = envs.step(np.array([action]))
            assert rewards[0] == np.float32(episode["rewards"][t])
            assert (terminated[0], truncated[0]) == (episode["terminated"][t], episode["truncated"][t])
            seen = infos["final_obs"][0] if infos["_final_obs"][0] else observations[0]
            assert _hash(seen) == episode["obs"][t]
            compared += 1
    assert compared > 1000
