#!/bin/sh
# Sets up, builds with g++, runs every test, and ends with ctest's summary and status.
# --all: before that the same with clang++ and under the address, undefined-behaviour and thread sanitizers.
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

# check PRESET [PREFIX...]: configures, builds and tests; PREFIX is a command that runs the rest of its arguments.
failed=
check() {
  preset=$1
  shift
  heading "preset $preset: build"
  cmake --preset "$preset" >"$scratch/configure" || { cat "$scratch/configure"; return 1; }
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
echo "skipped: kernels on a GPU, because this version has none yet"

if [ -z "$all" ]; then
  check dev
  exit
fi

for preset in clang sanitize; do
  check "$preset" || failed="$failed $preset"
done
# ThreadSanitizer of g++ 12 cannot start where the kernel spreads addresses widely, so addresses stay fixed if they may.
if setarch --addr-no-randomize true 2>/dev/null; then fixed="setarch --addr-no-randomize"; else fixed=; fi
check thread $fixed || failed="$failed thread"
check dev || failed="$failed dev"
if [ -n "$failed" ]; then
  printf '\ntest.sh: failed presets:%s\n' "$failed" >&2
  exit 1
fi
