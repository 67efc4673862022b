"""Runs our solver and the installed peers over public instances and writes a table.

    python3 tools/bench_routing.py [--seconds 10] [--seeds 1] [--solvers ext,pyvrp] [--results FILE]

The harness and the instances are kept outside the repository: in bench/ below
$CARTAGE_SHARED, or below ../shared. Each process sees a clock that advances with
its own CPU time, so that a busy machine favours nobody. $PEERS_PYTHON names the
interpreter that has the peers and numpy. Every solution is checked by the harness.
"""

import argparse
import csv
import datetime
import importlib.metadata
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
SHARED = os.environ.get("CARTAGE_SHARED", os.path.join(ROOT, "..", "shared"))
BENCH = os.path.join(SHARED, "bench")
TARGET = os.environ.get("CARGO_TARGET_DIR", os.path.join(ROOT, "target"))
INSTANCES = """cvrp_x/X-n101-k25 cvrp_x/X-n251-k28 cvrp_x/X-n322-k28 cvrp_x/X-n401-k29
vrptw_solomon100/R104 vrptw_gh/R1_4_1 vrptw_gh/C2_4_8 vrptw_gh/RC2_4_6
pdptw_lilim/lr1_4_10 pdptw_lilim/lc2_4_8 pdptw_lilim/lrc1_4_1 pdptw_lilim/lr2_4_1
ortec_vrptw/ORTEC-VRPTW-ASYM-4cf3d422-d1-n238-k30""".split()


# What follows this heading is the table of bench_routing_rich.py.
RICH = "## Families of more rules"


def best_known(family):
    """Published values that are judged by distance; Li & Lim's count vehicles first."""
    if family in ("pdptw_lilim", "ortec_vrptw"):
        return {}
    with open(os.path.join(BENCH, "vrp", family, "bks.csv"), encoding="utf-8") as file:
        return {row["instance"]: float(row["bks"]) for row in csv.DictReader(file) if row["bks"]}


def run(args, results):
    """Runs the harness in a folder of its own, where the clock can be built."""
    python = os.environ.get("PEERS_PYTHON", sys.executable)
    with tempfile.TemporaryDirectory() as folder:
        for name in os.listdir(os.path.join(BENCH, "harness")):
            shutil.copy(os.path.join(BENCH, "harness", name), folder)
        subprocess.run("gcc -shared -fPIC -O2 -o cpuclock.so cpuclock.c -ldl", shell=True, cwd=folder, check=True)
        with open(os.path.join(folder, "jobs.txt"), "w", encoding="utf-8") as jobs:
            for instance in INSTANCES:
                path = os.path.abspath(os.path.join(BENCH, "vrp", instance + ".vrp"))
                for seed in range(1, args.seeds + 1):
                    for solver in args.solvers.split(","):
                        jobs.write(f"{solver} {path} {args.seconds} {seed}\n")
        env = dict(os.environ, EXT_CMD=os.path.join(os.path.abspath(TARGET), "debug", "solve") + " vrp")
        command = [python, "run_bench.py", "--jobs", "jobs.txt", "--par", "1", "--clock", "cpu", "--out", results]
        subprocess.run(command, cwd=folder, env=env, check=True)


def table(results, seconds):
    """Mean gap of each solver on each instance; the reference is the best known or,
    marked by a star, the best of these runs."""
    costs = {}
    for line in open(results, encoding="utf-8"):
        row = json.loads(line)
        if row.get("ok") and float(row["T"]) == seconds:
            costs.setdefault(row["inst"], {}).setdefault(row["solver"], []).append(row["cost"])
    solvers = sorted({s for by in costs.values() for s in by}, key=lambda s: (s != "ext", s))
    names = ["cartage" if s == "ext" else s for s in solvers]
    lines = ["| instance | reference | " + " | ".join(names) + " |", "|---" * (len(names) + 2) + "|"]
    gaps = {}
    for instance in INSTANCES:
        family, name = instance.split("/")
        by = costs.get(name)
        if not by:
            continue
        known = best_known(family).get(name)
        found = min(min(values) for values in by.values())
        reference = known if known else found
        cells = []
        for solver in solvers:
            values = by.get(solver)
            gap = (sum(values) / len(values) / reference - 1) * 100 if values else None
            cells.append("–" if gap is None else f"{gap:.2f} %")
            if gap is not None:
                gaps.setdefault(family, {}).setdefault(solver, []).append(gap)
        lines.append(f"| {name} | {reference:g}{'' if known else ' *'} | " + " | ".join(cells) + " |")
    for family, by in gaps.items():
        cells = [f"{sum(by[s]) / len(by[s]):.2f} %" if s in by else "–" for s in solvers]
        lines.append(f"| **mean {family}** | | " + " | ".join(cells) + " |")
    return lines


def versions():
    known = []
    for package in ("pyvrp", "pyvroom", "ortools"):
        try:
            known.append(f"{package} {importlib.metadata.version(package)}")
        except importlib.metadata.PackageNotFoundError:
            pass
    return ", ".join(known) or "peers as installed"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--solvers", default="ext,pyvrp")
    parser.add_argument("--results", help="a table of earlier results instead of runs")
    parser.add_argument("--peers", default=versions(), help="versions of the peers, for the head of the table")
    args = parser.parse_args()
    if not os.path.isdir(BENCH):
        sys.exit(f"SKIPPED: {BENCH} is not there; set CARTAGE_SHARED")
    results = os.path.abspath(args.results or os.path.join(TARGET, "bench-routing.jsonl"))
    if not args.results:
        run(args, results)
    head = [
        "# Routing: measured",
        "",
        f"Made by `make bench-routing` on {datetime.date.today()}, {platform.machine()} {platform.system()}, "
        f"one thread, {args.seconds:g} CPU seconds, {args.seeds} seed(s); {args.peers}.",
        "CPU time is counted, so other work on the machine disturbs by way of the caches only.",
        "Gaps of the mean cost above the reference; every solution checked. `*`: no published value by distance,",
        "so the best of these runs stands in.",
        "",
    ]
    path = os.path.join(ROOT, "solver", "BENCHMARKS.md")
    with open(path, encoding="utf-8") as file:
        _, mark, rest = file.read().partition(RICH)
    with open(path, "w", encoding="utf-8") as file:
        file.write("\n".join(head + table(results, args.seconds)) + "\n" + ("\n" + mark + rest if mark else ""))


if __name__ == "__main__":
    main()
