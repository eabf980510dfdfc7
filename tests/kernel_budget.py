#!/usr/bin/env python3
"""What every kernel takes of a device, held against tests/kernel_budget.json: registers, stack, shared memory, instructions,
and in the busiest loop of a kernel on tensor cores the instructions for 100 products (mma, wgmma), and how often wgmma is
waited for. Spills are errors where kernels are compiled. How many blocks as the emulator's tests launch them a multiprocessor holds is shown beside. Needs nvcc and
nvdisasm, no GPU.

  kernel_budget.py --emulator PROGRAM --library LIBRARY  checks the code in LIBRARY; ends with 1 if a kernel exceeds its budget
  kernel_budget.py --emulator PROGRAM --all              compiles and checks every architecture
  kernel_budget.py --emulator PROGRAM --all --write      takes what is measured as the new budget

PROGRAM is test_emulator_plain: its tests launch every kernel and tell the shared memory that each asks for. LIBRARY holds the
kernels as they were built, device code not compressed. Numbers depend on the compiler: under another release of nvcc than the
budget's they are shown, and nothing is held against them.
"""

import argparse
import collections
import concurrent.futures
import json
import os
import pathlib
import re
import struct
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "bench" / "model"))
from nvdisasm import code_lines, compiled, disassembled, instruction_counts, is_label, output_of, tool  # noqa: E402

BUDGET = ROOT / "tests" / "kernel_budget.json"
ARCHITECTURES = ["80", "89", "90a", "100", "120"]
# Of a multiprocessor (CUDA C++ Programming Guide, technical specifications): KiB of shared memory, warps.
SHARED_KIB = {"80": 164, "89": 100, "90a": 228, "100": 228, "120": 100}
WARPS = {"80": 64, "89": 48, "90a": 64, "100": 64, "120": 48}
REGISTERS, MOST_BLOCKS, RESERVED_BYTES = 65536, 32, 1024  # of a multiprocessor; of a block, beside what it asks for
# Kernels that are launched under other names than their own.
LAUNCHED_AS = {"dense": ["dense_forward", "dense_data", "dense_weights"],
               "grad_weights": ["grad_recurrent_weights", "grad_input_weights", "grad_encoder_weights"]}


def readable(symbol, names={}):
    """step_kernel or generate_kernel<10> of a mangled name."""
    if symbol not in names:
        plain = output_of("c++filt", symbol).replace("(anonymous namespace)::", "")
        found = re.search(r"(\w+_kernel)(?:<(.*?)>)?\((?![\w:]+\)\d)", plain)
        values = re.sub(r"\([^)]*\)", "", found.group(2) or "") if found else ""
        names[symbol] = found.group(1) + (f"<{values}>" if values else "") if found else plain.strip()
    return names[symbol]


def launches(emulator):
    """launch's name -> (bytes of shared memory, threads of a block), the largest of every launch in the emulator's tests of
    kernels that the program runs."""
    with tempfile.TemporaryDirectory() as folder:
        grids = pathlib.Path(folder) / "grids"
        tests = "Emulator/*Kernels.*/0:Emulator/Fused*/0:Emulator/Tile*/0:PlainNetwork.*:FusedForward.*:FusedNetwork*"
        subprocess.run([emulator, f"--gtest_filter={tests}"], check=True, stdout=subprocess.DEVNULL,
                       env={**os.environ, "BOXWARP_GRIDS": str(grids)})
        shared = {}
        for line in grids.read_text().splitlines():
            kernel, size, threads = line.split()
            shared[kernel] = max(shared.get(kernel, (0, 0)), (int(size), int(threads)))
        return shared


def resources(listing):
    """nvdisasm: symbol -> registers, stack_bytes."""
    taken = collections.defaultdict(dict)
    names = {"REGCOUNT": "registers", "FRAME_SIZE": "stack_bytes"}
    for what, symbol, value in re.findall(r"EIATTR_(REGCOUNT|FRAME_SIZE)\n(?:.*\n){4,6}?.*index@\((\w+)\)\n.*\.word\s+(0x[0-9a-f]+)",
                                          listing):
        taken[symbol][names[what]] = int(value, 16)
    return taken


def products_of_loops(listing, product):
    """nvdisasm: symbol -> instructions for 100 products, in the loop without loops inside that has most of them; without loops,
    none. product: HMMA or HGMMA."""
    lines = collections.defaultdict(list)
    for symbol, line in code_lines(listing):
        lines[symbol].append(line)
    costs = {}
    for symbol, text in lines.items():
        at = {line: i for i, line in enumerate(text) if is_label(line)}
        back = [(at[target], i) for i, line in enumerate(text) if (found := re.search(r"BRA.*(\.L_x_\d+)", line))
                and (target := found.group(1)) in at and at[target] < i]
        loops = []
        for first, last in back:
            if any(first <= begin and end < last for begin, end in back):
                continue
            body = [line for line in text[first:last + 1] if not is_label(line)]
            loops.append((sum(product in line for line in body), -len(body)))
        products, length = max(loops, default=(0, 0))
        if products:
            costs[symbol] = round(-100 * length / products)
    return costs


def waits_for_products(listing):
    """nvdisasm: symbol -> waits for 100 wgmma. The compiler lets one wait for another where it does not understand them."""
    products, waits = collections.Counter(), collections.Counter()
    for symbol, line in code_lines(listing):
        products[symbol] += "HGMMA" in line and "HGMMA.64x8x16.F16 RZ" not in line  # that closes a group
        waits[symbol] += "WARPGROUP.DEPBAR" in line
    return {symbol: round(100 * waits[symbol] / count) for symbol, count in products.items() if count}


