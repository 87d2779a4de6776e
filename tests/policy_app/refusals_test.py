"""A call that is refused leaves no trace, and what one call was given does not stick to the run."""

import json
import pathlib
import shutil
import tempfile
import tomllib
import unittest

import tiny


class Refusals(unittest.TestCase):
    """One tiny run, made once; every test works on a copy of it."""

    @classmethod
    def setUpClass(cls):
        cls.shared = tempfile.TemporaryDirectory()
        cls.made = pathlib.Path(cls.shared.name) / "made"
        result = tiny.call(*tiny.arguments(cls.made))
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
        result = tiny.call(*words)
        self.assertEqual(result.returncode, 2, result.stdout + result.stderr)
        return result.stderr

    def settings(self):
        return tomllib.loads((self.run_folder / "config.toml").read_text(encoding="utf-8"))

    def goes_on(self):
        """The run without options skips everything: nothing has changed."""
        result = tiny.call("run", "--run", self.run_folder)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertNotIn(": done", result.stderr.replace("report: done", ""))

    def test_a_refused_call_creates_no_run(self):
        new = self.folder / "new"
        self.assertIn("nope", self.refused("run", "--task", "nope", "--run", new))
        for command in ["train", "couple", "align", "distill", "evaluate", "latency", "report"]:
            self.refused(command, "--run", new)
        self.assertFalse(new.exists())

    def test_settings_are_checked_before_the_first_stage(self):
        new = self.folder / "new"
        for words, said in [
                (["policy.dims=abc"], "policy.dims"),
                (["backend=metal"], "metal"),
                (["backend=eigen", "precision=bf16"], "bf16"),
                (["policy.execute=20"], "policy.execute"),
                (["policy.horizon=15"], "policy.horizon"),
                (["train.steps=20", "train.warmup=20"], "train.warmup"),
                (["distill.steps=20", "distill.warmup=20"], "distill.warmup"),
                (["run.rounds=2", "straighten.steps=5"], "straighten.steps"),
                (["run.sweep=5 x"], "run.sweep"),
                (["run.sweep=2 100000"], "run.sweep"),
                (["evaluate.methods=foo@1"], "foo"),
                (["evaluate.methods=sefa@0"], "sefa@0"),
                (["policy.state_field=foo"], "policy.state_field"),
                (["evaluate.first_seed=2"], "evaluate.first_seed")]:
            with self.subTest(words):
                words = [word for one in words for word in ("--set", one)]
                self.assertIn(said, self.refused(*tiny.arguments(new), *words))
                self.assertFalse(new.exists())

    def test_a_refused_stage_does_not_change_the_run(self):
        before = self.settings()
        other = self.folder / "other"
        made = tiny.call("collect", "--run", other, "--task", "button_press", "--seed", "7",
                         "--demonstrations", "4", "--quiet")
        self.assertEqual(made.returncode, 0, made.stderr)
        data = other / "collect/demonstrations.zarr"
        self.assertIn("trained on other data",
                      self.refused("couple", "--run", self.run_folder, "--data", data))
        self.refused("run", "--run", self.run_folder, "--task", "nope")
        self.assertEqual(self.settings(), before)
        self.goes_on()

    def test_what_one_call_evaluates_does_not_stick(self):
        before = self.settings()
        result = tiny.call("evaluate", "--run", self.run_folder, "--methods", "base@1",
                           "--set", "train.steps=9999", "--episodes", "3")
        self.assertEqual(result.returncode, 0, result.stderr)
        after = self.settings()
        self.assertEqual(after["evaluate"]["episodes"], 3)
        after["evaluate"]["episodes"] = before["evaluate"]["episodes"]
        self.assertEqual(after, before)

    def test_a_report_says_where_the_run_is_not_what_the_settings_say(self):
        page = (self.run_folder / "report.html").read_text(encoding="utf-8")
        self.assertNotIn("made with other settings", page)
        self.assertIn("processor", page)
        config = self.run_folder / "config.toml"
        text = config.read_text(encoding="utf-8")
        config.write_text(text.replace("steps = 60", "steps = 9999"), encoding="utf-8")
        result = tiny.call("report", "--run", self.run_folder)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn("base was made with other fit", result.stderr)
        page = (self.run_folder / "report.html").read_text(encoding="utf-8")
        self.assertIn("made with other settings", page)

    def test_a_policy_of_another_shape_is_refused(self):
        for command in ["couple", "align", "distill", "evaluate"]:
            for setting in ["policy.horizon=32", "policy.execute=4", "policy.dims=32 64"]:
                with self.subTest([command, setting]):
                    said = self.refused(command, "--run", self.run_folder, "--set", setting)
                    self.assertIn(setting.partition("=")[0], said)
        self.goes_on()

    def test_a_policy_acts_in_its_own_task_only(self):
        policy = self.run_folder / "base/policy.safetensors"
        about = json.loads(tiny.call("info", policy, "--json").stdout)
        self.assertEqual(about["task"], "button_press")
        for words in [["evaluate"], ["latency"],
                      ["evaluate", "--policy", policy]]:
            said = self.refused(*words, "--run", self.run_folder, "--task", "push_around")
            self.assertIn("button_press", said)
        data = self.run_folder / "collect/demonstrations.zarr"
        said = self.refused("train", "--run", self.folder / "new", "--data", data,
                            "--task", "push_around")
        self.assertIn("button_press", said)
        self.assertFalse((self.folder / "new").exists())

    def test_messages_name_what_there_is(self):
        said = self.refused("evaluate", "--run", self.run_folder, "--methods", "foo@1")
        for name in ["foo", "base", "reflow", "sefa"]:
            self.assertIn(name, said)
        text = self.folder / "text.safetensors"
        text.write_text("this is no policy, but a few words\n", encoding="utf-8")
        self.assertIn("is not a safetensors file", self.refused("info", text))
        self.assertIn("holds no evaluations", self.refused("compare", self.folder))
        for command, option in [("report", "--seed"), ("latency", "--episodes")]:
            self.assertIn("unknown option",
                          self.refused(command, "--run", self.run_folder, option, "3"))


if __name__ == "__main__":
    unittest.main()
