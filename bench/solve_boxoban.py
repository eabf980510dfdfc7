#!/usr/bin/env python3
"""Solves every level of Boxoban with the fewest pushes, one set after the other, and writes the figures as JSON.

    bench/solve_boxoban.py build/release/boxwarp boxoban-levels > bench/results/solve_boxoban.json
"""
import json
import os
import subprocess
import sys
import time

from machine import processor

SETS = ["unfiltered/train", "unfiltered/valid", "unfiltered/test", "medium/train", "medium/valid", "hard"]


def solved(program, folder):
    started = time.monotonic()
    process = subprocess.Popen([program, "solve", folder, "--threads", "1", "--summary", "--json", "--quiet"],
                               stdout=subprocess.PIPE)
    summary = json.load(process.stdout)
    _, status, usage = os.wait4(process.pid, 0)
    if status != 0:
        sys.exit(f"{program} failed on {folder}")
    summary["levels_per_processor_second"] = round(summary["levels"] / summary["processor_seconds"])
    summary["seconds_with_reading"] = round(time.monotonic() - started, 2)
    summary["largest_memory_mebibytes"] = usage.ru_maxrss // 1024
    return summary


def main():
    program, boxoban = sys.argv[1:]
    sets = {name: solved(program, os.path.join(boxoban, name)) for name in SETS}
    levels = sum(one["levels"] for one in sets.values())
    result = {
        "what": "boxwarp solve --optimal pushes --threads 1 on every level of Boxoban",
        "processor": processor(),
        "levels": levels,
        "solved": sum(one["solved"] for one in sets.values()),
        "processor_seconds": sum(one["processor_seconds"] for one in sets.values()),
        "sets": sets,
    }
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
