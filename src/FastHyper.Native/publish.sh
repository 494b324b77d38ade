#!/usr/bin/env bash
# Compiles the shared library ahead of time; every warning is an error. usage: publish.sh FOLDER [BUILD…]
# Builds: baseline, FOLDER/libfasthyper.so for any processor; v3 and v4, FOLDER/glibc-hwcaps/x86-64-v3/libfasthyper.so for those with AVX2
# and x86-64-v4 for those with AVX-512; by default all. The dynamic loader of glibc 2.33 and later takes the best that the processor has
# by itself. Needs gcc and zlib beside the SDK.
set -euo pipefail
usage() { echo "usage: publish.sh FOLDER [baseline] [v3] [v4]" >&2; exit 2; }
[ $# -ge 1 ] || usage
builds=("${@:2}")
[ ${#builds[@]} -gt 0 ] || builds=(baseline v3 v4)
mkdir -p "$1"
out=$(cd "$1" && pwd)
cd "$(dirname "$0")"
case "$(uname -m)" in
  x86_64) platform=linux-x64 ;;
  aarch64) platform=linux-arm64 builds=(baseline) ;;
  *) echo "publish.sh: $(uname -m); expected x86_64 or aarch64" >&2; exit 1 ;;
esac
build=$(mktemp -d)
trap 'rm -rf "$build"' EXIT
publish() {
  dotnet publish -c Release -r "$platform" -p:PublishAot=true -p:RunAnalyzers=false -warnaserror -v quiet \
    --artifacts-path "$build" -o "$build/out" "${@:2}"
  mkdir -p "$1"
  # Under another name first: a process may have the old one loaded.
  cp "$build/out/libfasthyper.so" "$1/libfasthyper.so.new"
  mv "$1/libfasthyper.so.new" "$1/libfasthyper.so"
}
for each in "${builds[@]}"; do
  case "$each" in
    baseline) publish "$out" ;;
    v3 | v4) publish "$out/glibc-hwcaps/x86-64-$each" -p:IlcInstructionSet="x86-64-$each" ;;
    *) usage ;;
  esac
done
