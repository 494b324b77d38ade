#!/usr/bin/env bash
# Tests of the shared library and of the Python package over it. Compiles the library first, unless FASTHYPER_LIBRARY is a folder of
# publish.sh. What is missing on the machine is told, and skips them, unless FASTHYPER_REQUIRE_NATIVE=1.
set -euo pipefail
cd "$(dirname "$0")/.."
skip() {
  if [ "${FASTHYPER_REQUIRE_NATIVE:-0}" = 1 ]; then echo "tests/native.sh: $1" >&2; exit 1; fi
  echo "tests/native.sh: skipped: $1"
  exit 0
}
python=""
for each in ${FASTHYPER_PYTHON:-python3 /usr/bin/python3}; do
  if "$each" -c 'import numpy, scipy' 2>/dev/null; then python=$each; break; fi
done
[ -n "$python" ] || skip "no python3 with NumPy and SciPy"
command -v gcc >/dev/null || skip "no gcc"
[ "$(uname -m)" = x86_64 ] || skip "$(uname -m); expected x86_64"
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
fast=0
if grep -qw avx2 /proc/cpuinfo; then fast=1; fi
if [ -z "${FASTHYPER_LIBRARY:-}" ]; then
  echo 'int main(void) { return 0; }' > "$folder/z.c"
  gcc "$folder/z.c" -lz -o "$folder/z" 2>/dev/null || skip "no zlib to link with (zlib1g-dev)"
  bash src/FastHyper.Native/publish.sh "$folder/lib" "$([ $fast = 1 ] && echo v3 || echo baseline)"
  export FASTHYPER_LIBRARY="$folder/lib"
fi

# The C program of the documentation, by the library that is there; the fast one must have wide lanes.
awk '/^```c$/ { on = 1; next } /^```$/ { on = 0 } on' docs/embedding.md > "$folder/two.c"
library=$FASTHYPER_LIBRARY/libfasthyper.so
if [ $fast = 1 ] && [ -e "$FASTHYPER_LIBRARY/glibc-hwcaps" ]; then library=$FASTHYPER_LIBRARY/glibc-hwcaps/x86-64-v3/libfasthyper.so; fi
gcc -std=c11 -Wall -Wextra -Werror "$folder/two.c" \
  -Isrc/FastHyper.Native "$library" -Wl,-rpath,"$(dirname "$library")" -lm -o "$folder/two"
said=$("$folder/two")
echo "$said"
[ $fast = 0 ] || grep -q 'avx' <<<"$said" || { echo "tests/native.sh: the fast build has no wide lanes: $said" >&2; exit 1; }

# That for AVX-512, where it is there, has the bits of the others.
wide=$FASTHYPER_LIBRARY/glibc-hwcaps/x86-64-v4/libfasthyper.so
if [ -e "$wide" ] && grep -qw avx512vl /proc/cpuinfo; then
  gcc -std=c11 "$folder/two.c" -Isrc/FastHyper.Native "$wide" -Wl,-rpath,"$(dirname "$wide")" -lm -o "$folder/wide"
  wider=$("$folder/wide")
  [ "${wider/avx-512/}" = "${said/avx2/}" ] || { echo "tests/native.sh: $wider; expected $said but for the lanes" >&2; exit 1; }
fi

# The library for any processor starts on one without AVX2, and says so.
if [ -e "$FASTHYPER_LIBRARY/libfasthyper.so" ] && command -v qemu-x86_64 >/dev/null; then
  gcc -std=c11 "$folder/two.c" -Isrc/FastHyper.Native "$FASTHYPER_LIBRARY/libfasthyper.so" -Wl,-rpath,"$FASTHYPER_LIBRARY" -lm -o "$folder/old"
  said=$(GLIBC_TUNABLES= qemu-x86_64 -cpu Nehalem "$folder/old")
  echo "$said, emulating a processor without AVX2"
  grep -q scalar <<<"$said" || { echo "tests/native.sh: $said; expected scalar lanes" >&2; exit 1; }
fi

tool=src/FastHyper.Cli/bin/Release/net10.0/FastHyper.Cli.dll
if [ -e "$tool" ]; then export FASTHYPER_TOOL="dotnet $PWD/$tool"; fi
PYTHONPATH=src/FastHyper.Native/python PYTHONDONTWRITEBYTECODE=1 "$python" -m unittest discover -s src/FastHyper.Native/python/tests "$@"