def resident_blocks(architecture, registers, shared, threads):
    """Registers are dealt out to warps 256 at a time."""
    warps = -(-threads // 32)
    of_warp = -(-registers * 32 // 256) * 256
    return min(MOST_BLOCKS, WARPS[architecture] // warps, REGISTERS // (of_warp * warps),
               SHARED_KIB[architecture] * 1024 // (shared + RESERVED_BYTES))


def compiled_as_built(nvcc, architecture, source):
    """The device code of one file, with the warnings that the build has."""
    return compiled(nvcc, architecture, source, ROOT, "-lineinfo", "-Werror=all-warnings",
                    "-Xptxas=-warn-spills,-warn-lmem-usage,-Werror")


def device_code(library):
    """The device code in a library: ELF files for NVIDIA's machine (190), which lie in it as they are."""
    codes, at = [], 0
    while (at := library.find(b"\x7fELF", at)) >= 0:
        machine, = struct.unpack_from("<H", library, at + 18)
        if machine == 190:
            programs, sections = struct.unpack_from("<QQ", library, at + 32)
            program_size, program_count, section_size, section_count = struct.unpack_from("<HHHH", library, at + 54)
            end = max(programs + program_size * program_count, sections + section_size * section_count)
            for i in range(section_count):
                kind, = struct.unpack_from("<I", library, at + sections + i * section_size + 4)
                offset, size = struct.unpack_from("<QQ", library, at + sections + i * section_size + 24)
                end = max(end, offset + (0 if kind == 8 else size))  # 8: takes no bytes in the file
            codes.append(library[at:at + end])
        at += 4
    return codes


def listings(given, nvcc, nvdisasm):
    """architecture -> listings of all its device code."""
    found = collections.defaultdict(list)
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        if given.all:
            work = [(name, source) for name in ARCHITECTURES for source in sorted(ROOT.glob("kernels/*/*.cu"))]
            codes = pool.map(lambda item: compiled_as_built(nvcc, *item), work)
        else:
            codes = device_code(given.library.read_bytes())
        for listing in pool.map(lambda code: disassembled(nvdisasm, code), codes):
            found[re.search(r"\.target\s+sm_(\d+a?)", listing).group(1)].append(listing)
    return found


def measured(architecture, texts, launched):
    """kernel -> what it takes on one architecture."""
    kernels = {}
    for listing in texts:
        counts = instruction_counts(listing)
        of_products = {"instructions_per_100_mma": products_of_loops(listing, "HMMA"),
                       "instructions_per_100_wgmma": products_of_loops(listing, "HGMMA"),
                       "waits_per_100_wgmma": waits_for_products(listing)}
        for symbol, taken in resources(listing).items():
            if "registers" not in taken:  # a function that kernels call
                continue
            name = readable(symbol)
            stem = name.split("<")[0].removesuffix("_kernel")
            seen = [launched[launch] for launch in LAUNCHED_AS.get(stem, [stem]) if launch in launched]
            if not seen:
                sys.exit(f"kernel_budget.py: no emulated test launches {name}")
            shared, threads = map(max, zip(*seen))
            kernels[name] = {"registers": taken["registers"], "stack_bytes": taken["stack_bytes"], "shared_bytes": shared,
                             "instructions": counts[symbol]}
            kernels[name].update({what: of[symbol] for what, of in of_products.items() if symbol in of})
            blocks = resident_blocks(architecture, taken["registers"], shared, threads)
            print(f"sm_{architecture} {name}: {blocks} resident blocks of {threads} threads")
    return dict(sorted(kernels.items()))


def over_budget(architecture, kernels, budget):
    """Lines that say which kernel takes more, and by how much."""
    lines = []
    for name, taken in kernels.items():
        allowed = budget.get(name)
        if allowed is None:
            lines.append(f"sm_{architecture} {name}: has no budget; run with --all --write")
            continue
        for what, value in taken.items():
            if value > allowed.get(what, 0):
                lines.append(f"sm_{architecture} {name}: {what} {value}, budget {allowed.get(what, 0)}")
    lines += [f"sm_{architecture} {name}: is in the budget but is no kernel any more" for name in budget if name not in kernels]
    return lines


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--emulator", type=pathlib.Path, required=True)
    parser.add_argument("--library", type=pathlib.Path)
    parser.add_argument("--all", action="store_true")
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--nvdisasm", type=pathlib.Path, default=pathlib.Path("/usr/local/cuda/bin/nvdisasm"))
    given = parser.parse_args()
    if given.all == (given.library is not None):
        parser.error("takes --library or --all")
    nvcc = tool("nvcc", pathlib.Path("/usr/local/cuda/bin/nvcc"))
    nvdisasm = tool("nvdisasm", given.nvdisasm)
    release = re.search(r"release ([\d.]+), V([\d.]+)", output_of(nvcc, "--version")).group(2)
    launched = launches(given.emulator.resolve())
    found = listings(given, nvcc, nvdisasm)
    kernels = {name: measured(name, found[name], launched) for name in ARCHITECTURES if name in found}
    if not kernels or not all(kernels.values()):
        sys.exit("kernel_budget.py: found no device code; is it compressed?")
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
    lines = [line for name, taken in kernels.items() for line in over_budget(name, taken, budget.get(f"sm_{name}", {}))]
    print("\n".join(lines) if lines else "every kernel is within its budget")
    return 1 if lines else 0


if __name__ == "__main__":
    sys.exit(main())
