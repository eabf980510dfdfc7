"""What several files of tests need."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

BOARD = """
#######
#@ $ .#
#     #
#######
"""


def pytest_configure(config: pytest.Config) -> None:
    """Hides every GPU, from the commands that tests start, too: where they name no device they expect a processor. Files gpu_*
    are for a GPU; they are run by themselves."""
    if not all(Path(argument).name.startswith("gpu_") for argument in config.args):
        os.environ["CUDA_VISIBLE_DEVICES"] = "-1"


@pytest.fixture
def board() -> str:
    """One box, solved by three moves to the right."""
    return BOARD


def play(envs: Any, steps: int) -> list[tuple[Any, ...]]:
    """Copies of everything that so many steps of random play told."""
    told = []
    for _ in range(steps):
        observations, rewards, terminated, truncated, infos = envs.step(envs.random_actions())
        told.append((np.array(observations), np.array(rewards), np.array(terminated), np.array(truncated), np.array(infos["level_id"])))
    return told


def same(one: list[tuple[Any, ...]], other: list[tuple[Any, ...]]) -> bool:
    return len(one) == len(other) and all(
        np.array_equal(a, b) for step, twin in zip(one, other) for a, b in zip(step, twin)
    )


def read_safetensors(path: Path) -> tuple[dict[str, str], dict[str, np.ndarray]]:
    """Metadata and tensors of a file, read here so that the package is not checked by its own reader."""
    types = {"F32": "<f4", "F64": "<f8", "U8": "u1", "I32": "<i4", "I64": "<i8"}
    data = path.read_bytes()
    length = int.from_bytes(data[:8], "little")
    header = json.loads(data[8 : 8 + length])
    metadata = header.pop("__metadata__", {})
    body = memoryview(data)[8 + length :]
    return metadata, {
        name: np.frombuffer(body[slice(*entry["data_offsets"])], types[entry["dtype"]]).reshape(entry["shape"])
        for name, entry in header.items()
    }


@pytest.fixture(scope="session")
def golden() -> tuple[dict[str, str], dict[str, np.ndarray]]:
    """Outputs, states and gradients of the published network, computed by its own code in double."""
    root = Path(__file__).resolve().parents[3]
    path = Path(os.environ.get("BOXWARP_GOLDEN", root / ".." / "shared" / "data" / "golden_drc11.safetensors"))
    if not path.exists():
        pytest.skip(f"there is no {path.name} beside the project")
    return read_safetensors(path)


def published_shape(golden: tuple[dict[str, str], dict[str, np.ndarray]]) -> dict[str, int]:
    metadata, tensors = golden
    height, width = tensors["in.board"].shape[2:]
    return {
        "layers": int(metadata["depth"]),
        "ticks": int(metadata["ticks"]),
        "channels": int(metadata["channels"]),
        "height": height,
        "width": width,
    }


def parameters_of(golden: tuple[dict[str, str], dict[str, np.ndarray]], kind: str = "param.") -> dict[str, np.ndarray]:
    return {name[len(kind) :]: values for name, values in golden[1].items() if name.startswith(kind)}


def channels_last(states: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(np.moveaxis(states, -3, -1))
