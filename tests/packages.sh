#!/usr/bin/env bash
# Makes all packages, installs each in a folder of its own, and uses it there. Takes minutes; needs the SDK, gcc, zlib, and python3 with
# NumPy, SciPy and pip. usage: tests/packages.sh [FOLDER], of packages that are there already.
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
packages=${1:-$folder/packages}
[ $# -ge 1 ] || bash bench/packages.sh "$packages"
packages=$(cd "$packages" && pwd)
golden=$root/tests/golden/random-30x4.npz
version=$(sed -n 's:.*<Version>\(.*\)</Version>.*:\1:p' Directory.Build.props)

# The same sources give the same bytes, wherever they are built.
for each in a b; do
  dotnet build src/FastHyper -c Release -v quiet -p:ContinuousIntegrationBuild=true -p:RunAnalyzers=false --artifacts-path "$folder/$each"
done
cmp "$folder"/{a,b}/bin/FastHyper/release/FastHyper.dll

# A cache would have older packages of the same version.
export NUGET_PACKAGES=$folder/cache

# No path of this machine in any library, and the packages have what users look at.
mkdir "$folder/content"
(cd "$folder/content" && for each in "$packages"/*.nupkg; do
  mkdir "$(basename "$each")" && (cd "$(basename "$each")" && python3 -m zipfile -e "$each" .)
done)
if grep -rlF "$root" "$folder/content"; then echo "packages: the path $root is in the files above" >&2; exit 1; fi
for each in "$folder/content"/*; do
  for file in README.md icon.png; do test -s "$each/$file" || { echo "packages: $each lacks $file" >&2; exit 1; }; done
done
test "$(ls "$packages"/*.snupkg | wc -l)" -ge 3

echo "tool"
dotnet tool install FastHyper.Cli --version "$version" --tool-path "$folder/tool" --add-source "$packages" >/dev/null
"$folder/tool/fasthyper" solve "$golden" --out "$folder/tool.npz" --backend cpu
"$packages/bin/fasthyper" solve "$golden" --out "$folder/native.npz" --backend cpu >/dev/null
cmp "$folder/tool.npz" "$folder/native.npz"
"$packages/bin/fasthyper" run four-rooms --iterations 20 --out "$folder/run" >/dev/null
start=$(date +%s%N)
"$packages/bin/fasthyper" --version >/dev/null
echo "the native tool starts in $((($(date +%s%N) - start) / 1000000)) ms"

echo "library"
dotnet new console -o "$folder/app" >/dev/null
(cd "$folder/app"
  sed -i "s:</Project>:<ItemGroup><PackageReference Include=\"FastHyper\" Version=\"$version\" /></ItemGroup></Project>:" app.csproj
  cat > Program.cs <<'CS'
using FastHyper.Backends.Cpu;
using FastHyper.Hypergradients.Estimators;
using FastHyper.Leaders;
using FastHyper.Problems;
using var backend = new CpuBackend();
using var leader = new Leader(LinearProblem.Load(args[0]), new ExactEstimator(), new LeaderOptions(), backend);
foreach (long iteration in leader.Steps(3)) Console.WriteLine(iteration);
CS
  dotnet restore -p:RestoreAdditionalProjectSources="$packages" >/dev/null
  test "$(dotnet run --no-restore "$golden" | tail -n 1)" = 3)

echo "wheel"
python=""
for each in ${FASTHYPER_PYTHON:-python3 /usr/bin/python3}; do
  if "$each" -c 'import numpy, scipy' 2>/dev/null; then python=$each; break; fi
done
# Pip of another python will do to unpack a wheel.
python3 -m pip install --quiet --no-deps --target "$folder/site" --python-version 3.11 --only-binary :all: "$packages"/fasthyper-*.whl
(cd "$folder" && PYTHONPATH="$folder/site" "${python:-python3}" -c "
import fasthyper
s = fasthyper.Problem.open('$golden').solve()
print(fasthyper.__version__, fasthyper.build(), s.residual)")
echo "packages: all of them install and work"
