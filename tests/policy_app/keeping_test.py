"""Finished results survive a call that is refused, and what two calls do at once."""

import fcntl
import json
import os
import re
import resource
import shutil
import signal
import struct
import subprocess
import time
import unittest

import tiny


def write_array(folder, code, shape, values):
    """An array of a zarr anew, in one chunk that is not compressed."""
    shutil.rmtree(folder)
    folder.mkdir()
    about = {"zarr_format": 2, "shape": shape, "chunks": shape, "dtype": code, "compressor": None,
             "fill_value": 0, "order": "C", "filters": None}
    (folder / ".zarray").write_text(json.dumps(about), encoding="utf-8")
    (folder / ".".join("0" for _ in shape)).write_bytes(values)


class Keeping(tiny.MadeRun):
    def bytes_of(self, *names):
        return [(self.run_folder / name).read_bytes() for name in names]

    def refused_without_a_trace(self, *words, keeps):
        """What the call says; the files and the settings stay as they are."""
        names = ["config.toml", *keeps]
        before = self.bytes_of(*names)
        said = self.refused(words[0], "--run", self.run_folder, *words[1:])
        self.assertEqual(self.bytes_of(*names), before, said)
        return said

    def test_a_refused_evaluation_keeps_its_results(self):
        for words, said in [(["--seed", "5"], "seed was 0, is 5"),
                            (["--set", "policy.validation=0.75"],
                             "policy.validation was 0.25, is 0.75"),
                            (["--set", "policy.state_field=proprioception"],
                             "policy.state_field was")]:
            with self.subTest(words):
                self.assertIn(said, self.refused_without_a_trace(
                    "evaluate", *words, keeps=["evaluation/base@2/results.json",
                                               "evaluation/sefa@1/stage.json"]))

    def other_data(self):
        """As many demonstrations as the run has, but others."""
        other = self.folder / "other"
        made = tiny.call("collect", "--run", other, "--task", "button_press", "--seed", "7",
                         "--demonstrations", "4", "--quiet")
        self.assertEqual(made.returncode, 0, made.stderr)
        return other / "collect/demonstrations.zarr"

    def test_other_data_do_not_pass_for_those_that_were_learnt(self):
        data = self.other_data()
        for command in ["align", "distill", "evaluate"]:
            said = self.refused_without_a_trace(
                command, "--data", data, keeps=["evaluation/sefa@1/results.json"])
            self.assertIn("trained on other data", said)
            self.assertIn("leave --data as it was, or train again", said)

    def test_a_refused_training_keeps_the_policy(self):
        for command, setting, said in [
                ("train", "policy.horizon=1000", "the longest of all has "),
                ("train", "train.batch=60000", "(train.batch) cannot be drawn from"),
                ("distill", "distill.batch=60000", "(distill.batch) cannot be drawn from")]:
            with self.subTest(setting):
                self.assertIn(said, self.refused_without_a_trace(
                    command, "--set", setting,
                    keeps=["base/policy.safetensors", "reflow/policy.safetensors",
                           "sefa/policy.safetensors"]))

    def test_an_alignment_of_other_couplings_is_refused_in_time(self):
        shutil.copy(self.run_folder / "held_out/couplings.safetensors",
                    self.run_folder / "couple/couplings.safetensors")
        shutil.copy(self.run_folder / "sefa/policy.safetensors",
                    self.run_folder / "base/policy.safetensors")
        said = self.refused_without_a_trace("align", keeps=["align/aligned.safetensors"])
        self.assertIn("were not generated with the policy", said)

    def test_files_of_somebody_else_stop_a_stage_before_it_is_remembered(self):
        base = self.run_folder / "base"
        shutil.rmtree(base)
        base.mkdir()
        (base / "thesis.tex").write_text("years of work", encoding="utf-8")
        self.assertIn("no results of this kind", self.refused_without_a_trace(
            "train", "--steps", "61", keeps=["base/thesis.tex"]))

    def test_a_damaged_record_is_called_what_it_is(self):
        (self.run_folder / "base/stage.json").write_text("{", encoding="utf-8")
        said = self.refused_without_a_trace("train", "--steps", "61",
                                            keeps=["base/policy.safetensors"])
        self.assertIn("record cannot be read", said)
        self.assertIn("stage.json", said)

    def test_a_policy_from_another_folder_has_a_name_of_its_own(self):
        shutil.copytree(self.run_folder / "sefa", self.run_folder / "other")
        before = self.bytes_of("evaluation/sefa@1/results.json")
        said = self.accepted("evaluate", "--methods", "other@1 sefa@1 other@01")
        self.assertEqual(said.count("evaluation/other@1: "), 1)
        self.assertEqual(self.bytes_of("evaluation/sefa@1/results.json"), before)
        said = self.refused_without_a_trace("evaluate", "--methods", "../run/sefa@1", keeps=[])
        self.assertIn("--policy", said)

    def test_a_policy_file_from_elsewhere_is_evaluated_as_far_as_it_can_be(self):
        words = tiny.arguments(self.folder / "elsewhere", seed=3, evaluate__methods="base@1")
        made = tiny.call(*words)
        self.assertEqual(made.returncode, 0, made.stderr)
        said = self.accepted("evaluate", "--policy", self.folder / "elsewhere/sefa/policy.safetensors")
        self.assertIn("no distances, because the policy was trained on other data", said)

    def trained_elsewhere(self, **changes):
        """What an evaluation of a base policy of another run measured, and what was said."""
        words = tiny.arguments(self.folder / "elsewhere", **changes)
        made = tiny.call("train", *words[1:])
        self.assertEqual(made.returncode, 0, made.stderr)
        said = self.accepted("evaluate", "--policy",
                             self.folder / "elsewhere/base/policy.safetensors")
        [path] = self.run_folder.glob("evaluation/file-*/results.json")
        return json.loads(path.read_text(encoding="utf-8")), said

    def test_no_distances_at_windows_of_other_data(self):
        data = self.folder / "more/collect/demonstrations.zarr"
        made = tiny.call("collect", "--run", self.folder / "more", "--task", "button_press",
                         "--demonstrations", "6", "--quiet")
        self.assertEqual(made.returncode, 0, made.stderr)
        result, said = self.trained_elsewhere(data=data)
        self.assertIn("no distances, because the policy was trained on other data", said)
        self.assertIn("trained on other data", result["without_windows"])
        self.assertEqual(result["windows"]["distance"], [])
        self.assertEqual(len(result["episodes"]), 4)
        self.accepted("report")
        self.assertIn("the policy was trained on other data", self.page())

    def test_distances_of_a_policy_that_put_the_same_episodes_aside(self):
        data = self.run_folder / "collect/demonstrations.zarr"
        result, said = self.trained_elsewhere(data=data, policy__horizon=24)
        self.assertNotIn("no distances", said)
        self.assertGreater(len(result["windows"]["distance"]), 0)
        self.assertEqual((result["horizon"], result["observe"], result["executed"]), (24, 2, 8))

    def test_no_distances_where_other_episodes_were_put_aside(self):
        data = self.run_folder / "collect/demonstrations.zarr"
        result, _ = self.trained_elsewhere(data=data, policy__validation=0.5)
        self.assertIn("a share of 0.5, not of 0.25", result["without_windows"])

    def test_a_run_whose_demonstrations_grew_is_evaluated_without_distances(self):
        self.accepted("collect", "--demonstrations", "6")
        said = self.accepted("evaluate")
        reason = ("collect has 6 demonstrations, and there were 4 when the policy was trained; "
                  "train again")
        self.assertIn("no distances, because the policy was trained on other data: " + reason, said)
        result = json.loads(self.bytes_of("evaluation/sefa@1/results.json")[0])
        self.assertIn(reason, result["without_windows"])
        self.assertEqual(len(result["episodes"]), 4)
        for command in ["couple", "align", "distill"]:
            self.assertIn(reason, self.refused(command, "--run", self.run_folder))

    def test_data_of_ones_own_that_grew_are_not_called_others(self):
        elsewhere = self.folder / "elsewhere"
        data = self.run_folder / "collect/demonstrations.zarr"
        made = tiny.call("train", *tiny.arguments(elsewhere, data=data)[1:])
        self.assertEqual(made.returncode, 0, made.stderr)
        self.accepted("collect", "--demonstrations", "6")
        grown = "demonstrations.zarr has 6 demonstrations, and there were 4 when the policy was "
        said = self.refused("couple", "--run", elsewhere)
        self.assertIn(grown + "trained; train again", said)
        self.assertNotIn("--data", said)
        self.accepted("train")
        said = self.refused("couple", "--run", self.run_folder, "--data", self.other_data())
        self.assertIn("and there were 6 when the policy was trained; leave --data as it was", said)

    def test_other_fields_measure_a_policy_from_elsewhere_again(self):
        shutil.copytree(self.run_folder / "base", self.run_folder / "other")
        path = "evaluation/other@1/results.json"
        self.accepted("evaluate", "--methods", "other@1")
        for setting, measured in [("policy.state_field=proprioception", 0),
                                  ("policy.state_field=state", 8),
                                  ("observation=images", 0), ("seed=0", 8),
                                  ("policy.action_field=proprioception", 0)]:
            with self.subTest(setting):
                said = self.accepted("evaluate", "--methods", "other@1", "--set", setting)
                self.assertIn("evaluation/other@1: done", said)
                windows = json.loads(self.bytes_of(path)[0])["windows"]
                self.assertEqual(len(windows["distance"]), measured)
                said = self.accepted("evaluate", "--methods", "other@1", "--set", setting)
                self.assertIn("evaluation/other@1: unchanged, skipped", said)

    def data_of_run(self):
        """The folder of the demonstrations, and how many frames they have."""
        data = self.run_folder / "collect/demonstrations.zarr"
        inspected = tiny.call("data", "inspect", data, "--json")
        return data, json.loads(inspected.stdout)["frames"]

    def shorten_episode_put_aside(self):
        """Leaves ten frames of it and cuts the others equally long."""
        result = json.loads(self.bytes_of("evaluation/base@2/results.json")[0])
        [aside] = set(result["windows"]["episode"])
        data, frames = self.data_of_run()
        lengths = [10 if e == aside else (frames - 10) // 3 for e in range(4)]
        ends = [sum(lengths[:e + 1]) for e in range(4)]
        write_array(data / "meta/episode_ends", "<i8", [4], struct.pack("<4q", *ends))
        return data

    too_short = ("the longest of the episodes that were put aside has 10 steps, too few for the "
                 "policy's horizon of 24")

    def test_no_distances_of_a_policy_from_elsewhere_whose_horizon_is_too_long(self):
        data = self.shorten_episode_put_aside()
        result, said = self.trained_elsewhere(data=data, policy__horizon=24)
        self.assertIn(f"no distances, because {self.too_short}", said)
        self.assertEqual(result["without_windows"], self.too_short)
        self.assertEqual(len(result["episodes"]), 4)

    def test_no_measures_at_episodes_that_are_too_short(self):
        before = self.bytes_of(*(names := self.measured_flow()))
        self.shorten_episode_put_aside()
        self.accepted("train", "--set", "policy.horizon=24")
        said = self.accepted("evaluate", "--methods", "base@2")
        self.assertIn(f"base@2: no distances, because {self.too_short}", said)
        self.assertIn(f"flow: skipped, because of base: {self.too_short}", said)
        self.assertEqual(self.bytes_of(*names), before)

    def test_no_distances_to_experts_of_another_width(self):
        data, frames = self.data_of_run()
        write_array(data / "data/clean_action", "<f4", [frames, 5], bytes(4 * 5 * frames))
        result, _ = self.trained_elsewhere(data=data)
        self.assertIn("field 'clean_action' has 5 numbers per frame, but 'action' has 4",
                      result["without_windows"])
        self.assertEqual(len(result["episodes"]), 4)

    def measured_flow(self):
        """Measures the flow of the run; the names of its files."""
        self.accepted("evaluate", "--methods", "base@2", "--set", "evaluate.flow=true")
        return ["flow/flow.json", "flow/stage.json"]

    def test_a_flow_knows_the_data_that_it_was_measured_at(self):
        self.measured_flow()
        flow, base = (json.loads(record) for record in
                      self.bytes_of("flow/stage.json", "base/stage.json"))
        self.assertEqual(flow["inputs"]["data"], base["inputs"]["data"])

    def test_policies_from_elsewhere_leave_the_flow_of_the_run(self):
        before = self.bytes_of(*(names := self.measured_flow()))
        shutil.copytree(self.run_folder / "base", self.run_folder / "other")
        data = self.folder / "data.zarr"
        shutil.copytree(self.run_folder / "collect/demonstrations.zarr", data)
        for words in [["--seed", "5"], ["--windows", "6", "--set", "policy.horizon=24"],
                      ["--windows", "6", "--set", "policy.validation=0.5"],
                      ["--windows", "6", "--data", data]]:
            with self.subTest(words):
                said = self.accepted("evaluate", "--methods", "other@1", *words)
                self.assertNotIn("flow: ", said)
                self.assertEqual(self.bytes_of(*names), before)

    def test_a_flow_is_not_measured_at_windows_that_it_learnt_from(self):
        before = self.bytes_of(*(names := self.measured_flow()))
        self.accepted("collect", "--demonstrations", "6")
        for words in [["--methods", "base@2"], ["--windows", "16"]]:
            with self.subTest(words):
                said = self.accepted("evaluate", *words)
                self.assertIn("flow: skipped, because of base: the policy was trained on other "
                              "data: collect has 6 demonstrations, and there were 4", said)
                self.assertEqual(self.bytes_of(*names), before)

    def test_a_flow_of_another_shape_than_the_student_is_measured_as_it_is(self):
        names = self.measured_flow()
        before = self.bytes_of(*names)
        self.accepted("train", "--set", "policy.horizon=24")
        self.accepted("evaluate", "--methods", "sefa@1", "--set", "policy.horizon=16")
        self.assertNotEqual(self.bytes_of(*names), before)

    def test_a_base_that_was_deleted_to_save_space_is_no_objection(self):
        before = self.bytes_of(*(names := self.measured_flow()))
        shutil.rmtree(self.run_folder / "base")
        said = self.accepted("evaluate", "--methods", "sefa@1")
        self.assertIn("flow: skipped, because of base: there is no ", said)
        self.assertEqual(self.bytes_of(*names), before)

    def test_a_folder_from_elsewhere_may_have_any_shape(self):
        words = tiny.arguments(self.folder / "elsewhere", policy__horizon=24,
                               data=self.run_folder / "collect/demonstrations.zarr")
        made = tiny.call("train", *words[1:])
        self.assertEqual(made.returncode, 0, made.stderr)
        shutil.copytree(self.folder / "elsewhere/base", self.run_folder / "other")
        self.accepted("evaluate", "--methods", "other@1")
        self.assertTrue((self.run_folder / "evaluation/other@1/results.json").exists())

    def test_an_unknown_seed_of_training_is_left_out(self):
        path = self.run_folder / "base/policy.safetensors"
        whole = path.read_bytes()
        changed = re.sub(rb'(train_base[\\]*":[\\]*")(\d)',
                         lambda m: m[1] + (b"1" if m[2] != b"1" else b"2"), whole)
        self.assertNotEqual(changed, whole)
        other = self.folder / "other.safetensors"
        other.write_bytes(changed)
        self.accepted("evaluate", "--policy", other)
        [path] = self.run_folder.glob("evaluation/file-*/results.json")
        self.assertNotIn("training_seed", json.loads(path.read_text(encoding="utf-8")))

    def test_a_lock_whose_owner_cannot_be_noted_is_held(self):
        def nothing_fits():
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
        result = subprocess.run([tiny.COMMAND, "train", "--run", self.run_folder, "--steps", "61"],
                                text=True, capture_output=True, preexec_fn=nothing_fits,
                                restore_signals=False, check=False)
        self.assertNotEqual(result.returncode, 0)
        self.assertNotIn("is in use", result.stderr)

    def test_a_lock_is_for_all_who_may_write_here(self):
        lock = self.run_folder / ".lock"
        lock.unlink()
        result = subprocess.run([tiny.COMMAND, "run", "--run", self.run_folder, "--quiet"],
                                preexec_fn=lambda: os.umask(0), capture_output=True, check=False)
        self.assertEqual(result.returncode, 0)
        self.assertEqual(lock.stat().st_mode & 0o777, 0o666)

    @unittest.skipIf(os.geteuid() == 0, "root may write everything")
    def test_a_lock_of_another_user_is_respected(self):
        lock = self.run_folder / ".lock"
        with open(lock, "rb") as held:
            fcntl.flock(held, fcntl.LOCK_EX)
            lock.chmod(0o444)
            self.assertIn("is in use", self.refused("train", "--run", self.run_folder))

    def test_a_lock_that_is_a_link_is_refused_and_its_target_kept(self):
        precious = self.folder / "precious"
        lock = self.run_folder / ".lock"
        for content in ["years of work", None]:
            with self.subTest(content):
                lock.unlink()
                if content:
                    precious.write_text(content, encoding="utf-8")
                else:
                    precious.unlink()
                lock.symlink_to(precious)
                self.assertIn(".lock: is a symbolic link",
                              self.refused("train", "--run", self.run_folder))
                self.assertEqual(precious.exists(), content is not None)
                if content:
                    self.assertEqual(precious.read_text(encoding="utf-8"), content)

    def test_a_lock_that_holds_something_else_is_held_and_kept(self):
        lock = self.run_folder / ".lock"
        for content in ["years of work", "12345678901234567890123456", "1 2"]:
            with self.subTest(content):
                lock.write_text(content, encoding="utf-8")
                self.accepted("run")
                self.assertEqual(lock.read_text(encoding="utf-8"), content)

    def test_a_lock_whose_owner_is_not_known_names_none(self):
        lock = self.run_folder / ".lock"
        ended = subprocess.Popen([tiny.COMMAND, "--version"], stdout=subprocess.DEVNULL)
        ended.wait()
        for content in [str(ended.pid), "", "-1", "no number"]:
            with self.subTest(content), open(lock, "rb") as held:
                lock.write_text(content, encoding="utf-8")
                fcntl.flock(held, fcntl.LOCK_EX)
                self.assertIn("is in use by another flowkit: wait",
                              self.refused("train", "--run", self.run_folder))

    def test_two_processes_do_not_change_a_run_at_once(self):
        run = self.run_folder
        words = [tiny.COMMAND, "train", "--run", str(run), "--steps", "1000000", "--quiet"]
        process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        while not (run / "base/checkpoint.safetensors").exists():
            self.assertIsNone(process.poll())
            time.sleep(0.02)
        for command in ["train", "evaluate", "run"]:
            said = self.refused(command, "--run", run)
            self.assertIn(f"is in use by another flowkit (pid {process.pid})", said)
        self.assertEqual(tiny.call("compare", run).returncode, 0)
        process.send_signal(signal.SIGKILL)
        process.wait()
        self.accepted("train", "--steps", "61")


if __name__ == "__main__":
    unittest.main()
