"""Options of environments by name, for those who check types or complete words; make_vec says what they mean."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Any, Optional, TypedDict

import numpy as np

from boxwarp import _core

_MOST_THREADS = 1024

class EnvOptions(TypedDict, total=False):
    """What one environment and N of them take."""

    device: str
    threads: int
    observation: str
    layout: str
    dtype: str
    tile: int
    level_order: str
    min_steps: int
    max_steps: int
    rewards: tuple[float, float, float]
    size: Optional[tuple[int, int]]
    symmetry: bool
    no_op: bool
    no_op_reward: float
    solved_rule: str
    end_on_deadlock: bool
    seed: Optional[int]
    seeds: Sequence[int]
    lenient: bool
    output: str
    stream: Optional[int]
    render_mode: Optional[str]


class VectorEnvOptions(EnvOptions, total=False):
    """What N environments take."""

    autoreset: str
    final_observation: bool
    double_buffer: bool


def demand_device(device: Any, threads: Any) -> None:
    """Raises InputError where these are no name and no number; whether there is such a device is found when it is opened."""
    if not isinstance(device, str):
        raise _core.InputError(f"device: found {device!r}, takes a name")
    if isinstance(threads, bool) or not isinstance(threads, (int, np.integer)) or not 0 <= threads <= _MOST_THREADS:
        raise _core.InputError(f"threads: found {threads!r}, takes 0 (all cores) to {_MOST_THREADS}")


def spell_out(function: Callable[..., Any], options: Any, spelled_out: Callable[..., Any]) -> None:
    """Shows to help() and completion what **options of a function are. options: one of the above; spelled_out: what has them,
    with their defaults, among its parameters."""
    own = [p for p in inspect.signature(function).parameters.values() if p.kind is not p.VAR_KEYWORD]
    names = {p.name for p in own}
    others = inspect.signature(spelled_out).parameters.values()
    own += [p for p in others if p.name not in names and p.name in options.__annotations__]
    setattr(function, "__signature__", inspect.Signature(own))
