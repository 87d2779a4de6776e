"""A run of some seconds: every stage, hardly any learning."""

import os
import subprocess

COMMAND = os.environ["FLOWKIT_COMMAND"]

SETTINGS = {
    "task": "button_press",
    "threads": 1,
    "collect.demonstrations": 4,
    "policy.dims": "16 32",
    "policy.time_embedding": 16,
    "policy.validation": 0.25,
    "train.steps": 60,
    "train.batch": 16,
    "train.warmup": 5,
    "train.log_every": 5,
    "train.evaluate_every": 20,
    "train.checkpoint_every": 5,
    "train.held_out_windows": 16,
    "couple.noises": 2,
    "couple.solver": "euler",
    "couple.steps": 4,
    "couple.block": 32,
    "distill.steps": 40,
    "distill.batch": 16,
    "distill.warmup": 5,
    "distill.log_every": 5,
    "distill.evaluate_every": 20,
    "distill.checkpoint_every": 5,
    "distill.held_out_windows": 16,
    "evaluate.methods": "base@2 sefa@1",
    "evaluate.episodes": 4,
    "evaluate.environments": 2,
    "evaluate.latency_chunks": 2,
    "evaluate.windows": 8,
    "evaluate.window_noises": 1,
    "evaluate.film_frames": 0,
    "evaluate.flow": "false",
}


def arguments(folder, **changes):
    """Words of a tiny run in a folder; changes are settings with "__" for the dot, None: unset."""
    settings = SETTINGS | {name.replace("__", "."): value for name, value in changes.items()}
    words = ["run", "--run", str(folder), "--quiet"]
    for name, value in settings.items():
        if value is not None:
            words += ["--set", f"{name}={value}"]
    return words


def call(*words, timeout=600):
    return subprocess.run([COMMAND, *map(str, words)], text=True, capture_output=True,
                          timeout=timeout, check=False)
