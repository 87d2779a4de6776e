"""Prints results of bench_networks as rows of a Markdown table.

    gpu_table.py RESULTS.json

Exit status 0; 1 if a case failed its check or nothing was measured; 2: wrong usage.
"""

import json
import sys


def row(case):
    """One line of the table: milliseconds of single calls, their floor, and its share."""
    if case.get("error_occurred"):
        return f"| `{case['name']}` | FAILED: {case.get('error_message', 'no reason given')} | | | | |"
    median, tail, floor = (1e3 * case[key] for key in ("p50", "p99", "floor"))
    return (f"| `{case['name']}` | {case['iterations']} | {median:.3g} | {tail:.3g} | {floor:.3g} "
            f"| {100 * floor / median:.0f} % |")


def main(path):
    with open(path, encoding="utf-8") as file:
        try:
            cases = json.load(file)["benchmarks"]
        except (ValueError, KeyError):
            print(f"{path} holds no results", file=sys.stderr)
            return 1
    print("| case | calls | median, ms | p99, ms | floor, ms | share of the floor |")
    print("|---|---|---|---|---|---|")
    for case in cases:
        case["name"] = case["name"].removesuffix("/real_time")
        print(row(case))
    return 0 if cases and not any(case.get("error_occurred") for case in cases) else 1


if __name__ == "__main__":
    if len(sys.argv) != 2:
        print(__doc__, file=sys.stderr)
        sys.exit(2)
    sys.exit(main(sys.argv[1]))
