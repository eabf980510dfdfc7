"""What several files of tests need."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

BOARD = """
#######
#@ $ .#
#     #
#######
"""


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
