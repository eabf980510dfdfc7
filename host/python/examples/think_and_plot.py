"""Watch a trained agent think: it looks at a board for some ticks before it moves, and its value is shown tick by tick.

    python think_and_plot.py                                  # the shipped agent, a level of the shipped test set
    python think_and_plot.py --weights runs/first/model.safetensors --levels my_levels.txt --level 3 --steps 8 --plot value.png

Needs NumPy and Gymnasium; --plot needs matplotlib.
"""

from __future__ import annotations

import argparse
from typing import Any

import numpy as np

import boxwarp

ACTIONS = ("up", "down", "left", "right")
LETTERS = "# .*$@+"  # of the cell codes


def board_text(cells: Any) -> str:
    return "\n".join("".join(LETTERS[code] for code in row) for row in cells)


def thought(policy: boxwarp.Policy, cells: Any, state: boxwarp.State, ticks: int) -> tuple[Any, Any, boxwarp.State, Any]:
    """Logits and value after each tick, the state, and how much the last layer's h changed in each."""
    logits, values, after, held = policy.think(cells, state, ticks=ticks, activations=True)
    h = np.concatenate([state.h[-1][None], held["h"][:, 0, -1]])
    return logits[:, 0], values[:, 0], after, np.abs(np.diff(h, axis=0)).mean((1, 2, 3, 4))


def show(values: Any, logits: Any, changes: Any, ticks_of_step: int) -> None:
    low, high = float(values.min()), float(values.max())
    print("tick   value                                 best action   change of h")
    for tick, value in enumerate(values):
        bar = "#" * int(1 + 28 * (value - low) / max(high - low, 1e-6))
        mark = "|" if (tick + 1) % ticks_of_step == 0 else " "
        print(f"{tick + 1:4d} {mark} {value:7.3f} {bar:<29} {ACTIONS[int(logits[tick].argmax())]:<11} {changes[tick]:11.4f}")


def plot(path: str, values: Any, logits: Any, ticks_of_step: int, title: str) -> None:
    try:
        import matplotlib
    except ImportError as error:
        raise SystemExit("--plot needs matplotlib; install it with: pip install matplotlib") from error
    matplotlib.use("Agg")
    from matplotlib import pyplot

    chances = np.exp(logits - logits.max(-1, keepdims=True))
    chances /= chances.sum(-1, keepdims=True)
    figure, (above, below) = pyplot.subplots(2, 1, sharex=True, figsize=(7, 5))
    ticks = np.arange(1, len(values) + 1)
    above.plot(ticks, values, marker="o")
    above.set(ylabel="value", title=title)
    below.plot(ticks, chances)
    below.set(xlabel="tick", ylabel="chance of the action")
    below.legend(ACTIONS)
    for axes in (above, below):
        for end in range(ticks_of_step, len(values), ticks_of_step):
            axes.axvline(end + 0.5, color="0.85", zorder=0)
    figure.tight_layout()
    figure.savefig(path)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--weights", default="quick", help="a file of weights, or the name of a shipped model")
    parser.add_argument("--levels", default="quick_test", help="what boxwarp.load_levels takes")
    parser.add_argument("--level", type=int, default=0, help="its number, from 0")
    parser.add_argument("--steps", type=int, default=4, help="to think for before the first move, of K ticks each")
    parser.add_argument("--moves", type=int, default=60, help="most moves of the episode")
    parser.add_argument("--plot", help="a picture of value and chances tick by tick, for this file")
    options = parser.parse_args()

    policy = boxwarp.Policy.load(options.weights)
    print(policy)
    envs = boxwarp.make_vec(
        1,
        options.levels,
        device="cpu",
        threads=1,
        observation="cells",
        size=(policy.shape.height, policy.shape.width),
        min_steps=options.moves,
        max_steps=options.moves,
    )
    cells, _ = envs.reset(options={"level_ids": [options.level]})
    print(board_text(cells[0]))

    ticks = policy.shape.ticks * options.steps
    state = policy.initial_state(1)
    if ticks > 0:
        logits, values, state, changes = thought(policy, cells, state, ticks)
        show(values, logits, changes, policy.shape.ticks)
        if options.plot:
            plot(options.plot, values, logits, policy.shape.ticks, f"level {options.level} of {options.levels}")
            print(f"drawn in {options.plot}")

    moves: list[str] = []
    solved = False
    while not solved and len(moves) < options.moves:
        logits, _, state = policy.step(cells, state)
        action = logits.argmax(-1)
        moves.append(ACTIONS[int(action[0])][0])
        cells, _, terminated, _, _ = envs.step(action)
        solved = bool(terminated[0])
    print(f"{'solved' if solved else 'not solved'} in {len(moves)} moves: {''.join(moves)}")


if __name__ == "__main__":
    main()
