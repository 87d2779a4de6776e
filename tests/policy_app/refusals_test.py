"""A call that is refused leaves no trace, and what one call was given does not stick to the run."""

import hashlib
import json
import unittest

import tiny


def hash_of(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


class Refusals(tiny.MadeRun):
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
                (["evaluate.methods=@1"], "names no policy before the '@'"),
                (["policy.state_field=foo"], "policy.state_field"),
                (["evaluate.first_seed=2"], "evaluate.first_seed"),
                (["evaluate.first_seed=10000000000000000"], "hold seeds below 2^53"),
                (["evaluate.episodes=200000"], "hold 100000 episodes"),
                (["evaluate.latency_chunks=1e6"], "of which a chunk executes 8: give at most "),
                (["run.reflow=false", "evaluate.methods=reflow@1"], "run.reflow"),
                (["evaluate.methods="], "evaluate.methods"),
                (["evaluate.methods=sefa@1000000"], "between 1 and 10000"),
                (["evaluate.methods=../other/sefa@1"], "--policy"),
                (["evaluate.policy=missing.safetensors"], "missing.safetensors"),
                (["observation=images", "policy.crop=200"], "policy.crop"),
                (["policy.state_field=none"], "policy.state_field"),
                (["collect.cameras=front back"], "has the cameras front"),
                (["policy.demonstrations=4"], "only 3 are left"),
                (["align.sweep=0.1"], "align.sweep")]:
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

    def test_settings_that_earlier_versions_accepted_can_be_read(self):
        self.replace_setting("windows = 8\n", "windows = 1000000\n")
        self.replace_setting("latency_chunks = 2\n", "latency_chunks = 2000\n")
        self.accepted("report")
        self.accepted("evaluate", "--methods", "sefa@1")
        results = self.run_folder / "evaluation/sefa@1/results.json"
        self.assertEqual(len(json.loads(results.read_text(encoding="utf-8"))["latency_ms"]), 2000)
        # What the results could not hold is refused only where it would be measured.
        self.replace_setting("latency_chunks = 2000\n", "latency_chunks = 1000000\n")
        self.accepted("report")
        self.assertIn("setting 'evaluate.latency_chunks' is 1000000",
                      self.refused("evaluate", "--run", self.run_folder, "--methods", "sefa@1"))
        self.accepted("evaluate", "--methods", "sefa@1", "--latency-chunks", "2")

    def test_what_one_call_evaluates_does_not_stick(self):
        before = self.settings()
        result = tiny.call("evaluate", "--run", self.run_folder, "--methods", "base@1",
                           "--set", "train.steps=9999", "--episodes", "3")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn("train.steps is used by flowkit train; this call does not change it",
                      result.stderr)
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
        self.assertIn("base was made with other settings: train.steps was 60, is 9999",
                      result.stderr)
        page = (self.run_folder / "report.html").read_text(encoding="utf-8")
        self.assertIn("made with other settings", page)

    def test_a_policy_of_another_shape_is_refused(self):
        for command in ["couple", "align", "distill", "evaluate"]:
            for setting in ["policy.horizon=32", "policy.execute=4", "policy.dims=32 64"]:
                with self.subTest([command, setting]):
                    said = self.refused(command, "--run", self.run_folder, "--set", setting)
                    self.assertIn(setting.partition("=")[0], said)
        self.goes_on()

    def test_what_a_policy_learnt_from_stays_in_later_stages(self):
        for command in ["couple", "align", "distill", "evaluate"]:
            for words, said in [(["--seed", "5"], "seed was 0, is 5"),
                                (["--set", "policy.validation=0.5"],
                                 "policy.validation was 0.25, is 0.5"),
                                (["--observation", "images"], "observation")]:
                with self.subTest([command, words]):
                    self.assertIn(said, self.refused(command, "--run", self.run_folder, *words))
        self.goes_on()

    def test_a_run_refuses_a_policy_of_another_task_at_once(self):
        policy = self.run_folder / "base/policy.safetensors"
        words = tiny.arguments(self.folder / "new", task="push_around", evaluate__policy=policy)
        self.assertIn("learnt in the task button_press", self.refused(*words))
        self.assertFalse((self.folder / "new").exists())

    def test_cameras_are_those_that_were_recorded(self):
        said = self.refused("train", "--run", self.run_folder, "--observation", "images",
                            "--set", "collect.cameras=wrist")
        self.assertIn("'collect.cameras' is 'wrist', but ", said)
        self.assertIn("recorded with 'front wrist'", said)
        self.goes_on()

    def test_what_computes_is_remembered_from_the_first_stage_on(self):
        before = self.settings()["backend"]
        self.accepted("evaluate", "--methods", "base@1", "--backend", "eigen", "--set", "threads=2")
        self.assertEqual(self.settings()["backend"], before)
        self.assertEqual(self.settings()["threads"], 2)
        self.goes_on()
        student = self.run_folder / "sefa/policy.safetensors"
        usual = json.loads(tiny.call("info", student, "--json").stdout)["backend"]
        only = "computed with eigen in this call only: the run remembers " + usual
        said = self.accepted("distill", "--backend", "eigen")
        self.assertEqual(only in said, usual != "eigen", said)
        self.assertEqual(self.settings()["backend"], before)
        said = self.accepted("train", "--backend", "eigen")
        self.assertEqual(self.settings()["backend"], "eigen")
        self.assertNotIn("in this call only", said)

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

    def test_a_comparison_without_some_evaluations_ends_with_1(self):
        lost = self.run_folder / "evaluation/sefa@1/results.json"
        whole = lost.read_text(encoding="utf-8")
        student = self.run_folder / "sefa/policy.safetensors"
        for damaged, problem in [("{", "sefa@1/results.json"),
                                 (whole.replace(hash_of(student), "0" * 64), "measured another")]:
            with self.subTest(problem):
                self.assertNotEqual(damaged, whole)
                lost.write_text(damaged, encoding="utf-8")
                result = tiny.call("compare", self.run_folder, "--quiet", "--json")
                self.assertEqual(result.returncode, 1, result.stderr)
                self.assertIn("left out: ", result.stderr)
                self.assertEqual(result.stderr.count(problem), 1)
                document = json.loads(result.stdout)
                self.assertEqual(len(document["left_out"]), 1)
                self.assertIn(problem, document["left_out"][0])
                [method] = document["runs"][0]["methods"]
                self.assertEqual(method["label"], "base@2")

    def test_a_comparison_says_why_a_run_holds_no_evaluations(self):
        for label in ["base@2", "sefa@1"]:
            (self.run_folder / f"evaluation/{label}/results.json").write_text("{", encoding="utf-8")
        said = self.refused("compare", self.run_folder)
        self.assertIn(f"{self.run_folder} holds no evaluations: ", said)
        self.assertIn("base@2/results.json", said)
        self.assertIn("sefa@1/results.json", said)

    def test_messages_name_what_there_is(self):
        said = self.refused("evaluate", "--run", self.run_folder, "--methods", "foo@1")
        for name in ["foo", "base", "reflow", "sefa"]:
            self.assertIn(name, said)
        text = self.folder / "text.safetensors"
        text.write_text("this is no policy, but a few words\n", encoding="utf-8")
        self.assertIn("is not a safetensors file", self.refused("info", text))
        self.assertIn("holds no evaluations", self.refused("compare", self.folder))
        compared = tiny.call("compare", self.folder, self.run_folder)
        self.assertEqual(compared.returncode, 1, compared.stderr)
        self.assertIn("left out: ", compared.stderr)
        self.assertIn("sefa@1", compared.stdout)
        compared = json.loads(tiny.call("compare", self.folder, self.run_folder, "--json").stdout)
        self.assertIn("holds no evaluations", compared["left_out"][0])
        for name in ["none", "n" * 5000]:
            self.assertIn("is no directory (", self.refused("compare", self.run_folder,
                                                            self.folder / name))
        for command, option in [("report", "--seed"), ("latency", "--episodes")]:
            self.assertIn("unknown option",
                          self.refused(command, "--run", self.run_folder, option, "3"))


if __name__ == "__main__":
    unittest.main()
