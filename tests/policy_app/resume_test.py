"""A run that is killed inside every stage ends as one that is not."""

import hashlib
import json
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import time
import unittest

import tiny

# A file that every stage writes on its way, and how often it does before the stage is killed there.
STAGES = {
    "collect": ("demonstrations.zarr/meta/episode_ends/.zarray", 1),
    "base": ("checkpoint.safetensors", 2),
    "couple": ("parts/block_1.safetensors", 1),
    "held_out": ("parts/block_0.safetensors", 1),
    "align": ("report.json", 1),
    "reflow": ("checkpoint.safetensors", 3),
    "sefa": ("checkpoint.safetensors", 2),
    "evaluation/base@2": ("results.json", 1),
    "evaluation/sefa@1": ("results.json", 1),
    "flow": ("flow.json", 1),
}


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

    def preloaded(self, *words, **environment):
        """Calls with a library that sees every file appear, see kill_at_rename.cpp."""
        options = os.environ.get("ASAN_OPTIONS", "")
        environment |= {"LD_PRELOAD": os.environ["FLOWKIT_KILLER"],
                        "ASAN_OPTIONS": options + ":verify_asan_link_order=0"}
        return subprocess.run([tiny.COMMAND, *map(str, words)], env=os.environ | environment,
                              text=True, capture_output=True, timeout=600, check=False)

    def kill_at(self, run, path, count, *words):
        with self.subTest(path):
            result = self.preloaded(*words, FLOWKIT_KILL_AT=f"{run.name}/{path}",
                                    FLOWKIT_KILL_COUNT=str(count))
            self.assertEqual(result.returncode, -signal.SIGKILL, result.stderr)

    def test_runs_killed_in_every_stage_end_with_the_same_bits(self):
        whole = self.folder / "whole"
        log = self.folder / "renames"
        result = self.preloaded(*tiny.arguments(whole, evaluate__flow="true"),
                                FLOWKIT_RENAMES=str(log))
        self.assertEqual(result.returncode, 0, result.stderr)
        expected = outcome(whole)
        self.assertIn("sefa/policy.safetensors", expected)
        self.assertIn("evaluation/sefa@1/results.json", expected)
        # The list above is complete: no other stage declares itself finished.
        finished = {os.path.relpath(os.path.dirname(line), whole)
                    for line in log.read_text(encoding="utf-8").splitlines()
                    if line.endswith("/stage.json")}
        self.assertEqual(finished, set(STAGES))

        # Where a stage begins, on its way, and where it is about to be complete.
        killed = self.folder / "killed"
        words = tiny.arguments(killed, evaluate__flow="true")
        for stage, (on_its_way, count) in STAGES.items():
            self.kill_at(killed, f"{stage}/stage.partial.json", 1, *words)
            self.kill_at(killed, f"{stage}/{on_its_way}", count, *words)
            self.kill_at(killed, f"{stage}/stage.json", 1, *words)
        self.assertTrue(list(killed.rglob("*.tmp")))
        self.finish(killed, evaluate__flow="true")
        self.assertEqual(outcome(killed), expected)
        self.assertEqual(list(killed.rglob("*.tmp")), [])

    def test_a_collection_killed_between_its_writes_goes_on_behind_the_first(self):
        def words(run):
            return ["collect", "--run", run, "--task", "button_press", "--demonstrations", "20",
                    "--quiet"]

        def data(run):
            root = run / "collect/demonstrations.zarr"
            return {str(path.relative_to(root)): path.read_bytes()
                    for path in root.rglob("*") if path.is_file()}

        whole, killed = self.folder / "whole", self.folder / "killed"
        self.assertEqual(tiny.call(*words(whole)).returncode, 0)
        self.kill_at(killed, "collect/demonstrations.zarr", 1, *words(killed))
        # Sixteen episodes are written at a time, so the second write is that of the last four.
        self.kill_at(killed, "collect/demonstrations.zarr/meta/episode_ends/.zarray", 2,
                     *words(killed))
        inspected = tiny.call("data", "inspect", killed / "collect/demonstrations.zarr", "--json")
        self.assertEqual(json.loads(inspected.stdout)["episodes"], 16)

        result = tiny.call(*words(killed))

        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(data(killed), data(whole))

    def test_more_demonstrations_extend_those_that_are_there(self):
        grown = self.folder / "grown"
        self.finish(grown)
        words = [w for w in tiny.arguments(grown, collect__demonstrations=6) if w != "--quiet"]
        result = tiny.call(*words)
        self.assertEqual(result.returncode, 0, result.stderr)
        for stage in ["collect", "base", "couple", "align", "sefa", "evaluation/sefa@1"]:
            self.assertIn(f"{stage}: done", result.stderr)
        at_once = self.folder / "at_once"
        self.finish(at_once, collect__demonstrations=6)
        self.assertEqual(outcome(grown), outcome(at_once))

        fewer = tiny.call(*tiny.arguments(grown, collect__demonstrations=3))
        self.assertEqual(fewer.returncode, 2, fewer.stderr)
        self.assertIn("policy.demonstrations", fewer.stderr)

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

    def test_a_sweep_is_about_the_couplings_of_the_last_round(self):
        run = self.folder / "two_rounds"
        self.finish(run, run__rounds=2)
        shutil.rmtree(run / "couple")
        result = tiny.call("align", "--run", run, "--sweep", "0.05 1000", "--search", "own_window",
                           "--json", "--quiet")
        self.assertEqual(result.returncode, 0, result.stderr)
        fixed = json.loads(result.stdout)[:2]
        for found in fixed:
            self.assertEqual(found["settings"]["search"], "own_window")
            self.assertEqual(found["replaced_by_other_window"], 0)
        self.assertEqual(fixed[0]["pairs"],
                         json.loads((run / "align/report.json").read_text())["pairs"])

    def test_a_report_leaves_out_results_of_older_policies(self):
        run = self.folder / "retrained"
        self.finish(run)
        again = tiny.call(*tiny.arguments(run, distill__steps=41,
                                          evaluate__methods="base@2"))
        self.assertEqual(again.returncode, 0, again.stderr)
        page = (run / "report.html").read_text(encoding="utf-8")
        self.assertIn("evaluation/sefa@1/results.json", page)
        self.assertIn("measured another policy than sefa/policy.safetensors", page)

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

        # As a call leaves it that was killed right after it had finished.
        left = [path.with_name("episodes-0.json"), path.with_name("stage.partial.json")]
        left[0].write_text("{}", encoding="utf-8")
        shutil.copy(path.with_name("stage.json"), left[1])
        said = self.evaluate(run, "--environments", "3")
        self.assertIn("evaluation/base@2: unchanged, skipped", said)
        self.assertEqual([name for name in left if name.exists()], [])

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
