#!/usr/bin/env python3
"""Measures one core's steps a second beside those of PufferLib's Boxoban, which keeps four byte planes of each board as its
state and shows them where they lie, and writes the figures as JSON.

    git clone https://github.com/PufferAI/PufferLib
    bench/pufferlib_speed.py build/release/boxwarp PufferLib unfiltered/train/000.txt > pufferlib_speed.json

ocean/boxoban/boxoban.h of the clone is compiled here by gcc; written for 8e3e7546428f06839dad031935081ff3ad915f07. All
environments are stepped in a loop, without Python; here eight steps are launched together. Both play the same file of levels by
random actions drawn before, episodes of 75 steps in the mean (there all of 75, here 30 to 120), and start a new one by
themselves. A round of each is the median of five samples, and rounds alternate, so that what else runs on the machine disturbs
both alike.

The figures in results/ were taken where no clone could be had: with that header's text copied, but for what draws, and its
layout of levels written by a reader made for it.
"""

import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile

from machine import processor
from sim import sim_steps

ROUNDS = 7
ENVS = [64, 1024, 4096, 16384]
OBSERVATIONS = ["planes4", "none"]
SECONDS = "0.05"  # of one sample
FLAGS = ["-O3", "-march=native"]


def commit_of(checkout):
    """Of a clone; what it is where it is none."""
    told = subprocess.run(["git", "-C", checkout, "rev-parse", "HEAD"], capture_output=True, text=True)
    return told.stdout.strip() if told.returncode == 0 else "copied text, no clone"


def main():
    program, checkout, levels = sys.argv[1:]
    with tempfile.TemporaryDirectory() as scratch:
        peer = pathlib.Path(scratch, "pufferlib_boxoban")
        pathlib.Path(scratch, "raylib.h").touch()
        source = pathlib.Path(__file__).with_name("pufferlib_boxoban.c")
        includes = ["-I", scratch, "-I", pathlib.Path(checkout, "ocean/boxoban")]
        subprocess.run(["gcc", *FLAGS, *includes, source, "-o", peer], check=True)
        theirs = {envs: [] for envs in ENVS}
        ours = {(envs, observation): [] for envs in ENVS for observation in OBSERVATIONS}
        for _ in range(ROUNDS):
            for envs in ENVS:
                printed = subprocess.run([peer, levels, str(envs), SECONDS], check=True, stdout=subprocess.PIPE).stdout
                theirs[envs].append(statistics.median(map(float, printed.split())))
            steps, rules = sim_steps(program, levels, ENVS, OBSERVATIONS, threads=1)
            for point, rate in steps.items():
                ours[point].append(rate)
    points = []
    for envs in ENVS:
        peer_steps = statistics.median(theirs[envs])
        point = {"num_envs": envs, "steps_per_second_pufferlib": round(peer_steps)}
        for observation in OBSERVATIONS:
            steps = ours[envs, observation]
            point[f"steps_per_second_{observation}"] = round(statistics.median(steps))
            point[f"times_{observation}"] = round(statistics.median(a / b for a, b in zip(steps, theirs[envs])), 2)
        points.append(point)
    print(json.dumps({"question": "How many steps a second does one core take beside PufferLib's Boxoban?",
                      "machine": f"{processor()}, {len(os.sched_getaffinity(0))} threads", "compiler": rules["compiler"],
                      "commit": rules["commit"], "pufferlib": commit_of(checkout), "pufferlib_flags": FLAGS, "rounds": ROUNDS,
                      "points": points}, indent=1))


if __name__ == "__main__":
    main()
