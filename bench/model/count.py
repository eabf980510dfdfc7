#!/usr/bin/env python3
"""Counts what the pieces of bench/model/pieces.cu execute on sm_90a and writes bench/model/instructions.hpp, which the
performance model is built from. Needs nvcc and nvdisasm, no GPU.

  bench/model/count.py --nvdisasm build/nvdisasm/bin/nvdisasm [--write]

Without --write it ends with 1 if the header is not what the pieces give.
"""

import argparse
import collections
import pathlib
import re
import sys

from nvdisasm import code_lines, compiled, disassembled, is_label, output_of, tool

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
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
    counts = collections.defaultdict(collections.Counter)
    for symbol, line in code_lines(listing):
        operation = None if is_label(line) else re.match(r"(?:@!?U?P\w+\s+)?(\w+)", line).group(1)
        if operation not in (None, "NOP"):
            counts[symbol]["instructions"] += 1
            for kind, pattern in KINDS.items():
                counts[symbol][kind] += bool(re.fullmatch(pattern, operation))
    return counts


def header(nvcc, nvdisasm):
    counts = counted(disassembled(nvdisasm, compiled(nvcc, "90a", ROOT / "bench" / "model" / "pieces.cu", ROOT)))
    release = re.search(r"V([\d.]+)", output_of(nvcc, "--version")).group(1)
    lines = ["// Written by bench/model/count.py from the compiled code of bench/model/pieces.cu: instructions of one warp.",
             f"// nvcc {release}, sm_90a.", "#pragma once", "", "namespace boxwarp::model {", "",
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
