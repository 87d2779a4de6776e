"""Networks of policies: our onednn backend beside PyTorch, in the same run on the same machine.

    compare.py --ours build/release/bench/bench_networks [--only train/kitchen/64] [--json]

Rows are train|forward/<small|kitchen|metaworld>/<1|64|256> and encoder_forward|encoder_train/<1|2|128>,
each in f32 and bf16. PyTorch runs eager and compiled, and the faster one counts; in bf16 it casts
automatically, since that is how its users train, and evaluates also with weights in bf16. Both sides use the
same number of threads and take turns, `--repetitions` times per mode; the fastest call of each counts, so that
other work on the machine lowers neither, and of ours the turns beside the mode that won. Parameter counts must
agree before anything is timed. `floor` is what the rates of this machine, as our program measures them, allow
products of every tap on every step; kernels that leave products out stay below it. `share` is floor / ours.
`theirs, any` is PyTorch's best in either precision.
"""

import argparse
import gc
import json
import os
import subprocess
import sys
import time

UNETS = ("small", "kitchen", "metaworld")
PRECISIONS = ("f32", "bf16")


def operations():
    """All rows, cheap ones first."""
    for network in UNETS:
        for batch in (1, 64, 256):
            yield f"forward/{network}/{batch}"
            yield f"train/{network}/{batch}"
    for images in (1, 2, 128):
        yield f"encoder_forward/{images}"
        yield f"encoder_train/{images}"


def run_ours(program, operation, precision, seconds, threads):
    """Milliseconds per call, floor in milliseconds, and parameters, of one row of our program."""
    done = subprocess.run(
        [program, f"--benchmark_filter=^{operation}/onednn_{precision}/", "--benchmark_format=json",
         f"--benchmark_min_time={seconds}"],
        capture_output=True, text=True, env={**os.environ, "FLOWKIT_THREADS": str(threads)})
    try:
        rows = json.loads(done.stdout)["benchmarks"]
    except json.JSONDecodeError:
        rows = []
    if done.returncode != 0 or len(rows) != 1 or rows[0].get("error_occurred"):
        raise RuntimeError(f"our program ended with {done.returncode}, rows {rows}: {done.stderr.strip()}")
    return rows[0]["least"] * 1e3, rows[0]["floor"] * 1e3, rows[0]["parameters"]


def build_theirs(operation, precision, compiled):
    """The network and the calls that are timed."""
    import torch_networks as nets

    kind, *rest = operation.split("/")
    if kind.startswith("encoder"):
        run = nets.EncoderRun(int(rest[0]), precision, compiled)
    else:
        run = nets.UnetRun(rest[0], int(rest[1]), precision, compiled)
    if "train" in kind:
        return run, [run.step]
    return run, [run.evaluate, run.evaluate_cast] if precision == "bf16" else [run.evaluate]


def time_calls(call, seconds):
    """Milliseconds of the fastest call within about so many seconds, two at least."""
    best, end, calls = float("inf"), time.perf_counter() + seconds, 0
    while calls < 2 or time.perf_counter() < end:
        start = time.perf_counter()
        call()
        best = min(best, time.perf_counter() - start)
        calls += 1
    return best * 1e3


def compare(operation, precision, args):
    """One row as a dictionary. The sides take turns; of PyTorch's networks one is in memory at a time."""
    run_ours(args.ours, operation, precision, 0, args.threads)  # fails at once if it must
    ours, theirs, floor = {}, {}, float("inf")
    for mode in args.modes:
        run, calls = build_theirs(operation, precision, mode == "compile")
        for call in calls:
            call()  # compiles
        ours[mode] = theirs[mode] = float("inf")
        for _ in range(args.repetitions):
            milliseconds, limit, count = run_ours(args.ours, operation, precision, args.seconds, args.threads)
            if count != run.parameters():
                raise RuntimeError(f"{count} parameters of ours, but {run.parameters()} of theirs")
            ours[mode], floor = min(ours[mode], milliseconds), min(floor, limit)
            theirs[mode] = min(theirs[mode], *(time_calls(call, args.seconds) for call in calls))
        del run, call, calls
        gc.collect()
    winner = min(theirs, key=theirs.get)
    row = {"operation": operation, "precision": precision, "ours_ms": ours[winner],
           "theirs_ms": theirs[winner], "ratio": theirs[winner] / ours[winner], "floor_ms": floor,
           "share": floor / ours[winner]}
    row.update({f"theirs_{mode}_ms": milliseconds for mode, milliseconds in theirs.items()})
    return row


def add_best_of_both(rows):
    """PyTorch's best in either precision; nothing where only one was measured."""
    for row in rows:
        same = [other["theirs_ms"] for other in rows if other["operation"] == row["operation"]]
        both = len(same) == len(PRECISIONS)
        row["theirs_any_ms"] = min(same) if both else None
        row["ratio_any"] = min(same) / row["ours_ms"] if both else None


def print_table(rows):
    print(f"{'operation':24} {'precision':9} {'ours ms':>10} {'theirs ms':>10} {'ratio':>6} {'floor ms':>10}"
          f" {'share':>6} {'theirs, any':>11} {'ratio':>6}")
    for row in rows:
        any_precision = "" if row["ratio_any"] is None else f" {row['theirs_any_ms']:11.2f} {row['ratio_any']:6.2f}"
        print(f"{row['operation']:24} {row['precision']:9} {row['ours_ms']:10.2f} {row['theirs_ms']:10.2f}"
              f" {row['ratio']:6.2f} {row['floor_ms']:10.2f} {row['share']:6.2f}{any_precision}")


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ours", required=True, help="the program bench_networks")
    parser.add_argument("--only", action="append", help="operation, or the start of several; may be repeated")
    parser.add_argument("--precision", choices=PRECISIONS, action="append", help="default: both")
    parser.add_argument("--modes", nargs="+", choices=("eager", "compile"), default=["eager", "compile"])
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)), help="of both sides")
    parser.add_argument("--repetitions", type=int, default=2, help="turns per mode, the fastest of which counts (2)")
    parser.add_argument("--seconds", type=float, default=2, help="per side and turn (2)")
    parser.add_argument("--json", action="store_true", help="print a list of objects instead of a table")
    return parser.parse_args()


def chosen_operations(only):
    """Those of the given names; a name that is no operation is the start of several."""
    known = list(operations())
    if not only:
        return known
    chosen = set()
    for name in only:
        meant = [name] if name in known else [o for o in known if o.startswith(name)]
        if not meant:
            sys.exit(f"--only {name} selects none of: {' '.join(known)}")
        chosen.update(meant)
    return [o for o in known if o in chosen]


def main():
    args = parse_arguments()
    chosen = chosen_operations(args.only)
    import torch

    torch.set_num_threads(args.threads)
    rows, failed = [], []
    for operation in chosen:
        for precision in args.precision or PRECISIONS:
            try:
                rows.append(compare(operation, precision, args))
                print(f"{operation} {precision}: {rows[-1]['ratio']:.2f}", file=sys.stderr, flush=True)
            except RuntimeError as problem:
                failed.append(f"{operation} {precision}")
                print(f"{failed[-1]} failed: {problem}", file=sys.stderr, flush=True)
            gc.collect()
            torch.compiler.reset()
    add_best_of_both(rows)
    if args.json:
        json.dump(rows, sys.stdout, indent=1)
        print()
    else:
        print_table(rows)
    if failed:
        sys.exit(f"failed: {', '.join(failed)}")


if __name__ == "__main__":
    main()
