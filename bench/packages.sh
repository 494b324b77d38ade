#!/usr/bin/env bash
# Makes all packages in a folder: nuget packages of the libraries and of the tool with their symbols, the tool as one native file, the
# shared library with its header, and the Python wheel. usage: bench/packages.sh FOLDER. Needs the SDK, gcc and zlib.
set -euo pipefail
[ $# -eq 1 ] || { echo "usage: bench/packages.sh FOLDER" >&2; exit 2; }
mkdir -p "$1"
out=$(cd "$1" && pwd)
cd "$(dirname "$0")/.."
build=$(mktemp -d)
trap 'rm -rf "$build"' EXIT
# Deterministic: no path of this machine in what is packed.
for project in FastHyper FastHyper.Experiments FastHyper.Cli; do
  dotnet pack "src/$project" -c Release -v quiet -p:ContinuousIntegrationBuild=true -p:RunAnalyzers=false \
    --artifacts-path "$build/pack" -o "$out"
done
bash src/FastHyper.Native/publish.sh "$out/lib"
mkdir -p "$out/include"
cp src/FastHyper.Native/fasthyper.h "$out/include/"
python3 src/FastHyper.Native/python/build_wheel.py "$out/lib" "$out"
case "$(uname -m)" in
  x86_64) platform=linux-x64 lanes=(-p:IlcInstructionSet=x86-64-v3) ;;
  *) platform=linux-arm64 lanes=() ;;
esac
dotnet publish src/FastHyper.Cli -c Release -r "$platform" -p:PublishAot=true -p:RunAnalyzers=false -p:StripSymbols=true "${lanes[@]}" \
  -warnaserror -v quiet --artifacts-path "$build/tool" -o "$build/native"
mkdir -p "$out/bin"
cp "$build/native/FastHyper.Cli" "$out/bin/fasthyper"
find "$out" -type f -printf '%10s  %P\n' | sort -k2
