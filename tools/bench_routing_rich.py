"""Runs our solver and PyVRP over the families the common harness has no words for.

    python3 tools/bench_routing_rich.py [--seconds 10] [--seeds 1] [--families mtvrptwr,...] [--each 2] [--results FILE]

Multi-depot, heterogeneous, prize-collecting, site-dependent, backhaul and multi-trip
files are read by PyVRP's own reader, which also judges every one of our plans. Both
solvers see a clock that advances with their own CPU time. Prints the table that
solver/BENCHMARKS.md holds. $PEERS_PYTHON names the interpreter that has PyVRP.
"""

import argparse
import csv
import json
import os
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
SHARED = os.environ.get("CARTAGE_SHARED", os.path.join(ROOT, "..", "shared"))
BENCH = os.path.join(SHARED, "bench")
TARGET = os.environ.get("CARGO_TARGET_DIR", os.path.join(ROOT, "target"))
# How each family counts, in PyVRP's words.
ROUNDING = {
    "mtvrptwr": "dimacs", "pcvrptw": "dimacs", "mdvrptw": "exact", "sdvrptw": "exact", "hfvrp": "round", "vrpb": "round",
}

# Wall seconds after which a peer that passes over its limit is given up.
PATIENCE = 600

PEER = """
import sys, json, pyvrp
from pyvrp.stop import MaxRuntime
path, rounding, seconds, seed, plan = sys.argv[1:]
data = pyvrp.read(path, round_func=rounding)
if plan:
    best = pyvrp.read_solution(plan, data)
    rounds = None
else:
    result = pyvrp.solve(data, MaxRuntime(float(seconds)), seed=int(seed), collect_stats=False, display=False)
    best, rounds = result.best, result.num_iterations
cost = pyvrp.CostEvaluator([0] * data.num_load_dimensions, 0, 0).penalised_cost(best)
print(json.dumps({"ok": best.is_feasible(), "cost": cost, "rounds": rounds}))
"""


def peer(python, env, *words):
    command = [python, "-c", PEER, *map(str, words)]
    try:
        done = subprocess.run(command, env=env, capture_output=True, text=True, check=False, timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        return {"ok": False, "cost": None, "rounds": None, "error": "no end"}
    if done.returncode != 0:
        return {"ok": False, "cost": None, "rounds": None, "error": done.stderr[-300:]}
    return json.loads(done.stdout.splitlines()[-1])


def both(python, env, path, rounding, seconds, seed):
    """One run of each on one file."""
    out = tempfile.mktemp(suffix=".sol")
    solve = os.path.join(os.path.abspath(TARGET), "debug", "solve")
    words = [solve, "vrp", path, "--time", str(seconds), "--seed", str(seed), "--out", out]
    done = subprocess.run(words, env=env, capture_output=True, text=True, check=False)
    ours = peer(python, dict(os.environ), path, rounding, 0, 0, out) if done.returncode == 0 else {"ok": False}
    if done.returncode == 0:
        ours["rounds"] = json.loads(done.stdout.splitlines()[-1])["iterations"]
    return {"cartage": ours, "pyvrp": peer(python, env, path, rounding, seconds, seed, "")}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--families", default=",".join(ROUNDING))
    parser.add_argument("--each", type=int, default=2, help="instances of each family")
    parser.add_argument("--results", help="where to append every run")
    args = parser.parse_args()
    if not os.path.isdir(BENCH):
        sys.exit(f"SKIPPED: {BENCH} is not there; set CARTAGE_SHARED")
    python = os.environ.get("PEERS_PYTHON", sys.executable)
    with tempfile.TemporaryDirectory() as folder:
        clock = os.path.join(folder, "cpuclock.so")
        source = os.path.join(BENCH, "harness", "cpuclock.c")
        subprocess.run(["gcc", "-shared", "-fPIC", "-O2", "-o", clock, source, "-ldl"], check=True)
        env = dict(os.environ, LD_PRELOAD=clock, OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1")
        print("| instance | reference | cartage | pyvrp |\n|---|---|---|---|")
        for family in args.families.split(","):
            table(family, args, python, env)


def table(family, args, python, env):
    """The rows of one family, and their mean. Published costs of the heterogeneous
    family come in mixed scales, so there the best of these runs stands in."""
    folder = os.path.join(BENCH, "vrp", family)
    with open(os.path.join(folder, "bks.csv"), encoding="utf-8") as file:
        known = {row["instance"]: float(row["bks"]) for row in csv.DictReader(file) if row["bks"]}
    names = sorted(known)
    step = max(1, len(names) // args.each)
    gaps = {"cartage": [], "pyvrp": []}
    for name in names[::step][: args.each]:
        runs = []
        for seed in range(1, args.seeds + 1):
            path = os.path.abspath(os.path.join(folder, name + ".vrp"))
            runs.append(both(python, env, path, ROUNDING[family], args.seconds, seed))
            if args.results:
                with open(args.results, "a", encoding="utf-8") as file:
                    file.write(json.dumps({"family": family, "instance": name, "seed": seed, **runs[-1]}) + "\n")
        found = [run[s]["cost"] for run in runs for s in gaps if run[s]["ok"]]
        published = family != "hfvrp"
        reference = known[name] if published else min(found, default=None)
        cells = []
        for solver, all_gaps in gaps.items():
            costs = [run[solver]["cost"] for run in runs if run[solver]["ok"]]
            if len(costs) < len(runs) or not reference:
                cells.append("infeasible")
                continue
            all_gaps.append((sum(costs) / len(costs) / reference - 1) * 100)
            cells.append(f"{all_gaps[-1]:.2f} %")
        shown = f"{reference:g}{'' if published else ' *'}" if reference else "–"
        print(f"| {name} | {shown} | " + " | ".join(cells) + " |", flush=True)
    means = [f"{sum(all_gaps) / len(all_gaps):.2f} %" if all_gaps else "–" for all_gaps in gaps.values()]
    print(f"| **mean {family}** | | " + " | ".join(means) + " |", flush=True)


if __name__ == "__main__":
    main()
