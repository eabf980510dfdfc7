#!/usr/bin/env python3
"""Measures how fast levels like Boxoban's are made and solved, and writes the figures as JSON.

    bench/levels_speed.py build/release/boxwarp > bench/results/levels_speed.json

Each figure is the best of several runs: levels a second of processor time on one thread, start of the program included, and
for two threads the seconds that pass against those of one. Other work on the machine lowers them.
"""
import json
import os
import platform
import subprocess
import sys
import tempfile
import time

REPEATS = 3
COUNTS = {"boxoban": 1000, "medium": 500, "hard": 500}


def processor():
    with open("/proc/cpuinfo") as lines:
        return next((line.split(":")[1].strip() for line in lines if line.startswith("model name")), platform.machine())


def seconds(*command):
    """Of processor time and on the clock, the least of some runs each."""
    best = [float("inf"), float("inf")]
    for _ in range(REPEATS):
        started = time.monotonic()
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        if status != 0:
            sys.exit(f"failed: {' '.join(command)}")
        best = [min(best[0], usage.ru_utime + usage.ru_stime), min(best[1], time.monotonic() - started)]
    return best


def main():
    (program,) = sys.argv[1:]
    made, solved = {}, {}
    with tempfile.TemporaryDirectory() as folder:
        for like, count in COUNTS.items():
            path = os.path.join(folder, f"{like}.boxwarp")
            subprocess.run([program, "levels", "generate", "--like", like, "--count", str(count), "--seed", "9", "--quiet",
                            "--out", path], check=True, stdout=subprocess.DEVNULL)
            busy, _ = seconds(program, "levels", "generate", "--like", like, "--count", str(count), "--seed", "9", "--threads",
                              "1", "--out", "-")
            made[like] = {"levels": count, "levels_per_processor_second": round(count / busy)}
        path = os.path.join(folder, "boxoban.boxwarp")
        moves, _ = seconds(program, "solve", path, "--optimal", "moves", "--threads", "1", "--summary", "--quiet")
        large = os.path.join(folder, "large.boxwarp")
        # Long enough for the start of the program not to show.
        subprocess.run([program, "levels", "pack", *[path] * 30, "--out", large], check=True, stdout=subprocess.DEVNULL)
        _, one = seconds(program, "solve", large, "--threads", "1", "--summary", "--quiet")
        _, two = seconds(program, "solve", large, "--threads", "2", "--summary", "--quiet")
        solved = {"optimal_moves_levels_per_processor_second": round(COUNTS["boxoban"] / moves),
                  "optimal_pushes_speed_up_by_two_threads": round(one / two, 2)}
    print(json.dumps({"what": "boxwarp levels generate --like, boxwarp solve", "processor": processor(),
                      "load_before": os.getloadavg()[0], "generate": made, "solve": solved}, indent=2))


if __name__ == "__main__":
    main()
