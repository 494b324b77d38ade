#!/usr/bin/env bash
# Builds everything (warnings, analyzers and formatting are errors) and runs all tests; needs the .NET 10 SDK.
set -uo pipefail
cd "$(dirname "$0")/.."
if ! command -v dotnet >/dev/null; then
  echo "tests/run.sh: dotnet is not on the PATH; expected the .NET 10 SDK (https://dot.net)" >&2
  exit 1
fi
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
dotnet build FastHyper.sln -c Release -v quiet || { echo "0 passed, 1 failed"; exit 1; }
# Tests of the OpenCL backend need a device: PoCL is one, where it may be installed. They are skipped without one, unless
# FASTHYPER_REQUIRE_OPENCL=1.
has_opencl() { dotnet src/FastHyper.Cli/bin/Release/net10.0/FastHyper.Cli.dll devices | grep -q '^opencl:'; }
if ! has_opencl && [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null; then
  install_pocl() { DEBIAN_FRONTEND=noninteractive apt-get install -y -qq ocl-icd-libopencl1 pocl-opencl-icd >/dev/null 2>&1; }
  install_pocl || { apt-get update -qq >/dev/null 2>&1 && install_pocl; } || echo "tests/run.sh: PoCL could not be installed" >&2
fi
log=$(mktemp)
trap 'rm -f "$log"' EXIT
dotnet test FastHyper.sln -c Release --no-build "$@" 2>&1 | tee "$log"
status=${PIPESTATUS[0]}
count() { grep -oE "$1: +[0-9]+" "$log" | grep -oE '[0-9]+' | awk '{ n += $1 } END { print n + 0 }'; }
passed=$(count Passed)
failed=$(count Failed)
if [ "$status" -ne 0 ] && [ "$failed" -eq 0 ]; then failed=1; fi
if [ "$passed" -eq 0 ]; then status=1; fi
# The shared library and what stands on it, and sweeps under a queue, unless only some tests are asked for.
if [ $# -eq 0 ]; then
  bash tests/native.sh 2>&1 | tee "$log"
  native=${PIPESTATUS[0]}
  passed=$((passed + $(awk '/^Ran [0-9]+ test/ { n = $2 } END { print n + 0 }' "$log")))
  if [ "$native" -ne 0 ]; then failed=$((failed + 1)) status=1; fi
  bash tests/slurm.sh 2>&1 | tee "$log"
  if [ "${PIPESTATUS[0]}" -ne 0 ]; then failed=$((failed + 1)) status=1; elif ! grep -q skipped "$log"; then passed=$((passed + 1)); fi
fi
echo "$passed passed, $failed failed"
exit "$status"
