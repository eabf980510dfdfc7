#!/usr/bin/env python3
"""Measures how many more steps a second environments take by several threads than by one, and writes the figures as JSON.

    bench/threads_speed.py build/release/boxwarp boxoban-levels/unfiltered/train > bench/results/threads_speed.json

Rounds alternate between the numbers of threads, so that what else runs on the machine disturbs both alike; medians, and the
median of the rounds' ratios. Steps are launched eight together, as their actions are known, and one by one; those of
step_many, which draws its actions itself, 64 together.
"""
import json
import os
import statistics
import sys

from machine import processor
from sim import sim_steps

THREADS = 2
ROUNDS = 7
ENVS = [2048, 4096, 8192, 16384, 65536]
OBSERVATIONS = ["none", "planes4", "rgb"]
SERIES = [(8, OBSERVATIONS), (1, OBSERVATIONS), (64, ["step_many"])]  # steps of a launch, and what is measured so


def main():
    program, levels = sys.argv[1:]
    points = []
    for together, observations in SERIES:
        rounds = [[sim_steps(program, levels, ENVS, observations, threads, together) for threads in (1, THREADS)]
                  for _ in range(ROUNDS)]
        rules = rounds[0][0][1]
        for envs in ENVS:
            for observation in observations:
                pairs = [[steps[envs, observation] for steps, _ in each] for each in rounds]
                one, many = (statistics.median(side) for side in zip(*pairs))
                points.append({"together": together, "num_envs": envs, "observation": observation,
                               "steps_per_second_by_1": round(one), f"steps_per_second_by_{THREADS}": round(many),
                               "times": round(statistics.median(more / less for less, more in pairs), 2),
                               "times_of_rounds": [round(more / less, 2) for less, more in pairs]})
    print(json.dumps({"question": "How many more steps a second do several threads take?",
                      "machine": f"{processor()}, {len(os.sched_getaffinity(0))} threads",
                      "compiler": rules["compiler"], "commit": rules["commit"], "rounds": ROUNDS, "points": points}, indent=1))


if __name__ == "__main__":
    main()
