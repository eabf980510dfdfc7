"""How many levels an agent solves, with and without thinking first."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, Optional, Union

import numpy as np

from boxwarp import _core
from boxwarp.levels import load_levels
from boxwarp.options import demand_device
from boxwarp.policy import Policy

if TYPE_CHECKING:
    from boxwarp.levels import LevelSource
    from boxwarp.weights import Path

_COLUMNS: tuple[tuple[str, str, Callable[[dict[str, Any]], Any]], ...] = (
    ("thinking steps", "{:d}", lambda row: row["steps"]),
    ("solved %", "{:.2f}", lambda row: 100 * row["solved"]),
    ("standard error", "{:.2f}", lambda row: 100 * row["standard_error"]),
    ("mean return", "{:.2f}", lambda row: row["mean_return"]),
    ("mean length", "{:.1f}", lambda row: row["mean_length"]),
    ("dead %", "{:.2f}", lambda row: 100 * row["deadlock"]["episodes"]),
    ("at step", "{:.1f}", lambda row: row["deadlock"]["mean_step"]),
)


class Evaluation(list[dict[str, Any]]):
    """A dictionary for each number of thinking steps, as "thinking" of `boxwarp eval --cycles --json`; print shows a table.

    Each has "steps", "solved" (share), "standard_error", "mean_return", "mean_length", "deadlock" ("episodes": share of
    those whose board came to be dead, "mean_step", "median_step") and "cycles" ("episodes", "mean_number", "mean_length",
    "steps").

    levels: how many were played, L.
    of_levels: arrays (rows, L): "solved" bool, "length" int32, "return" float64, "death" int32 (the step after which the
        board was dead, 0: the level is, -1: never).
    """

    def __init__(self, rows: Sequence[dict[str, Any]], levels: int, of_levels: dict[str, Any]) -> None:
        super().__init__(rows)
        self.levels = levels
        self.of_levels = of_levels

    def __str__(self) -> str:
        cells = [[name for name, _, _ in _COLUMNS]]
        cells += [[form.format(figure(row)) for _, form, figure in _COLUMNS] for row in self]
        widths = [max(len(row[column]) for row in cells) for column in range(len(_COLUMNS))]
        lines = ["   ".join(text.rjust(width) for text, width in zip(row, widths)) for row in cells]
        return f"{self.levels:,} levels\n\n" + "\n".join(lines)


def evaluate(
    policy: Union[Policy, Path],
    levels: LevelSource,
    think: Union[int, Sequence[int]] = (0, 2, 4),
    *,
    cap: int = 120,
    limit: int = 0,
    device: str = "auto",
    threads: int = 0,
    lenient: bool = False,
    progress: Optional[Callable[[int], None]] = None,
    solved_rule: str = "boxes_matched",
    no_op: bool = False,
    end_on_deadlock: bool = False,
    precision: Optional[str] = None,
) -> Evaluation:
    """Plays each level once, in order, always with the action that the agent rates highest, as `boxwarp eval` does.

    policy: an agent, or what Policy.load takes.
    levels: what load_levels takes.
    think: for each of these numbers (or this one) once: passes over the first observation before the first move.
    cap: most steps of an episode.  limit: only the first so many levels; 0: all.
    progress: called with the number of levels that are done, of len(think) times all.

    solved_rule, no_op, end_on_deadlock: as make_vec takes them; no_op where the network has five actions.

    precision: of products on a GPU, "bf16", "bf16-wgmma" (H100, H200) or "float32"; None for the policy's.

    Raises InputError for levels that are larger than the boards of the network (but where its head is pooled), and for a
    network with another number of actions.
    """
    demand_device(device, threads)
    numbers = list(think) if isinstance(think, Iterable) else [think]
    if not all(isinstance(number, (int, np.integer)) for number in numbers):
        raise _core.InputError(f"think: found {think!r}, takes whole numbers of thinking steps")
    if not isinstance(policy, (Policy, str, os.PathLike)):
        raise _core.InputError(f"policy: found {type(policy).__name__}, takes a Policy, a file of weights, or a model's name")
    if not isinstance(policy, Policy):
        policy = Policy.load(policy, device=device, threads=threads)
    bank = load_levels(levels, lenient=lenient)
    report, of_levels = _core.evaluate(
        policy.shape.json,
        policy.flat_parameters,
        bank,
        device,
        threads,
        numbers,
        cap,
        limit,
        progress,
        solved_rule,
        no_op,
        end_on_deadlock,
        policy.precision if precision is None else precision,
    )
    told = json.loads(report)
    return Evaluation(told["thinking"], told["levels"], of_levels)
