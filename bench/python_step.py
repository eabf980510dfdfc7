"""Frames a second of boxwarp and of EnvPool's Sokoban from Python, in one run on one machine.

    python bench/python_step.py --out bench/results/python_step.json      needs boxwarp and, to compare, pip install envpool

Both step the same number of boards with the same number of threads, actions drawn beforehand, episodes restarting by
themselves. EnvPool plays levels of its own and shows 204 bytes a board: a grid of (10, 10, 2) and a count of steps; boxwarp
shows rgb, 300 bytes. Rounds alternate; the figure is each one's median.
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import platform
import statistics
import subprocess
import time
from collections.abc import Callable
from typing import Any

import numpy as np

import boxwarp


def processor() -> str:
    """Its model, as the kernel tells it."""
    with open("/proc/cpuinfo") as file:
        named = [line.split(":", 1)[1].strip() for line in file if line.startswith("model name")]
    return named[0] if named else platform.machine()


def frames_per_second(step: Callable[[np.ndarray], Any], actions: np.ndarray, seconds: float) -> float:
    """actions: (rounds, N)."""
    steps, start = 0, time.perf_counter()
    while (passed := time.perf_counter() - start) < seconds:
        for row in actions:
            step(row)
        steps += len(actions)
    return steps * actions.shape[1] / passed


def boxwarp_step(args: argparse.Namespace) -> tuple[Callable[[np.ndarray], Any], int]:
    envs = boxwarp.make_vec(args.envs, levels=args.levels, device=args.device, threads=args.threads, seed=0)
    observations, _ = envs.reset()
    return envs.step, observations.nbytes // args.envs


def envpool_step(args: argparse.Namespace) -> tuple[Callable[[np.ndarray], Any], int, str]:
    import envpool

    envs = envpool.make_gymnasium("Sokoban-v0", num_envs=args.envs, num_threads=args.threads, max_num_players=1)
    observations, _ = envs.reset()
    return envs.step, sum(array.nbytes for array in observations.values()) // args.envs, envpool.__version__


def overhead_us(args: argparse.Namespace) -> float:
    """Of one call of step() beside the work: one board without an observation."""
    envs = boxwarp.make_vec(1, levels=args.levels, device="cpu", threads=1, observation="none")
    envs.reset()
    actions = np.zeros(1, np.uint8)
    rounds = []
    for _ in range(9):
        start = time.perf_counter()
        for _ in range(2000):
            envs.step(actions)
        rounds.append((time.perf_counter() - start) / 2000)
    return min(rounds) * 1e6


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--envs", type=int, default=4096)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--levels", default="generated:size=10x10,boxes=4,count=1000")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--seconds", type=float, default=2.0, help="of one round")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--out", help="JSON file; printed as well")
    args = parser.parse_args()

    commit = subprocess.run(["git", "rev-parse", "--short=12", "HEAD"], capture_output=True, text=True).stdout.strip()
    result: dict[str, Any] = {
        "what": "frames a second of step() from Python",
        "date": datetime.date.today().isoformat(),
        "machine": processor(),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "commit": commit,
        "envs": args.envs,
        "threads": args.threads,
        "levels": args.levels,
        "overhead_us": round(overhead_us(args), 3),
    }
    ours, our_bytes = boxwarp_step(args)
    result["boxwarp"] = {"version": boxwarp.__version__, "observation_bytes": our_bytes, "frames_per_second": []}
    theirs = None
    try:
        theirs, their_bytes, version = envpool_step(args)
        result["envpool"] = {"version": version, "observation_bytes": their_bytes, "frames_per_second": []}
    except ImportError:
        result["envpool"] = "skipped: not installed (pip install envpool)"
    draws = np.random.default_rng(0).integers(0, 4, size=(16, args.envs))
    for _ in range(args.rounds):
        result["boxwarp"]["frames_per_second"].append(round(frames_per_second(ours, draws.astype(np.int64), args.seconds)))
        if theirs is not None:
            rate = frames_per_second(theirs, draws.astype(np.int32), args.seconds)
            result["envpool"]["frames_per_second"].append(round(rate))
    if theirs is not None:
        medians = [statistics.median(result[name]["frames_per_second"]) for name in ("boxwarp", "envpool")]
        result["times_envpool"] = round(medians[0] / medians[1], 1)
    text = json.dumps(result, indent=2)
    print(text)
    if args.out:
        with open(args.out, "x") as file:
            file.write(text + "\n")


if __name__ == "__main__":
    main()
