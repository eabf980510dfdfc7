#!/usr/bin/env python3
"""What every kernel takes of a device, held against tests/kernel_budget.json: registers, stack, spills, shared memory and
instructions. Needs nvcc and nvdisasm, no GPU.

  kernel_budget.py --emulator PROGRAM               checks sm_80 and sm_90; ends with 1 if a kernel exceeds its budget
  kernel_budget.py --emulator PROGRAM --all         checks every architecture
  kernel_budget.py --emulator PROGRAM --all --write takes what is measured as the new budget

PROGRAM is test_emulator_plain: its tests launch every kernel and tell the shared memory that each asks for. Numbers depend on
the compiler: under another release of nvcc than the budget's they are shown, and nothing is held against them.
"""

import argparse
import collections
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
BUDGET = ROOT / "tests" / "kernel_budget.json"
ARCHITECTURES = ["80", "89", "90", "100", "120"]
SHORT = ["80", "90"]


def tool(name, *places):
    found = shutil.which(name) or next((str(p) for p in places if p.exists()), None)
    if found is None:
        sys.exit(f"kernel_budget.py: found no {name}")
    return found


def output_of(*command):
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))}\n{done.stdout}{done.stderr}")
    return done.stdout + done.stderr


def readable(symbol, names={}):
    """step_kernel or generate_kernel<10> of a mangled name."""
    if symbol not in names:
        plain = output_of("c++filt", symbol)
        found = re.search(r"(\w+_kernel)(?:<\(?(?:int\))?(\w+)>)?\(", plain)
        names[symbol] = found.group(1) + (f"<{found.group(2)}>" if found.group(2) else "") if found else plain.strip()
    return names[symbol]


def shared_memory(emulator):
<<<<<<< HEAD
    """launch's name -> bytes, of every launch in the emulator's tests named after kernels."""
    with tempfile.TemporaryDirectory() as folder:
        grids = pathlib.Path(folder) / "grids"
        subprocess.run([emulator, "--gtest_filter=Emulator/*Kernels.*/0"], check=True, stdout=subprocess.DEVNULL,
=======
    """launch's name -> bytes, of every launch in the emulator's tests of kernels that the program runs."""
    with tempfile.TemporaryDirectory() as folder:
        grids = pathlib.Path(folder) / "grids"
        subprocess.run([emulator, "--gtest_filter=Emulator/EnvKernels.*/0:PlainNetwork.*"], check=True, stdout=subprocess.DEVNULL,
>>>>>>> 3dc55fc (Hold the plain network to the same on a GPU, and count its kernels in the budget)
                       env={**os.environ, "BOXWARP_GRIDS": str(grids)})
        shared = {}
        for line in grids.read_text().splitlines():
            kernel, size = line.split()
            shared[kernel] = max(shared.get(kernel, 0), int(size))
        return shared


def resources(report):
    """ptxas -v: symbol -> registers, stack_bytes, spill_bytes."""
    taken, symbol = collections.defaultdict(dict), None
    for line in report.splitlines():
        if found := re.search(r"Compiling entry function '(\w+)'|Function properties for (\w+)", line):
            symbol = found.group(1) or found.group(2)
        if found := re.search(r"(\d+) bytes stack frame, (\d+) bytes spill stores, (\d+) bytes spill loads", line):
            taken[symbol]["stack_bytes"] = int(found.group(1))
            taken[symbol]["spill_bytes"] = int(found.group(2)) + int(found.group(3))
        if found := re.search(r"Used (\d+) registers", line):
            taken[symbol]["registers"] = int(found.group(1))
    return taken


def instruction_counts(listing):
    """nvdisasm: symbol -> instructions, without the padding behind the last branch."""
    counts, symbol = collections.Counter(), None
    for line in listing.splitlines():
        if found := re.match(r"\s*\.section\s+\.text\.(\w+)", line):
            symbol = found.group(1)
        elif re.match(r"\s+/\*[0-9a-f]{4,}\*/\s+(?!NOP)\S", line) and symbol:
            counts[symbol] += 1
    return counts


def measured(nvcc, nvdisasm, architecture, shared):
    """kernel -> what it takes on one architecture."""
    kernels = {}
    with tempfile.TemporaryDirectory() as folder:
        for source in sorted(ROOT.glob("kernels/*/*.cu")):
            cubin = pathlib.Path(folder) / f"{source.stem}.cubin"
            report = output_of(nvcc, "-std=c++20", "-cubin", f"-arch=sm_{architecture}", "-Xptxas", "-v", "-lineinfo",
                               f"-I{ROOT}", source, "-o", cubin)
            counts = instruction_counts(output_of(nvdisasm, cubin))
            for symbol, taken in resources(report).items():
                name = readable(symbol)
                stem = name.split("<")[0].removesuffix("_kernel")
                if stem not in shared:
                    sys.exit(f"kernel_budget.py: no emulated test launches {name}")
                kernels[name] = {**taken, "shared_bytes": shared[stem], "instructions": counts[symbol]}
    return kernels


def over_budget(architecture, kernels, budget):
    """Lines that say which kernel takes more, and by how much."""
    lines = []
    for name, taken in kernels.items():
        allowed = budget.get(name)
        if allowed is None:
            lines.append(f"sm_{architecture} {name}: has no budget; run with --all --write")
            continue
        for what, value in taken.items():
            if value > allowed[what]:
                lines.append(f"sm_{architecture} {name}: {what} {value}, budget {allowed[what]} (+{value - allowed[what]})")
    lines += [f"sm_{architecture} {name}: is in the budget but is no kernel any more" for name in budget if name not in kernels]
    return lines


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--emulator", type=pathlib.Path, required=True)
    parser.add_argument("--all", action="store_true")
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--nvdisasm", type=pathlib.Path, default=pathlib.Path("/usr/local/cuda/bin/nvdisasm"))
    given = parser.parse_args()
    nvcc = tool("nvcc", pathlib.Path("/usr/local/cuda/bin/nvcc"))
    nvdisasm = tool("nvdisasm", given.nvdisasm)
    release = re.search(r"release ([\d.]+), V([\d.]+)", output_of(nvcc, "--version")).group(2)
    shared = shared_memory(given.emulator.resolve())
    architectures = ARCHITECTURES if given.all else SHORT
    kernels = {name: measured(nvcc, nvdisasm, name, shared) for name in architectures}
    for architecture, taken in kernels.items():
        for name, numbers in taken.items():
            print(f"sm_{architecture} {name}: " + ", ".join(f"{value} {what}" for what, value in numbers.items()))
    if given.write:
        content = {"nvcc": release, **{f"sm_{name}": taken for name, taken in kernels.items()}}
        BUDGET.write_text(json.dumps(content, indent=1) + "\n")
        print(f"wrote {BUDGET}")
        return 0
    budget = json.loads(BUDGET.read_text())
    if budget["nvcc"] != release:
        print(f"skipped: the budget is for nvcc {budget['nvcc']}, here is {release}")
        return 0
    lines = [line for name, taken in kernels.items() for line in over_budget(name, taken, budget[f"sm_{name}"])]
    print("\n".join(lines) if lines else "every kernel is within its budget")
    return 1 if lines else 0


if __name__ == "__main__":
    sys.exit(main())
