#!/usr/bin/env bash
# Writes the lists of what users see (PublicAPI.Shipped.txt) anew: the compiler names each symbol that is not on an empty one.
set -euo pipefail
cd "$(dirname "$0")"
for library in FastHyper FastHyper.Experiments; do
  echo '#nullable enable' > "$library/PublicAPI.Shipped.txt"
  dotnet build "$library" -c Release --no-incremental -p:RunAnalyzers=true -p:TreatWarningsAsErrors=false \
    | sed -nE "s/.*$library\/[^:]*: warning RS0016: Symbol '(.*)' is not part of the declared public API.*/\1/p" \
    | LC_ALL=C sort -u > "$library/public-api.new"
  { echo '#nullable enable'; cat "$library/public-api.new"; } > "$library/PublicAPI.Shipped.txt"
  rm "$library/public-api.new"
done
