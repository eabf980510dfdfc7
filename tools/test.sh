#!/bin/sh
# Sets up, builds with g++, runs every test, and ends with ctest's summary and status.
# --all: the same with clang++ and under the address, undefined-behaviour and thread sanitizers too, and kernels of every GPU.
set -eu
cd "$(dirname "$0")/.."

all=
case "${1-}" in
  "") ;;
  --all) all=--all ;;
  --help|-h) sed -n '2,3s/^# //p' "tools/test.sh"; exit 0 ;;
  *) echo "test.sh: found '$1', takes --all or nothing" >&2; exit 2 ;;
esac
jobs=$(nproc)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

heading() { printf '\n==== %s ====\n' "$1"; }

# Why tests were skipped, from what they printed: the line after "file:line: Skipped".
reasons() {
  awk '/: Skipped$/ { getline reason; count[reason]++ }
       END { for (reason in count) printf "  %d: %s\n", count[reason], reason }' "build/$1/Testing/Temporary/LastTest.log"
}

# For the Python package: a virtual environment that is kept between runs. $1: its folder, the rest what it needs.
python_environment() {
  folder=$1
  shift
  [ "$(cat "$folder/complete" 2>/dev/null)" = "$*" ] && return
  python3 -m venv "$folder" && "$folder/bin/pip" install --quiet "$@" && echo "$*" >"$folder/complete"
}

# check PRESET [PREFIX...]: configures, builds and tests; PREFIX is a command that runs the rest of its arguments.
failed=
check() {
  preset=$1
  shift
  heading "preset $preset: build"
  cmake --preset "$preset" $python_options $cuda_options >"$scratch/configure" || { cat "$scratch/configure"; return 1; }
  "$@" cmake --build --preset "$preset" --parallel "$jobs" || return 1
  heading "preset $preset: tests"
  # The status of ctest goes through a file, because a pipe has that of its last command.
  {
    status=0
    "$@" ctest --preset "$preset" --parallel "$jobs" || status=$?
    echo "$status" >"$scratch/status"
  } 2>&1 | tee "$scratch/tests"
  if grep -q '(Skipped)' "$scratch/tests"; then
    heading "skipped tests, and why"
    reasons "$preset"
    heading "preset $preset: summary"
    sed -n '/tests passed/,$p' "$scratch/tests"
  fi
  return "$(cat "$scratch/status")"
}

heading "set-up"
tools/setup.sh $all
nvcc=$(command -v nvcc || ls /usr/local/cuda/bin/nvcc 2>/dev/null || true)
if [ -z "$nvcc" ]; then
  echo "skipped: compiling kernels for GPUs and their budget, because there is no nvcc; the emulator runs them all the same"
elif ! command -v nvdisasm >/dev/null && [ ! -x "$(dirname "$nvcc")/nvdisasm" ] && [ ! -x build/nvdisasm/bin/nvdisasm ]; then
  # From PyPI, where the toolkit has none.
  if python3 -m venv build/nvdisasm.venv && build/nvdisasm.venv/bin/pip install --quiet nvidia-cuda-nvdisasm; then
    mkdir -p build/nvdisasm/bin
    ln -sf "$(find "$PWD/build/nvdisasm.venv" -name nvdisasm -type f | head -n 1)" build/nvdisasm/bin/nvdisasm
  else
    echo "skipped: the budget of kernels, because there is no nvdisasm and PyPI gave none"
  fi
fi
python_options=
if python_environment build/python.venv numpy gymnasium nanobind pytest; then
  python_options="-DBOXWARP_PYTHON=ON -DPython_EXECUTABLE=$PWD/build/python.venv/bin/python"
else
  echo "skipped: the Python package, because PyPI gave not all of numpy, gymnasium, nanobind and pytest"
fi
cuda_options=
if [ -e /dev/nvidia0 ] || [ -d /proc/driver/nvidia/gpus ]; then
  cuda_options="-DCMAKE_CUDA_ARCHITECTURES=80-real;90a-real;90-virtual"  # GPUs from Ampere on, in place of the one of the presets
else
  echo "skipped: tests on a GPU, because there is none; where there is nvcc, what it makes of them runs on a processor"
fi

if [ -z "$all" ]; then
  check dev
  exit
fi

with_python=$python_options
check sanitize || failed="$failed sanitize"
python_options=-DBOXWARP_PYTHON=OFF
check clang || failed="$failed clang"
# ThreadSanitizer of g++ 12 cannot start where the kernel spreads addresses widely, so addresses stay fixed if they may.
if setarch --addr-no-randomize true 2>/dev/null; then fixed="setarch --addr-no-randomize"; else fixed=; fi
check thread $fixed || failed="$failed thread"
python_options=$with_python
check dev || failed="$failed dev"
if [ -n "$with_python" ]; then
  heading "Python: examples and modules with large frameworks, types, wheel"
  if python_environment build/frameworks.venv numpy gymnasium pytest mypy torch stable-baselines3 jax msgpack matplotlib; then
    PYTHONPATH=build/dev/python build/frameworks.venv/bin/python -m pytest -q -rs -p no:cacheprovider \
      tests/host/python/examples_test.py tests/host/python/torch_test.py tests/host/python/trainer_test.py \
      tests/host/python/flax_checkpoint_test.py tests/host/python/output_test.py ||
      failed="$failed examples"
    (cd build/dev/python && ../../frameworks.venv/bin/mypy --config-file ../../../pyproject.toml -p boxwarp) || failed="$failed types"
    for example in host/python/examples/*.py; do
      MYPYPATH=build/dev/python build/frameworks.venv/bin/mypy --config-file pyproject.toml "$example" || failed="$failed types"
    done
  else
    echo "skipped: examples with PyTorch, Stable-Baselines3 and JAX, because PyPI gave not all of them"
  fi
  tools/wheel.sh || failed="$failed wheel"
fi
nvdisasm=$(command -v nvdisasm || ls "$(dirname "${nvcc:-none}")/nvdisasm" build/nvdisasm/bin/nvdisasm 2>/dev/null | head -n 1)
if [ -n "$nvcc" ] && [ -n "$nvdisasm" ] && [ -e build/dev/tests/emulator/test_emulator_plain ]; then
  heading "budget of kernels, every architecture"
  python3 tests/kernel_budget.py --all --emulator build/dev/tests/emulator/test_emulator_plain --nvdisasm "$nvdisasm" ||
    failed="$failed budget"
fi
if [ -n "$failed" ]; then
  printf '\ntest.sh: failed presets:%s\n' "$failed" >&2
  exit 1
fi
