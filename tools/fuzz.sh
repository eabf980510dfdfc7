#!/bin/sh
# Sets up, builds a fuzzer for every parser (clang++, libFuzzer, address and undefined-behaviour sanitizers) and runs each.
# tools/fuzz.sh [--seconds N | --inputs N] [NAME...]: N seconds or N inputs each, 60 seconds if not said; NAME: a target of
# tests/fuzz, all if none is named.
# Inputs that were found useful are kept in build/fuzz/corpus; one that fails lies in build/fuzz/failures, and the status is 1.
set -eu
cd "$(dirname "$0")/.."

limit=-max_total_time=60
case "${1-}" in
  --seconds|--inputs)
    case "${2-}" in ""|0*|*[!0-9]*) echo "fuzz.sh: $1: found '${2-}', takes a whole number, 1 or more" >&2; exit 2 ;; esac
    if [ "$1" = --seconds ]; then limit=-max_total_time=$2; else limit=-runs=$2; fi
    shift 2 ;;
  --help|-h) sed -n '2,5s/^# //p' tools/fuzz.sh; exit 0 ;;
  -*) echo "fuzz.sh: found '$1', the options are --seconds N, --inputs N and --help" >&2; exit 2 ;;
esac
all=$(sed -n 's/^boxwarp_fuzz(\([a-z_]*\) .*/\1/p' tests/fuzz/CMakeLists.txt)
names=${*:-$all}
for name in $names; do
  echo "$all" | grep -qx "$name" || { echo "fuzz.sh: found '$name', the targets are" $all >&2; exit 2; }
done

tools/setup.sh --all
cmake --preset fuzz >/dev/null
cmake --build --preset fuzz --parallel "$(nproc)" $(printf -- '--target fuzz_%s ' $names)

mkdir -p build/fuzz/failures
failed=
for name in $names; do
  mkdir -p "build/fuzz/corpus/$name"
  log=build/fuzz/$name.log
  status=0
  start=$(date +%s)
  "build/fuzz/tests/fuzz/fuzz_$name" "$limit" -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 \
    -artifact_prefix="build/fuzz/failures/$name-" "build/fuzz/corpus/$name" "tests/fuzz/seeds/$name" >"$log" 2>&1 || status=$?
  inputs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
  printf '%-14s %12s inputs in %s s: ' "$name" "${inputs:-?}" "$(($(date +%s) - start))"
  if [ "$status" -eq 0 ]; then
    echo "no failure"
  else
    failed="$failed $name"
    echo "failed, see $log"
    grep -E "ERROR|runtime error|does not hold|Test unit written" "$log" || tail -n 5 "$log"
  fi
done
[ -z "$failed" ] || { echo "fuzz.sh: failed:$failed" >&2; exit 1; }
