"""Device code as nvdisasm lists it, and the tools that make and read it: for the programs that count instructions."""

import collections
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile


def tool(name, *places):
    """The path of a program: the one on PATH, else the first of these that is there."""
    found = shutil.which(name) or next((str(p) for p in places if p.exists()), None)
    if found is None:
        sys.exit(f"{pathlib.Path(sys.argv[0]).name}: found no {name}")
    return found


def output_of(*command):
    """What a program prints; ends this one if it fails."""
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))}\n{done.stdout}{done.stderr}")
    return done.stdout + done.stderr


def compiled(nvcc, architecture, source, root, *options):
    """The device code (bytes) of one file that includes headers by their path from root."""
    with tempfile.TemporaryDirectory() as folder:
        cubin = pathlib.Path(folder) / "code.cubin"
        output_of(nvcc, "-std=c++20", "-cubin", f"-arch=sm_{architecture}", *options, f"-I{root}", source, "-o", cubin)
        return cubin.read_bytes()


def disassembled(nvdisasm, code):
    """The listing of device code."""
    with tempfile.NamedTemporaryFile(suffix=".cubin") as file:
        file.write(code)
        file.flush()
        return output_of(nvdisasm, file.name)


def code_lines(listing):
    """(symbol, ".L_x_7") of every label and (symbol, "@P0 IADD3 R1, ...") of every instruction, without the padding behind the
    last branch."""
    symbol = None
    for line in listing.splitlines():
        if found := re.match(r"\s*\.section\s+\.text\.(\w+)", line):
            symbol = found.group(1)
        elif symbol and (found := re.match(r"(\.L_x_\d+):|\s+/\*[0-9a-f]{4,}\*/\s+(?!NOP)(\S.*)", line)):
            yield symbol, found.group(1) or found.group(2)


def is_label(line):
    return line.startswith(".L_x_")


def instruction_counts(listing):
    """symbol -> instructions."""
    return collections.Counter(symbol for symbol, line in code_lines(listing) if not is_label(line))
