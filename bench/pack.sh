#!/usr/bin/env bash
# Packs for other machines. usage: bench/pack.sh FOLDER [device] [packages], by default both.
# device: benchmarks and tests with the .NET runtime, for a Linux x64 machine that has a device and no SDK, and a run.sh that runs both.
# packages: see packages.sh.
set -euo pipefail
usage() { echo "usage: bench/pack.sh FOLDER [device] [packages]" >&2; exit 2; }
[ $# -ge 1 ] || usage
for part in "${@:2}"; do case "$part" in device | packages) ;; *) usage ;; esac; done
mkdir -p "$1"
out=$(cd "$1" && pwd)
parts=" ${*:2} "
cd "$(dirname "$0")/.."
if [ $# -eq 1 ] || [[ $parts == *" packages "* ]]; then bash bench/packages.sh "$out/packages"; fi
if [ $# -gt 1 ] && [[ $parts != *" device "* ]]; then exit 0; fi
for project in bench/FastHyper.Bench tests/FastHyper.Tests; do
  dotnet publish "$project" -c Release -r linux-x64 --self-contained -v quiet -o "$out/$(basename "$project")"
done
# The loader that finds vendors' drivers; where the machine has its own, that one is taken.
loader=$(ldconfig -p | awk '/libOpenCL\.so\.1 .*x86-64/ { print $NF; exit }')
if [ -n "$loader" ]; then mkdir -p "$out/lib" && cp -L "$loader" "$out/lib/libOpenCL.so.1"; fi
cat > "$out/run.sh" <<'RUN'
#!/usr/bin/env bash
# Tests of the OpenCL backend, then its table. The device: FASTHYPER_TEST_OPENCL, a number or a part of a name.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
if ! ldconfig -p 2>/dev/null | grep -q 'libOpenCL\.so\.1'; then
  export LD_LIBRARY_PATH="$here/lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
  # NVIDIA's driver without its vendor file: the loader is told the library.
  if [ ! -d /etc/OpenCL/vendors ] && ldconfig -p | grep -q libnvidia-opencl; then export OCL_ICD_VENDORS=libnvidia-opencl.so.1; fi
fi
export FASTHYPER_REQUIRE_OPENCL=1 DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=1
cd "$here/FastHyper.Tests"
tests=FastHyper.Tests.Backends.OpenCl
# The runner takes no test at all for a success.
[[ $(./FastHyper.Tests -namespace "$tests" -list methods) == *"$tests."* ]] && ./FastHyper.Tests -noLogo -noColor -namespace "$tests"
failed=$?
"$here/FastHyper.Bench/FastHyper.Bench" opencl "${FASTHYPER_TEST_OPENCL:-}" "$@" || exit 1
exit $failed
RUN
chmod +x "$out/run.sh"
echo "packed: $out ($(du -sh "$out" | cut -f1)); run $out/run.sh there"
