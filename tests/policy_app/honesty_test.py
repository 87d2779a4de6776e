"""A report says where a run is not what its settings say, and what it could not read."""

import json
import shutil
import unittest

import tiny

SWEPT = "Runs that differ in the number of demonstrations only"


class Honesty(tiny.MadeRun):
    def report(self):
        """What `flowkit report` says, for the page see page()."""
        return self.accepted("report")

    def sweep(self, **changes):
        """Sweeps over demonstrations, which the page then shows."""
        made = tiny.call(*tiny.arguments(self.run_folder, run__sweep="2", **changes))
        self.assertEqual(made.returncode, 0, made.stderr)
        self.assertIn(SWEPT, self.page())

    def test_a_student_of_an_older_base_is_not_compared_with_the_new_one(self):
        self.assertNotIn("no longer holds", self.page())
        self.accepted("train", "--steps", "61")
        self.accepted("evaluate")
        self.report()
        page = self.page()
        self.assertIn("sefa@1 and base@2 are not compared: sefa@1 was learnt from files that this "
                      "run no longer holds", page)
        self.assertIn("couple: was made from a policy that this run no longer holds", page)

    def test_students_of_older_couplings_are_listed(self):
        self.accepted("couple", "--noises", "3")
        self.report()
        self.assertIn("sefa: was made from couplings that this run no longer holds", self.page())

    def test_every_setting_of_a_stage_is_compared_with_what_made_it(self):
        for old, new, said in [
                ('rule = "adaptive"', 'rule = "identity"',
                 'align was made with other settings: align.rule was "adaptive", is "identity"'),
                ('solver = "euler"', 'solver = "dormand_prince"', 'couple.solver was "euler"'),
                ("held_out_noises = 1", "held_out_noises = 2",
                 "held_out was made with other settings: couple.held_out_noises was 1, is 2"),
                ("clip_margin = 1.5", "clip_margin = 2",
                 "base was made with other settings: policy.clip_margin was 1.5, is 2"),
                ("episodes = 4", "episodes = 5",
                 "evaluation/sefa@1 was made with other settings: evaluate.episodes was 4, is 5"),
                ("largest_step = inf", "largest_step = 0.5", "evaluate.largest_step was"),
                ("hold = 10", "hold = 11", "collect.hold was 10, is 11"),
                ("seed = 0", "seed = 5", "base was made with other settings: seed was 0, is 5")]:
            with self.subTest(new):
                shutil.copy(self.made / "config.toml", self.run_folder / "config.toml")
                self.replace_setting(old, new)
                self.assertIn(said, self.report())
                self.assertIn("made with other settings", self.page())

    def test_damaged_notes_do_not_stop_a_report(self):
        for name in ["run.json", "collect/stage.json", "base/stage.json", "align/report.json",
                     "align/aligned.safetensors", "evaluation/sefa@1/stage.json",
                     "reflow/policy.safetensors"]:
            with self.subTest(name):
                path = self.run_folder / name
                whole = path.read_bytes()
                path.write_bytes(b"{")
                self.report()
                self.assertIn(name, self.page())
                path.write_bytes(whole)
        shutil.rmtree(self.run_folder / "collect/demonstrations.zarr")
        self.report()
        self.assertIn("<strong>sefa@1</strong> succeeds in", self.page())

    def test_a_damaged_note_does_not_stop_a_run(self):
        (self.run_folder / "run.json").write_text('{"format": "flow', encoding="utf-8")
        self.accepted("run")

    def test_a_configuration_that_lacks_lines_is_remarked(self):
        self.replace_setting("noises = 2", "# noises = 2")
        said = tiny.call("latency", "--run", self.run_folder, "--methods", "sefa@1").stderr
        self.assertIn("says nothing of couple.noises: the defaults are taken", said)

    def test_integers_are_read_alike_everywhere(self):
        self.replace_setting("steps = 60", "steps = 6e1")
        self.accepted("run")

    def test_only_calls_that_begin_a_run_set_its_preset(self):
        self.accepted("train", "--preset", "quick", "--dims", "16 32", "--steps", "3", "--warmup",
                      "1", "--batch", "8", "--set", "policy.validation=0.25", "--threads", "1",
                      "--task", "button_press")
        self.assertNotIn("preset", json.loads((self.run_folder / "run.json").read_text()))

    def test_a_comparison_lists_what_it_does_not_compare(self):
        def compared():
            return json.loads(tiny.call("compare", self.run_folder, "--json").stdout)
        self.accepted("evaluate", "--methods", "base@100 reflow@1")
        before = compared()
        self.assertEqual(before["not_compared"], [])
        self.assertEqual(len(before["verdicts"]), 1)
        self.accepted("evaluate", "--methods", "sefa@1", "--largest-step", "0.5")
        after = compared()
        self.assertEqual(after["verdicts"], [])
        self.assertEqual(len(after["not_compared"]), 1)
        self.assertIn("run, button_press: sefa@1 and base@100 are not compared: ",
                      after["not_compared"][0])

    def test_evaluations_of_other_options_are_not_compared(self):
        self.accepted("evaluate", "--methods", "sefa@1", "--largest-step", "0.5")
        self.report()
        self.assertIn("sefa@1 and base@2 are not compared: they were evaluated in different ways: "
                      "largest step 0.5 and inf", self.page())

    def test_a_sweep_of_other_settings_is_left_out(self):
        self.sweep()
        for old, new in [("log_every = 5", "log_every = 6"), ("block = 32", "block = 33"),
                         ("flow = false", "flow = true")]:
            self.replace_setting(old, new)  # changes no result
        self.report()
        self.assertIn(SWEPT, self.page())
        self.accepted("run", "--set", "distill.steps=41")
        self.assertIn("demonstrations.json: is left out: it was made with other settings: "
                      "distill.steps was 40, is 41", self.page())

    def test_a_sweep_of_other_data_is_left_out(self):
        self.sweep()
        self.accepted("collect", "--demonstrations", "5")
        self.report()
        self.assertIn("the demonstrations are others now", self.page())

    def test_a_sweep_of_other_rounds_is_left_out(self):
        for was, now, stages in [(1, 2, "that it lacks"), (2, 1, "that are no longer made")]:
            with self.subTest(now):
                self.sweep(run__rounds=was, straighten__steps=20)
                self.accepted("run", "--set", f"run.rounds={now}", "--set", "straighten.steps=20")
                page = self.page()
                self.assertNotIn(SWEPT, page)
                self.assertIn(f"run.rounds was {was}, is {now}; stages {stages}: straighten, "
                              "couple_2, held_out_2", page)

    def test_a_sweep_without_the_student_for_comparison_is_shown(self):
        self.sweep()
        self.accepted("run", "--set", "run.reflow=false")
        self.assertIn(SWEPT, self.page())

    def test_a_sweep_is_checked_without_its_data(self):
        self.sweep()
        shutil.rmtree(self.run_folder / "collect")
        self.report()
        self.assertIn(SWEPT, self.page())
        self.replace_setting("steps = 40", "steps = 41")
        self.report()
        self.assertNotIn(SWEPT, self.page())
        self.assertIn("distill.steps was 40, is 41", self.page())

    def test_settings_are_compared_without_a_description(self):
        self.sweep()
        (self.run_folder / "run.json").write_text("{", encoding="utf-8")
        self.replace_setting("steps = 40", "steps = 41")
        self.report()
        page = self.page()
        self.assertNotIn(SWEPT, page)
        self.assertIn("sefa: distill.steps was 40, is 41", page)
        self.assertIn("run.json", page)

    def test_a_stage_that_was_deleted_to_save_space_is_no_objection(self):
        shutil.rmtree(self.run_folder / "couple")
        self.report()
        self.assertNotIn("no longer holds", self.page())

    def test_a_description_that_cannot_be_read_stays(self):
        path = self.run_folder / "run.json"
        path.write_text('{"format": "flow', encoding="utf-8")
        of_run = ["--run", self.run_folder]
        cameras = {f"collect__{name}": str(self.settings()["collect"][name]).lower()
                   for name in ["images", "cameras"]}
        for words in [["report", *of_run], ["distill", *of_run, "--steps", "41"],
                      [*tiny.arguments(self.run_folder, **cameras), "--preset", "quick"]]:
            with self.subTest(words):
                made = tiny.call(*words)
                self.assertEqual(made.returncode, 0, made.stderr)
                self.assertEqual(path.read_text(encoding="utf-8"), '{"format": "flow')


if __name__ == "__main__":
    unittest.main()
