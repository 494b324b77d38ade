#!/usr/bin/env bash
# Compiles the shared library ahead of time; every warning is an error. usage: publish.sh FOLDER [fast|baseline|both]
# Writes FOLDER/libfasthyper.so for any processor, and FOLDER/glibc-hwcaps/x86-64-v3/libfasthyper.so for those with AVX2: the dynamic
# loader of glibc 2.33 and later takes the latter by itself where the processor has it. Needs gcc and zlib beside the SDK.
set -euo pipefail
[ $# -ge 1 ] || { echo "usage: publish.sh FOLDER [fast|baseline|both]" >&2; exit 2; }
mkdir -p "$1"
out=$(cd "$1" && pwd)
which=${2:-both}
cd "$(dirname "$0")"
case "$(uname -m)" in
  x86_64) platform=linux-x64 ;;
  aarch64) platform=linux-arm64 which=baseline ;;
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
if [ "$which" != baseline ]; then publish "$out/glibc-hwcaps/x86-64-v3" -p:IlcInstructionSet=x86-64-v3; fi
if [ "$which" != fast ]; then publish "$out"; fi
