#!/usr/bin/env python3
"""Measures one core's steps a second beside those of PufferLib's Boxoban, which keeps four byte planes of each board as its
state and shows them where they lie, and writes the figures as JSON.

    git clone https://github.com/PufferAI/PufferLib  # measured at 8e3e7546428f06839dad031935081ff3ad915f07
    bench/pufferlib_speed.py build/release/boxwarp PufferLib unfiltered/train/000.txt > bench/results/pufferlib_speed.json

PufferLib's header is compiled here by gcc, loops over all environments as its own do, without Python. Both play the same file
of levels by random actions drawn before, episodes of 75 steps in the mean (there all of 75, here 30 to 120), and start a new
one by themselves. Rounds alternate, so that what else runs on the machine disturbs both alike.
"""

import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile

from machine import processor

ROUNDS = 7
ENVS = [64, 1024, 4096, 16384]
OBSERVATIONS = ["planes4", "none"]
SECONDS = "0.05"
FLAGS = ["-O3", "-march=native"]


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
                result = subprocess.run([peer, levels, str(envs), SECONDS], check=True, stdout=subprocess.PIPE)
                theirs[envs].append(float(result.stdout))
            command = [program, "bench", "sim", "--levels", levels, "--envs", ",".join(map(str, ENVS)), "--threads", "1",
                       "--observation", ",".join(OBSERVATIONS), "--seconds", SECONDS, "--json", "--quiet"]
            rules = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
            for point in rules["points"]:
                ours[point["num_envs"], point["observation"]].append(point["steps_per_second"])
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
                      "commit": rules["commit"], "pufferlib_flags": FLAGS, "rounds": ROUNDS, "points": points}, indent=1))


if __name__ == "__main__":
    main()
