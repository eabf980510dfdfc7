#!/usr/bin/env python3
"""Measures how fast levels like Boxoban's are made and levels of Boxoban are solved, and writes the figures as JSON.

    bench/levels_speed.py build/release/boxwarp boxoban-levels > bench/results/levels_speed.json

Levels a second of processor time, by one thread, start of the program and reading included; for two threads the time that
passes by one thread over that by two. Each time is the least of several runs. Other work on the machine lowers the figures.
"""
import json
import os
import pathlib
import subprocess
import sys
import time

from machine import processor

REPEATS = 3
MADE = {"boxoban": 2000, "medium": 2000, "hard": 2000}  # levels
SOLVED = {"unfiltered/valid": 100_000, "medium/valid": 50_000, "hard": 3332}
SOLVED_BY_MOVES = ("unfiltered/test", 1000)


def flags(program):
    """Of the compiler, from CMake's cache beside the program."""
    cache = pathlib.Path(program).with_name("CMakeCache.txt").read_text().splitlines()
    values = dict(line.split("=", 1) for line in cache if line.startswith("CMAKE_") and "=" in line)
    kind = values["CMAKE_BUILD_TYPE:STRING"].upper()
    return f"{values['CMAKE_CXX_FLAGS:STRING']} {values[f'CMAKE_CXX_FLAGS_{kind}:STRING']}".strip()


def seconds(*command, threads=1):
    """Of processor time and on the clock."""
    processor, clock = [], []
    for _ in range(REPEATS):
        started = time.monotonic()
        process = subprocess.Popen([*command, "--threads", str(threads), "--quiet"], stdout=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        if status != 0:
            sys.exit(f"failed: {' '.join(command)}")
        clock.append(time.monotonic() - started)
        processor.append(usage.ru_utime + usage.ru_stime)
    return min(processor), min(clock)


def speed(levels, *command, both=True):
    processor, one = seconds(*command)
    figures = {"levels": levels, "levels_per_processor_second": round(levels / processor)}
    if both:
        figures["speed_up_by_two_threads"] = round(one / seconds(*command, threads=2)[1], 2)
    return figures


def main():
    program, boxoban = sys.argv[1:]
    info = json.loads(subprocess.run([program, "info", "--json"], check=True, stdout=subprocess.PIPE).stdout)
    made = {like: speed(levels, program, "levels", "generate", "--like", like, "--count", str(levels), "--seed", "9", "-o", "-")
            for like, levels in MADE.items()}
    solved = {name: speed(levels, program, "solve", os.path.join(boxoban, name), "--summary")
              for name, levels in SOLVED.items()}
    name, levels = SOLVED_BY_MOVES
    by_moves = speed(levels, program, "solve", os.path.join(boxoban, name), "--optimal", "moves", "--summary", both=False)
    print(json.dumps({"question": "How fast are levels made and solved?",
                      "machine": f"{processor()}, {len(os.sched_getaffinity(0))} threads",
                      "compiler": info["compiler"], "flags": flags(program), "commit": info["commit"], "generate --like": made,
                      "solve --optimal pushes": solved, "solve --optimal moves": {name: by_moves}}, indent=1))


if __name__ == "__main__":
    main()
