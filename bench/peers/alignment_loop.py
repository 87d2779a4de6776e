"""Selective alignment as the published SeFA code does it, beside ours on the same data.

    alignment_loop.py --ours build/release/bench/bench_alignment [--couplings 20]

For every coupling a Python loop over the offsets of a demonstration compares its chunk with that
window of all demonstrations at once (NumPy), collects the windows nearer than 0.1, and takes the one
with the nearest features. Features are computed beforehand, which the original does inside the loop.
The loop is timed over a few couplings and scaled to all of them: its cost per coupling is the same.
"""

import argparse
import json
import subprocess
import time

import numpy as np

STEPS, WIDTH, FRAME, WINDOWS_EACH = 16, 4, 68, 100


def demonstrations(windows):
    """The formula of bench/alignment.cpp: actions [episode, time, 4], frames [episode, time, 68]."""
    e = np.arange(windows // WINDOWS_EACH, dtype=float)[:, None, None]
    t = np.arange(WINDOWS_EACH + STEPS, dtype=float)[None, :, None]
    j = np.arange(WIDTH, dtype=float)
    k = np.arange(FRAME, dtype=float)
    actions = 0.5 * np.sin(0.07 * t + 0.9 * j + 0.61 * e) + 0.3 * np.sin(0.013 * t * (j + 1) + 1.7 * e)
    frames = np.sin(0.11 * t + 0.5 * k + 0.77 * e)
    return actions.astype(np.float32), frames.astype(np.float32)


def coupling(i, windows, actions, frames):
    """Chunk and condition of coupling i."""
    w = i * 7919 % windows
    e, t = divmod(w, WINDOWS_EACH)
    c = np.arange(STEPS * WIDTH).reshape(STEPS, WIDTH)
    noise = 0.05 * np.sin(12.9898 * i + 78.233 * c)
    return actions[e, t:t + STEPS] + noise.astype(np.float32), frames[e, t:t + 2].ravel()


def align(chunk, condition, actions, frames, radius=0.1, feature_radius=1e-3):
    """The chunk to train on and whether it was replaced."""
    candidates = []
    for s in range(WINDOWS_EACH):
        difference = actions[:, s:s + STEPS] - chunk
        distance = np.linalg.norm(difference, axis=2).mean(axis=1)
        candidates += [(e, s) for e in np.flatnonzero(distance < radius)]
    if not candidates:
        return chunk, False
    features = np.stack([frames[e, s:s + 2].ravel() for e, s in candidates])
    feature_distance = np.linalg.norm(features - condition, axis=1)
    best = int(np.argmin(feature_distance))
    e, s = candidates[best]
    if feature_distance[best] >= feature_radius:
        return chunk, False
    return actions[e, s:s + STEPS], True


def time_loop(windows, couplings):
    """Seconds per coupling; checks that every coupling meets its own window."""
    actions, frames = demonstrations(windows)
    pairs = [coupling(i, windows, actions, frames) for i in range(couplings)]
    align(*pairs[0], actions, frames)
    start = time.perf_counter()
    replaced = [align(chunk, condition, actions, frames)[1] for chunk, condition in pairs]
    seconds = (time.perf_counter() - start) / couplings
    assert all(replaced), "the loop did not align its couplings"
    return seconds


def time_ours(program):
    """Milliseconds of the benchmark's row."""
    out = subprocess.run([program, "--benchmark_filter=align/selective/eigen/", "--benchmark_format=json"],
                         capture_output=True, text=True, check=True).stdout
    row = json.loads(out)["benchmarks"][0]
    assert not row.get("error_occurred"), row
    return row["real_time"]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ours", required=True, help="benchmark program of this project")
    parser.add_argument("--couplings", type=int, default=20, help="timed in the loop (default 20)")
    args = parser.parse_args()
    windows = 10000
    loop = time_loop(windows, args.couplings) * windows
    ours = time_ours(args.ours) / 1e3
    print(f"loop, scaled from {args.couplings} couplings: {loop:.1f} s")
    print(f"ours:  {ours:.3f} s")
    print(f"ratio: {loop / ours:.0f}")


if __name__ == "__main__":
    main()
