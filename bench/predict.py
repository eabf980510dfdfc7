#!/usr/bin/env python3
"""What the environment's kernels should reach on an H200, from their compiled code: instructions and bytes of a step, and the
lower of the two bounds that follow. Needs nvcc and nvdisasm, no GPU; measurements replace it.

  bench/predict.py --nvdisasm build/nvdisasm/bin/nvdisasm --out bench/results/predicted.json
"""

import argparse
import json
import math
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "bench" / "model"))
from nvdisasm import compiled, disassembled, instruction_counts, output_of, tool  # noqa: E402

# H200: multiprocessors, warp instructions that each starts per clock, clock under load, bytes a second of copies.
MULTIPROCESSORS, ISSUES, CLOCK, COPIES = 132, 4, 1.7e9, 4.3e12
EPISODE = 75  # steps, with caps of 30 to 120
LANES, PATIENCE = 32, 8  # of a warp; that wait for their next episode in step_many (kernels/env/step.cu)
MANY_STEPS = 64
RGB_BYTES, RGB_ROWS = 300, 8  # of 10x10


def pieces(nvcc, nvdisasm):
    """Name of a kernel of bench/predict.cu -> its instructions on sm_90."""
    return instruction_counts(disassembled(nvdisasm, compiled(nvcc, "90", ROOT / "bench" / "predict.cu", ROOT)))


def point(name, instructions, size):
    by_instructions = MULTIPROCESSORS * ISSUES * LANES * CLOCK / instructions
    by_bytes = COPIES / size
    return {"name": name, "instructions_per_step": round(instructions, 1), "bytes_per_step": round(size, 1),
            "bound_by_instructions": by_instructions, "bound_by_bytes": by_bytes,
            "predicted_steps_per_second": min(by_instructions, by_bytes)}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--nvdisasm", type=pathlib.Path, default=pathlib.Path("/usr/local/cuda/bin/nvdisasm"))
    parser.add_argument("--out", type=pathlib.Path)
    given = parser.parse_args()
    nvcc = tool("nvcc", pathlib.Path("/usr/local/cuda/bin/nvcc"))
    count = pieces(nvcc, tool("nvdisasm", given.nvdisasm))

    step, end = count["piece_step"], count["piece_end"]
    many = count["piece_many_twice"] - count["piece_many_once"]
    row = count["piece_row_twice"] - count["piece_row_once"]
    store = count["piece_store_twice"] - count["piece_store_once"]
    # A warp pays for an episode's end when any of its lanes has one.
    ended = step + (1 - (1 - 1 / EPISODE) ** LANES) * end
    drawing = count["piece_planes"] + RGB_ROWS * row + RGB_BYTES / 16 * store
    # step_many: steps until so many lanes wait, with half of them idle on average, then one end for all.
    steps = EPISODE * math.log(LANES / (LANES - PATIENCE))
    played = (steps * many + end) * LANES / (steps * (LANES - PATIENCE / 2))
    state = 41 + 18 + 16 / 8
    points = [point("none", ended, state),
              point("rgb", ended + drawing, state + RGB_BYTES),
              point("rgb_final", ended + drawing * (1 + 1 / EPISODE), state + RGB_BYTES * (1 + 1 / EPISODE)),
              point("step_many", played, (32 + 12 + 16 + 12 + 12) / MANY_STEPS)]
    result = {"question": "What should one H200 reach, by counting?",
              "note": "Bounds, not measurements: no instruction waits and no byte is moved twice. Boards of 10x10, random play.",
              "commit": output_of("git", "-C", ROOT, "rev-parse", "--short=12", "HEAD").strip(),
              "nvcc": output_of(nvcc, "--version").split("release ")[1].split(",")[0],
              "assumed": {"multiprocessors": MULTIPROCESSORS, "issues_per_clock": ISSUES, "clock_hz": CLOCK,
                          "copy_bytes_per_second": COPIES, "mean_episode": EPISODE},
              "instructions": {"step": step, "end of an episode": end, "step of step_many": many, "planes of a board": count["piece_planes"],
                               "row of codes": row, "store of 16 bytes": store},
              "points": points}
    text = json.dumps(result, indent=1) + "\n"
    if given.out:
        given.out.write_text(text)
    for each in points:
        print(f"{each['name']:10} {each['instructions_per_step']:7.1f} instructions {each['bytes_per_step']:6.1f} bytes, bounds "
              f"{each['bound_by_instructions'] / 1e9:6.1f} and {each['bound_by_bytes'] / 1e9:7.1f} G steps/s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
