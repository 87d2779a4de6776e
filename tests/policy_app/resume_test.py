"""A run that is killed at random moments ends as one that is not."""

import hashlib
import json
import pathlib
import random
import signal
import subprocess
import tempfile
import time
import unittest

import tiny

KILLS = 8


def outcome(run):
    """Everything that must be equal: policies, and what evaluation found except for latencies."""
    found = {}
    for path in sorted(run.glob("*/policy.safetensors")):
        found[str(path.relative_to(run))] = hashlib.sha256(path.read_bytes()).hexdigest()
    for path in sorted(run.glob("evaluation/*/results.json")):
        document = json.loads(path.read_text(encoding="utf-8"))
        del document["latency_ms"], document["following_ms"]
        found[str(path.relative_to(run))] = document
    for path in sorted(run.glob("*/metrics.jsonl")):
        found[str(path.relative_to(run))] = path.read_text(encoding="utf-8")
    return found


class Resume(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.folder = pathlib.Path(temporary.name)

    def finish(self, run, **changes):
        result = tiny.call(*tiny.arguments(run, **changes))
        self.assertEqual(result.returncode, 0, result.stderr)

    def start(self, run):
        return subprocess.Popen([tiny.COMMAND, *tiny.arguments(run)], stdout=subprocess.DEVNULL,
                                stderr=subprocess.DEVNULL)

    def test_killed_runs_end_with_the_same_bits(self):
        whole = self.folder / "whole"
        begin = time.monotonic()
        self.finish(whole)
        duration = time.monotonic() - begin
        expected = outcome(whole)
        self.assertIn("sefa/policy.safetensors", expected)
        self.assertIn("evaluation/sefa@1/results.json", expected)

        # The moments are drawn over the duration of a whole run, so that every stage is hit; any
        # moment must do, so the test does not depend on which ones they are.
        killed = self.folder / "killed"
        moments = random.Random(20)
        hits = 0
        for _ in range(KILLS):
            process = self.start(killed)
            try:
                process.wait(timeout=moments.uniform(0.05, 0.6) * duration)
            except subprocess.TimeoutExpired:
                process.send_signal(signal.SIGKILL)
                process.wait()
                hits += 1
        self.assertGreater(hits, 0)
        self.finish(killed)
        self.assertEqual(outcome(killed), expected)

    def test_an_interrupt_ends_at_a_checkpoint(self):
        run = self.folder / "interrupted"
        process = subprocess.Popen([tiny.COMMAND, *tiny.arguments(run, train__steps=1000000)],
                                   stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
        while not (run / "base/checkpoint.safetensors").exists():
            self.assertIsNone(process.poll())
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=120)
        self.assertEqual(process.returncode, 1)
        self.assertIn("stopped at a checkpoint", said)

    def evaluate(self, run, *words):
        """Calls evaluate of a run that is there; returns what it said."""
        result = tiny.call("evaluate", "--run", run, *words)
        self.assertEqual(result.returncode, 0, result.stderr)
        return result.stderr

    def test_a_killed_evaluation_keeps_the_episodes_that_are_over(self):
        whole = self.folder / "whole"
        self.finish(whole, evaluate__episodes=40)
        expected = outcome(whole)
        folder = whole / "evaluation/base@2"
        for path in folder.iterdir():
            path.unlink()
        words = [tiny.COMMAND, "evaluate", "--run", str(whole), "--quiet"]
        process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        journal = folder / "episodes-0.json"
        while not journal.exists() and process.poll() is None:
            time.sleep(0.002)
        process.send_signal(signal.SIGKILL)
        process.wait()
        # Where the machine was so slow to look that all was over, the result is tested alone.
        if not (folder / "stage.json").exists():
            kept = json.loads(journal.read_text(encoding="utf-8"))["episodes"]
            self.assertGreaterEqual(len(kept), 16)
            known = {e["seed"]: e for e in expected["evaluation/base@2/results.json"]["episodes"]}
            for episode in kept:
                self.assertEqual(episode, known[episode["seed"]])
        self.evaluate(whole)
        self.assertEqual(outcome(whole), expected)
        self.assertFalse(journal.exists())

    def test_only_what_matters_runs_episodes_again(self):
        run = self.folder / "run"
        self.finish(run)
        before = outcome(run)
        path = run / "evaluation/base@2/results.json"

        said = self.evaluate(run, "--environments", "3")
        self.assertIn("evaluation/base@2: unchanged, skipped", said)

        said = self.evaluate(run, "--latency-chunks", "3")
        self.assertIn("evaluation/base@2: done", said)
        self.assertEqual(len(json.loads(path.read_text(encoding="utf-8"))["latency_ms"]), 3)
        self.assertEqual(outcome(run), before)

        self.assertIn("evaluation/base@2: done", self.evaluate(run, "--episodes", "5"))
        self.assertNotEqual(outcome(run), before)

    def test_a_changed_option_runs_again_what_depends_on_it(self):
        run = self.folder / "run"
        self.finish(run)
        words = [w for w in tiny.arguments(run, distill__steps=41) if w != "--quiet"]
        result = tiny.call(*words)
        self.assertEqual(result.returncode, 0, result.stderr)
        for stage in ["collect", "base", "couple", "align", "evaluation/base@2"]:
            self.assertIn(f"{stage}: unchanged, skipped", result.stderr)
        for stage in ["sefa", "reflow", "evaluation/sefa@1"]:
            self.assertIn(f"{stage}: done", result.stderr)


if __name__ == "__main__":
    unittest.main()
