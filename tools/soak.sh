#!/usr/bin/env bash
# The long runs: headless cities with other seeds, judged. Prints a dated report.
set -uo pipefail
cd "$(dirname "$0")/.."

date -u +"Soak of %Y-%m-%d %H:%M UTC"
failed=0
for seed in ${SEEDS:-1 2 3 4 5 6 7 8 9 10}; do
    if target/debug/cartage demo --headless --orders "${ORDERS:-60}" --seed "$seed" --speed 30; then
        echo "seed $seed: well"
    else
        echo "seed $seed: WRONG"
        failed=1
    fi
done
exit $failed
