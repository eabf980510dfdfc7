#!/usr/bin/env bash
# From a fresh clone to an agent that plays: installs what is missing, builds, trains a small agent from nothing, evaluates it
# with and without thinking steps on levels it never saw, and draws it playing. What is there already is not done again.
#
#   tools/quickstart.sh              into runs/quickstart
#   tools/quickstart.sh --seed 3     another seed, into runs/quickstart-3
set -euo pipefail
case "${1:-}" in --help|-h) sed -n '2,6s/^# \{0,1\}//p' "$0"; exit 0 ;; esac
cd "$(dirname "$0")/.."

seed=0
if [ "${1:-}" = --seed ] && [[ "${2:-}" =~ ^[0-9]+$ ]] && [ $# -eq 2 ]; then
  seed=$2
elif [ $# -gt 0 ]; then
  echo "usage: tools/quickstart.sh [--seed NUMBER]" >&2
  exit 2
fi
out=runs/quickstart
[ "$seed" = 0 ] || out=runs/quickstart-$seed
train=levels/data/quick_train.boxwarp
test=levels/data/quick_test.txt
boxwarp=build/release/boxwarp

say() { printf '\n== %s\n' "$*"; }

say "Packages"
tools/setup.sh

say "Build"
# Device code takes minutes to compile, so it is left out where no GPU is.
device_code=
if ! { [ -e /dev/nvidia0 ] || [ -d /proc/driver/nvidia/gpus ]; }; then device_code=-DBOXWARP_CUDA=OFF; fi
mkdir -p build
cmake --preset release -Wno-dev $device_code > build/quickstart.log 2>&1 || { cat build/quickstart.log >&2; exit 1; }
cmake --build --preset release

say "Train (two to five minutes on two cores)"
if [ -e "$out/config.json" ]; then
  "$boxwarp" train --out "$out" --resume
else
  "$boxwarp" train --preset quick --levels "$train" --seed "$seed" --out "$out"
fi

say "Evaluate on 1,000 levels it never saw, with 0, 1, 2, 4 and 8 thinking steps"
if [ -e "$out/evaluation.json" ]; then
  cat "$out/evaluation.json"
else
  "$boxwarp" eval --weights "$out/model.safetensors" --levels "$test" --think 0,1,2,4,8 --out "$out/evaluation.json"
fi

say "Draw"
[ -e "$out/episode.gif" ] ||
  "$boxwarp" watch --weights "$out/model.safetensors" --levels "$test" --episodes 5 --gif "$out/episode.gif" > /dev/null
[ -e "$out/curve.png" ] || "$boxwarp" plot "$out" --out "$out/curve.png"
ls -l "$out"
