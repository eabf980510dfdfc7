"""Random play of a million steps with a progress bar: python random_play.py [--steps 1000000] [--levels quick_train]"""

from __future__ import annotations

import argparse
import sys
import time

import numpy as np

import boxwarp


def show(done: int, steps: int, start: float) -> None:
    rate = done / max(time.perf_counter() - start, 1e-9)
    filled = 40 * done // steps
    end = "\n" if done >= steps else ""
    print(f"\r[{'#' * filled}{'.' * (40 - filled)}] {done:,} steps, {rate:,.0f} a second ", end=end, file=sys.stderr)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=1_000_000)
    parser.add_argument("--envs", type=int, default=1024)
    parser.add_argument("--levels", default="quick_train")
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()

    envs = boxwarp.make_vec(args.envs, levels=args.levels, seed=args.seed)
    envs.reset()
    done = episodes = solved = 0
    total = 0.0
    start = last = time.perf_counter()
    while done < args.steps:
        _, rewards, terminated, truncated, infos = envs.step(envs.random_actions())
        ended = terminated | truncated
        episodes += int(np.count_nonzero(ended))
        solved += int(np.count_nonzero(terminated))
        total += float(infos["episode_return"][ended].sum())
        done += args.envs
        if time.perf_counter() - last > 0.1:
            last = time.perf_counter()
            show(done, args.steps, start)
    show(done, max(args.steps, 1), start)
    print(f"{episodes:,} episodes, {100 * solved / max(episodes, 1):.2f} % solved, mean return {total / max(episodes, 1):.3f}")


if __name__ == "__main__":
    main()
