#!/usr/bin/env bash
# The long runs: headless cities judged by the oracle. Prints a dated report.
#   SEEDS   seeds of the plain runs and of the runs with mishaps   (1..10)
#   ORDERS  orders in each                                         (60)
#   KILLS   runs that are killed at some moment and run again      (10)
#   HISTORIES  random histories of stock against a plain model     (10000)
#   CRASHES    servers killed under a load of orders               (200)
#   ROUTINGS   routing problems and files of each test             (200000)
set -uo pipefail
cd "$(dirname "$0")/.."

bin=target/debug/cartage
orders=${ORDERS:-60}
failed=0
work=$(mktemp -d "${TMPDIR:-/tmp}/cartage-soak.XXXXXX")
trap 'rm -rf "$work"' EXIT

tell() { if [ "$1" = 0 ]; then echo "$2: well"; else echo "$2: WRONG"; failed=1; fi; }

# Killed without a warning after so many seconds, then run to its end.
killed() {
    local data="$work/killed-$1" args=(demo --headless --orders 20 --seed "$1" --speed 30)
    "$bin" "${args[@]}" --data "$data" >/dev/null 2>&1 &
    local child=$!
    sleep $((5 + ($1 * 7) % 40))
    kill -9 $child 2>/dev/null
    wait $child 2>/dev/null
    "$bin" "${args[@]}" --data "$data" --report "$work/killed.json" >/dev/null 2>&1
    local status=$?
    rm -rf "$data"
    return $status
}

date -u +"Soak of %Y-%m-%d %H:%M UTC, $orders orders a run"
for seed in ${SEEDS:-1 2 3 4 5 6 7 8 9 10}; do
    "$bin" demo --headless --orders "$orders" --seed "$seed" --speed 30
    tell $? "seed $seed"
    "$bin" demo --headless --orders "$orders" --seed "$seed" --speed 30 --mishaps 10
    tell $? "seed $seed with ten mishaps of each kind"
done
for seed in $(seq 1 "${KILLS:-10}"); do
    killed "$seed"
    tell $? "seed $seed, killed and run again"
done
"$bin" bench crash --cycles "${CRASHES:-200}" --own-postgres
tell $? "orders of killed servers"
CARTAGE_MODEL_HISTORIES="${HISTORIES:-10000}" tools/test.sh --test model
tell $? "stock against its model"
# Five tests of generated problems and mangled files: a million inputs in all.
CARTAGE_ROUTING_CASES="${ROUTINGS:-200000}" cargo test --locked -p solver --lib \
    --config profile.dev.package.solver.overflow-checks=true --config profile.dev.package.solver.debug-assertions=true \
    -- formats check::routing
tell $? "routing on any input, sums watched for overflow"
exit $failed
