#!/usr/bin/env python3
"""Counts what the pieces of bench/model/pieces.cu execute on sm_90 and writes bench/model/instructions.hpp, which the
performance model is built from. Needs nvcc and nvdisasm, no GPU.

  bench/model/count.py --nvdisasm build/nvdisasm/bin/nvdisasm [--write]

Without --write it ends with 1 if the header is not what the pieces give.
"""

import argparse
import collections
import pathlib
import re
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tests"))
from kernel_budget import output_of, tool  # noqa: E402

HEADER = ROOT / "bench" / "model" / "instructions.hpp"
# What a piece is called in the header: the kernel, and the kernel that has one less of it.
PIECES = {"kProducts": ("piece_products_twice", "piece_products_once"), "kGates": ("piece_gates_twice", "piece_gates_once"),
          "kVtraceSample": ("piece_vtrace", None), "kPpoSample": ("piece_ppo", None), "kDraw": ("piece_sample", None),
          "kAdam": ("piece_adam", None)}
KINDS = {"special": r"MUFU", "doubles": r"D(?:FMA|ADD|MUL|SETP|MNMX)", "products": r"HMMA"}
MEANINGS = {"kProducts": "a warp's 28 products of 16x8x16 with the loads of their operands",
            "kGates": "gates, state and what is kept of four values a lane",
            "kVtraceSample": "ratio, loss and gradients of a sample with four actions", "kPpoSample": "the same for PPO",
            "kDraw": "an action drawn from four logits", "kAdam": "a parameter's gradient step"}


def counted(listing):
    """nvdisasm: kernel -> kind -> instructions."""
    counts, symbol = collections.defaultdict(collections.Counter), None
    for line in listing.splitlines():
        if found := re.match(r"\s*\.section\s+\.text\.(\w+)", line):
            symbol = found.group(1)
        elif (found := re.match(r"\s+/\*[0-9a-f]{4,}\*/\s+(?:@!?U?P\w+\s+)?(\w+)", line)) and symbol and found.group(1) != "NOP":
            counts[symbol]["instructions"] += 1
            for kind, pattern in KINDS.items():
                counts[symbol][kind] += bool(re.fullmatch(pattern, found.group(1)))
    return counts


def header(nvcc, nvdisasm):
    with tempfile.TemporaryDirectory() as folder:
        cubin = pathlib.Path(folder) / "pieces.cubin"
        output_of(nvcc, "-std=c++20", "-cubin", "-arch=sm_90", f"-I{ROOT}", ROOT / "bench" / "model" / "pieces.cu", "-o", cubin)
        counts = counted(output_of(nvdisasm, cubin))
    release = re.search(r"V([\d.]+)", output_of(nvcc, "--version")).group(1)
    lines = ["// Written by bench/model/count.py from the compiled code of bench/model/pieces.cu: instructions of one warp.",
             f"// nvcc {release}, sm_90.", "#pragma once", "", "namespace boxwarp::model {", "",
             "struct Piece {", "  double instructions, special, doubles, products;", "};", ""]
    for name, (kernel, less) in PIECES.items():
        numbers = {kind: counts[kernel][kind] - (counts[less][kind] if less else 0) for kind in ("instructions", *KINDS)}
        lines.append(f"// {MEANINGS[name]}")
        lines.append(f"inline constexpr Piece {name}{{" + ", ".join(f".{kind} = {n}" for kind, n in numbers.items()) + "};")
    return release, "\n".join([*lines, "", "}  // namespace boxwarp::model", ""])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--nvdisasm", type=pathlib.Path, default=pathlib.Path("/usr/local/cuda/bin/nvdisasm"))
    parser.add_argument("--write", action="store_true")
    given = parser.parse_args()
    nvcc = tool("nvcc", pathlib.Path("/usr/local/cuda/bin/nvcc"))
    release, text = header(nvcc, tool("nvdisasm", given.nvdisasm))
    print(text)
    if given.write:
        HEADER.write_text(text)
        return 0
    before = HEADER.read_text() if HEADER.exists() else ""
    if f"nvcc {release}," in before and before != text:
        print("bench/model/instructions.hpp is not what the pieces give: run with --write", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
