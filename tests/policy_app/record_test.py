"""What a run says about itself: where it comes from, what the guard did, how it was set."""

import json
import pathlib
import re
import shutil
import struct
import tempfile
import unittest

import tiny


def header_of(path):
    """The JSON document of a policy file."""
    data = path.read_bytes()
    (size,) = struct.unpack("<Q", data[:8])
    return json.loads(json.loads(data[8:8 + size])["__metadata__"]["policy"])


class Record(unittest.TestCase):
    """One tiny run in two rounds, from a preset, on a task with two ways."""

    @classmethod
    def setUpClass(cls):
        cls.shared = tempfile.TemporaryDirectory()
        cls.run_folder = pathlib.Path(cls.shared.name) / "run"
        words = tiny.arguments(cls.run_folder, task="push_around", run__rounds=2,
                               straighten__steps=20, evaluate__flow="true", evaluate__windows=4,
                               policy__clip_margin="inf", collect__images="false",
                               couple__windows=40)
        result = tiny.call(*words, "--preset", "quick")
        assert result.returncode == 0, result.stderr
        cls.said = result.stderr

    @classmethod
    def tearDownClass(cls):
        cls.shared.cleanup()

    def read(self, name):
        return json.loads((self.run_folder / name).read_text(encoding="utf-8"))

    def test_provenance_names_what_computed(self):
        info = self.read("run.json")
        self.assertEqual(info["preset"], "quick, changed")
        self.assertEqual(info["provenance"]["seed"], "0")
        for name in ["compiler", "processor", "threads", "backend", "precision", "trained by"]:
            self.assertTrue(info["provenance"].get(name), name)
        self.assertRegex(info["provenance"]["compiler"], r"g\+\+|[Cc]lang")
        self.assertEqual(info["provenance"]["threads"], "1")

    def test_policies_name_task_and_margin(self):
        for method in ["base", "straighten", "reflow", "sefa"]:
            document = header_of(self.run_folder / method / "policy.safetensors")
            self.assertEqual(document["provenance"]["task"], "push_around")
            self.assertGreater(float(document["normalizers"]["state"]["margin"]), 1e300)

    def test_ways_have_their_names(self):
        modes = self.read("align/couplings.json")["modes_before"]
        self.assertTrue(modes)
        for name in modes:
            self.assertNotIn("mode", name)

    def test_both_flows_of_two_rounds_are_measured(self):
        flow = self.read("flow/flow.json")
        self.assertEqual([c["method"] for c in flow["straightness"]], ["base", "straighten"])

    def test_the_guard_limits_steps_if_it_is_told_to(self):
        result = tiny.call("evaluate", "--run", self.run_folder, "--methods", "sefa@1",
                           "--largest-step", "1e-6", "--quiet")
        self.assertEqual(result.returncode, 0, result.stderr)
        episodes = self.read("evaluation/sefa@1/results.json")["episodes"]
        for episode in episodes:
            self.assertGreater(episode["guarded"], 0.9 * 8 * episode["chunks"] - 8)
        table = tiny.call("compare", self.run_folder).stdout
        self.assertIn("guarded · spread", table)

    def test_coupling_counts_the_windows_that_are_coupled(self):
        copy = self.run_folder.parent / "copy"
        shutil.copytree(self.run_folder, copy)
        shutil.rmtree(copy / "couple")
        result = tiny.call("couple", "--run", copy)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn("40/40 windows", result.stderr)
        self.assertIn("80 pairs at 40 of ", result.stdout)

    def test_every_stage_of_two_rounds_may_be_deleted(self):
        copy = self.run_folder.parent / "thinned"
        shutil.copytree(self.run_folder, copy)
        for stage in ["base", "couple", "held_out", "straighten", "couple_2", "held_out_2",
                      "align"]:
            with self.subTest(stage):
                shutil.move(copy / stage, copy.parent / "away")
                result = tiny.call("report", "--run", copy)
                shutil.move(copy.parent / "away", copy / stage)
                self.assertEqual(result.returncode, 0, result.stderr)
                self.assertNotIn("no longer holds",
                                 (copy / "report.html").read_text(encoding="utf-8"))

    def test_a_sweep_is_readable(self):
        result = tiny.call("align", "--run", self.run_folder, "--sweep", "0.05 0.1", "--quiet")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIsNone(re.search(r"\d\.\d{5}", result.stdout), result.stdout)


if __name__ == "__main__":
    unittest.main()
