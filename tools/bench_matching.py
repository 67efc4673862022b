#!/usr/bin/env python3
"""Assignment beside lapjv of lapx, in turns in one run, on one thread.

Tables are made here from a seed: costs drawn evenly from 1 to 9,999, and distances
between points strewn over a square. Both count the search alone, with the table in
memory; both sums are compared. Sparse tables keep 20 candidates of each row, the
cheapest for distances, drawn for the others. Prints the table that
solver/BENCHMARKS.md keeps. Needs numpy and lapx (PyPI)."""

import argparse
import json
import os
import statistics
import subprocess
import tempfile
import time

import lap
import numpy as np


def table(kind, side, draw):
    if kind == "even":
        return draw.integers(1, 10_000, size=(side, side))
    near, far = draw.random((side, 2)) * 10_000, draw.random((side, 2)) * 10_000
    return np.rint(np.hypot(near[:, None, 0] - far[None, :, 0], near[:, None, 1] - far[None, :, 1])).astype(np.int64)


def ours(solve, file):
    said = subprocess.run([solve, "assign", file], capture_output=True, text=True, check=True).stdout
    return json.loads(said.splitlines()[-1])


def candidates(costs, kind, draw, file, most=20):
    side = len(costs)
    with open(file, "w") as out:
        for row in costs:
            cols = np.argsort(row, kind="stable")[:most] if kind == "distance" else draw.choice(side, most, replace=False)
            words = ["-"] * side
            for col in cols:
                words[col] = str(row[col])
            out.write(" ".join(words) + "\n")


def main():
    args = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    args.add_argument("--solve", default="target/debug/solve")
    args.add_argument("--rounds", type=int, default=5)
    args.add_argument("--sides", type=int, nargs="+", default=[1_000, 5_000])
    args = args.parse_args()
    draw = np.random.default_rng(1)
    print("| table | cartage, ms | lapjv, ms | ratio | 20 candidates a row, ms | times faster than full |")
    print("|---|---|---|---|---|---|")
    for side in args.sides:
        for kind in ("even", "distance"):
            costs = table(kind, side, draw)
            wide = costs.astype(float)
            with tempfile.TemporaryDirectory() as folder:
                full, few = os.path.join(folder, "full.txt"), os.path.join(folder, "few.txt")
                np.savetxt(full, costs, fmt="%d")
                candidates(costs, kind, draw, few)
                mine, theirs, sparse = [], [], []
                for _ in range(args.rounds):
                    said = ours(args.solve, full)
                    begun = time.perf_counter()
                    cost, _, _ = lap.lapjv(wide)
                    theirs.append(time.perf_counter() - begun)
                    assert abs(said["cost"] - cost) < 0.5, f"{said['cost']} is not {cost}"
                    mine.append(said["seconds"])
                    sparse.append(ours(args.solve, few)["seconds"])
            a, b, c = (statistics.median(times) * 1_000 for times in (mine, theirs, sparse))
            print(f"| {side} x {side}, {kind} | {a:.1f} | {b:.1f} | {a / b:.2f} | {c:.1f} | {a / c:.1f} |", flush=True)


if __name__ == "__main__":
    main()
