"""Exact transport: SciPy's linear_sum_assignment beside ours, on the same cost matrices in one run.

    ot.py --ours build/release/bench/bench_coupling [--repetitions 5]

Both sides compute the matrices from one formula, and the total costs must agree to 1e-6 before the
times are compared. SciPy gets float64, the type it works in, so that no conversion is timed. Times are
the fastest of the repetitions, each of which averages over at least 0.2 s.
"""

import argparse
import json
import re
import subprocess
import time

import numpy as np
from scipy.optimize import linear_sum_assignment

LEAST_SECONDS = 0.2
KINDS = {0: "uniform", 2: "normal points, 2-D", 8: "normal points, 8-D"}


def uniform(k):
    """Uniform in (0, 1) from an index: the formula of bench/coupling.cpp."""
    k = (k.astype(np.uint64) + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
    k = (k ^ (k >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    k = (k ^ (k >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    k ^= k >> np.uint64(31)
    return ((k >> np.uint64(11)).astype(float) + 0.5) * 2.0**-53


def normal(k):
    """Standard normal from an index."""
    return np.sqrt(-2 * np.log(uniform(2 * k))) * np.cos(2 * np.pi * uniform(2 * k + 1))


def cost_matrix(n, d):
    """Squared distances of normal points in d dimensions; uniform numbers for d = 0."""
    if d == 0:
        return uniform(np.arange(n * n).reshape(n, n)).astype(np.float32)
    x = normal(np.arange(2 * n * d)).reshape(2 * n, d)
    return np.square(x[:n, None] - x[None, n:]).sum(axis=2).astype(np.float32)


def time_scipy(costs):
    """Milliseconds per call, averaged over at least LEAST_SECONDS."""
    calls, start = 0, time.perf_counter()
    while calls == 0 or time.perf_counter() - start < LEAST_SECONDS:
        linear_sum_assignment(costs)
        calls += 1
    return (time.perf_counter() - start) / calls * 1e3


def run_ours(program, scalar, n, d):
    """Milliseconds per call and total cost of one row of the benchmark."""
    case = rf"^assignment/host<{scalar}>/n:{n}/d:{d}/"
    out = subprocess.run([program, f"--benchmark_filter={case}", "--benchmark_format=json",
                          f"--benchmark_min_time={LEAST_SECONDS}"],
                         capture_output=True, text=True, check=True).stdout
    row, = json.loads(out)["benchmarks"]
    assert re.match(case, row["name"]) and not row.get("error_occurred"), row
    return row["real_time"], row["cost"]


def compare(program, n, d, repetitions):
    """Prints one line. The sides take turns, so that both see the same load of the machine."""
    costs = cost_matrix(n, d).astype(np.float64)
    expected = costs[linear_sum_assignment(costs)].sum()
    best = {"scipy": np.inf, "float": np.inf, "double": np.inf}
    for _ in range(repetitions):
        best["scipy"] = min(best["scipy"], time_scipy(costs))
        for scalar in ("float", "double"):
            milliseconds, total = run_ours(program, scalar, n, d)
            assert abs(total - expected) <= 1e-6 * expected, (n, d, scalar, total, expected)
            best[scalar] = min(best[scalar], milliseconds)
    print(f"{n:5}  {KINDS[d]:18}  {best['scipy']:9.3f}  {best['float']:9.3f}  {best['double']:9.3f}"
          f"  {best['scipy'] / best['float']:8.1f}  {best['scipy'] / best['double']:8.1f}", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ours", required=True, help="benchmark program of this project")
    parser.add_argument("--repetitions", type=int, default=5, help="of which the fastest counts (default 5)")
    args = parser.parse_args()
    print(f"{'n':>5}  {'costs':18}  {'scipy ms':>9}  {'float ms':>9}  {'double ms':>9}  {'ratio':>8}  {'ratio':>8}")
    for n in (256, 1024):
        for d in KINDS:
            compare(args.ours, n, d, args.repetitions)


if __name__ == "__main__":
    main()
