#!/usr/bin/env bash
# Bundles what pages need into the ignored folder that the program embeds. Done
# again only when a source or the lock file is newer than the bundle.
set -euo pipefail
cd "$(dirname "$0")/.."

out=src/web/assets/dist
if [ -d "$out" ] && [ -z "$(find package.json package-lock.json src/web/assets -path "$out" -prune -o -newer "$out" -type f -print | head -1)" ]; then
    exit 0
fi
npm ci --no-audit --no-fund
npm run --silent assets
touch "$out"
