"""A run of some seconds: every stage, hardly any learning."""

import os
import pathlib
import shutil
import subprocess
import tempfile
import tomllib
import unittest

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


class MadeRun(unittest.TestCase):
    """One tiny run, made once; every test works on a copy of it."""

    @classmethod
    def setUpClass(cls):
        cls.shared = tempfile.TemporaryDirectory()
        cls.made = pathlib.Path(cls.shared.name) / "made"
        result = call(*arguments(cls.made))
        assert result.returncode == 0, result.stderr

    @classmethod
    def tearDownClass(cls):
        cls.shared.cleanup()

    def setUp(self):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.folder = pathlib.Path(temporary.name)
        self.run_folder = self.folder / "run"
        shutil.copytree(self.made, self.run_folder)

    def refused(self, *words):
        """Status 2; returns what was said."""
        result = call(*words)
        self.assertEqual(result.returncode, 2, result.stdout + result.stderr)
        return result.stderr

    def accepted(self, command, *words):
        """Calls a command of the run; returns what it said."""
        result = call(command, "--run", self.run_folder, *words)
        self.assertEqual(result.returncode, 0, result.stderr)
        return result.stderr

    def settings(self):
        return tomllib.loads((self.run_folder / "config.toml").read_text(encoding="utf-8"))

    def replace_setting(self, old, new):
        """Edits config.toml as a person would; `old` is the beginning of a line."""
        config = self.run_folder / "config.toml"
        text = config.read_text(encoding="utf-8")
        self.assertIn("\n" + old, text)
        config.write_text(text.replace("\n" + old, "\n" + new, 1), encoding="utf-8")

    def page(self):
        return (self.run_folder / "report.html").read_text(encoding="utf-8")
