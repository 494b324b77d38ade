#!/usr/bin/env bash
# Publishes the tool as Native AOT, where every warning is an error, and requires that its run of four-rooms has the metrics of the
# ordinary build. Takes some minutes; needs gcc and zlib beside the SDK.
set -euo pipefail
cd "$(dirname "$0")/.."
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
case "$(uname -m)" in
  x86_64) platform=linux-x64 ;;
  aarch64) platform=linux-arm64 ;;
  *) echo "tests/aot.sh: $(uname -m); expected x86_64 or aarch64" >&2; exit 1 ;;
esac
# Without it lanes are scalar; with it the tool needs such a processor.
lanes=()
if grep -qw avx2 /proc/cpuinfo; then lanes=(-p:IlcInstructionSet=x86-64-v3); fi
dotnet publish src/FastHyper.Cli -c Release -r "$platform" -p:PublishAot=true "${lanes[@]}" -warnaserror -v quiet \
  --artifacts-path "$folder/build" -o "$folder/native"
dotnet build src/FastHyper.Cli -c Release -v quiet
run=(run four-rooms --iterations 300 --backend cpu)
"$folder/native/FastHyper.Cli" "${run[@]}" --out "$folder/a" >/dev/null
dotnet src/FastHyper.Cli/bin/Release/net10.0/FastHyper.Cli.dll "${run[@]}" --out "$folder/b" >/dev/null
# All columns but the last, the seconds.
for each in a b; do sed 's/,[^,]*$//' "$folder/$each/metrics.csv" > "$folder/$each.csv"; done
cmp "$folder/a.csv" "$folder/b.csv"
cmp "$folder/a/config.yaml" "$folder/b/config.yaml"
"$folder/native/FastHyper.Cli" devices | head -n 1
echo "aot: $(wc -l < "$folder/a.csv") rows of metrics are those of the ordinary build"
