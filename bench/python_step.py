"""Frames a second of boxwarp and of other Sokobans from Python, in one run on one machine.

    python bench/python_step.py --out bench/results/python_step.json
        needs boxwarp and, to compare, pip install envpool jumanji

All step the same number of boards with the same number of threads, actions drawn beforehand, episodes restarting by
themselves. EnvPool plays levels of its own and shows 204 bytes a board: a grid of (10, 10, 2) and a count of steps. Jumanji,
compiled by JAX, plays the level of its ToyGenerator and shows the same; its step is one XLA program for all boards, and
actions are given as they are drawn, in NumPy. boxwarp shows rgb, 300 bytes. Rounds alternate; the figure is each one's median.
"""

from __future__ import annotations

import argparse
import dataclasses
import datetime
import importlib.metadata
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
from machine import processor


def frames_per_second(step: Callable[[np.ndarray], Any], actions: np.ndarray, seconds: float) -> float:
    """actions: (rounds, N)."""
    steps, start = 0, time.perf_counter()
    while (passed := time.perf_counter() - start) < seconds:
        for row in actions:
            step(row)
        steps += len(actions)
    return steps * actions.shape[1] / passed


@dataclasses.dataclass
class Peer:
    step: Callable[[np.ndarray], Any]
    action_type: type
    observation_bytes: int
    version: str
    frames: list[int] = dataclasses.field(default_factory=list)  # a second, of each round


def boxwarp_peer(args: argparse.Namespace) -> Peer:
    envs = boxwarp.make_vec(args.envs, levels=args.levels, device=args.device, threads=args.threads, seed=0)
    observations, _ = envs.reset()
    return Peer(envs.step, np.int64, observations.nbytes // args.envs, boxwarp.__version__)


def envpool_peer(args: argparse.Namespace) -> Peer:
    import envpool

    envs = envpool.make_gymnasium("Sokoban-v0", num_envs=args.envs, num_threads=args.threads, max_num_players=1)
    observations, _ = envs.reset()
    size = sum(array.nbytes for array in observations.values()) // args.envs
    return Peer(envs.step, np.int32, size, envpool.__version__)


def jumanji_peer(args: argparse.Namespace) -> Peer:
    if args.threads == 1:  # read when JAX starts
        os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
    import jax
    from jumanji.environments import Sokoban
    from jumanji.environments.routing.sokoban.generator import ToyGenerator
    from jumanji.wrappers import AutoResetWrapper

    env = AutoResetWrapper(Sokoban(generator=ToyGenerator()))
    step_all = jax.jit(jax.vmap(env.step))
    state, timestep = jax.jit(jax.vmap(env.reset))(jax.random.split(jax.random.key(0), args.envs))

    def step(actions: np.ndarray) -> None:
        nonlocal state, timestep
        state, timestep = step_all(state, actions)
        jax.block_until_ready(timestep)

    step(np.zeros(args.envs, np.int32))  # compiles
    size = sum(array.nbytes for array in timestep.observation) // args.envs
    return Peer(step, np.int32, size, importlib.metadata.version("jumanji"))


OTHERS = {"envpool": envpool_peer, "jumanji": jumanji_peer}


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
    peers = {"boxwarp": boxwarp_peer(args)}
    for name, make in OTHERS.items():
        try:
            peers[name] = make(args)
        except ImportError:
            result[name] = f"skipped: not installed (pip install {name})"
    draws = np.random.default_rng(0).integers(0, 4, size=(16, args.envs))
    for _ in range(args.rounds):
        for peer in peers.values():
            peer.frames.append(round(frames_per_second(peer.step, draws.astype(peer.action_type), args.seconds)))
    median = {name: statistics.median(peer.frames) for name, peer in peers.items()}
    for name, peer in peers.items():
        result[name] = {"version": peer.version, "observation_bytes": peer.observation_bytes, "frames_per_second": peer.frames}
        if name != "boxwarp":
            result[f"times_{name}"] = round(median["boxwarp"] / median[name], 1)
    text = json.dumps(result, indent=2)
    print(text)
    if args.out:
        with open(args.out, "x") as file:
            file.write(text + "\n")


if __name__ == "__main__":
    main()
