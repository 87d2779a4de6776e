"""Prints results of benchmark programs as rows of a Markdown table.

    gpu_table.py RESULTS.json...

Exit status 0; 1 if a case failed its check or a program measured nothing; 2: wrong usage.
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


def finished(text):
    """The results in the text of a program; of one that was cut off, those that are complete."""
    try:
        return json.loads(text)["benchmarks"]
    except ValueError:
        return json.loads(text[:text.rindex("}") + 1] + "]}")["benchmarks"]


def cases_of(path):
    """The results in a file; none if there are none."""
    with open(path, encoding="utf-8") as file:
        text = file.read()
    try:
        cases = finished(text)
    except (ValueError, KeyError):
        cases = []
    if not cases:
        print(f"{path} holds no results", file=sys.stderr)
    return cases


def main(paths):
    results = [cases_of(path) for path in paths]
    print("| case | calls | median, ms | p99, ms | floor, ms | share of the floor |")
    print("|---|---|---|---|---|---|")
    for case in sum(results, []):
        case["name"] = case["name"].removesuffix("/real_time")
        print(row(case))
    failed = any(case.get("error_occurred") for case in sum(results, []))
    return 0 if all(results) and not failed else 1


if __name__ == "__main__":
    if len(sys.argv) < 2:
        print(__doc__, file=sys.stderr)
        sys.exit(2)
    sys.exit(main(sys.argv[1:]))
