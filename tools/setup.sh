#!/bin/sh
# Installs the packages of Debian 12 that building and testing need; --all adds those of tools/test.sh --all.
# Does nothing, not even look for updates, where all are there. Uses apt as root or through sudo.
set -eu

packages="cmake ninja-build g++ git ca-certificates ccache pkg-config libfmt-dev libcxxopts-dev libgtest-dev
  libbenchmark-dev nlohmann-json3-dev libdnnl-dev libhwy-dev libboost-context-dev libpng-dev libgif-dev zlib1g-dev libpugixml-dev
  gnuplot-nox fonts-dejavu-core xz-utils python3 python3-dev python3-venv"
case "${1-}" in
  "") ;;
  --all) packages="$packages clang libclang-rt-14-dev" ;;
  --help|-h) sed -n '2,3s/^# //p' "$0"; exit 0 ;;
  *) echo "setup.sh: found '$1', takes --all or nothing" >&2; exit 2 ;;
esac

if ! command -v dpkg-query >/dev/null; then
  echo "setup.sh: this is no Debian; please install what these packages of Debian 12 hold:" $packages >&2
  exit 1
fi

missing=
for package in $packages; do
  # Packages of several architectures answer with several lines.
  dpkg-query --show --showformat='${db:Status-Status}\n' "$package" 2>/dev/null | grep -qx installed ||
    missing="$missing $package"
done
if [ -z "$missing" ]; then
  echo "setup.sh: all packages are installed"
  exit 0
fi

if [ "$(id -u)" -eq 0 ]; then
  as_root="env"
elif command -v sudo >/dev/null && { sudo -n true 2>/dev/null || [ -t 0 ]; }; then
  as_root="sudo env"
else
  echo "setup.sh: not root and no sudo; please have these packages installed:$missing" >&2
  echo "  apt-get install --no-install-recommends$missing" >&2
  exit 1
fi

echo "setup.sh: installing$missing"
# A failing update is told, but what is cached may be enough.
$as_root DEBIAN_FRONTEND=noninteractive apt-get update -qq || echo "setup.sh: apt-get update failed, trying all the same" >&2
$as_root DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing </dev/null || {
  echo "setup.sh: apt could not install:$missing" >&2
  exit 1
}
