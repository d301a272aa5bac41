#!/bin/sh
# Copies what the services need to run from a built and pruned tree into a folder: their own code and that of the libraries
# they use, the page, and node_modules. No sources, tests, tools or engines.
#   sh deploy/runtime-tree.sh <built tree> <folder to make>
set -eu
from=$1
to=$2
mkdir -p "$to/apps" "$to/libs"
cp "$from/package.json" "$to/"
cp -R "$from/node_modules" "$to/node_modules"
for app in endpoint-registry event-ingest dispatcher; do
  mkdir -p "$to/apps/$app"
  cp -R "$from/apps/$app/package.json" "$from/apps/$app/dist" "$to/apps/$app/"
done
mkdir -p "$to/apps/dashboard/dist"
cp -R "$from/apps/dashboard/package.json" "$to/apps/dashboard/"
cp -R "$from/apps/dashboard/dist/page" "$to/apps/dashboard/dist/page"
for lib in contracts signing validation egress operability kafka rest; do
  mkdir -p "$to/libs/$lib"
  cp -R "$from/libs/$lib/package.json" "$from/libs/$lib/dist" "$to/libs/$lib/"
done
find "$to/apps" "$to/libs" \( -name '*.tsbuildinfo' -o -name '*.d.ts' -o -name '*.d.ts.map' \) -delete
# OpenTelemetry's packages hold themselves three times over, for bundlers, and with maps; Node takes build/src alone.
rm -rf "$to"/node_modules/@opentelemetry/*/build/esm "$to"/node_modules/@opentelemetry/*/build/esnext
find "$to/node_modules/@opentelemetry" \( -name '*.map' -o -name '*.d.ts' -o -name '*.d.cts' -o -name '*.d.mts' \) -delete
find "$to/apps" "$to/libs" -type d -name testing -prune -exec rm -rf {} +
# Links to workspaces that are not taken along lead nowhere.
find "$to/node_modules/@skillora" -type l | while read -r link; do
  [ -e "$link" ] || rm "$link"
done
cp "$(dirname "$0")/health-check.mjs" "$to/"
