"""What the command says to typical mistakes, and with which exit status."""

import json
import pathlib
import re
import resource
import subprocess
import tempfile
import unittest

import tiny

COMMANDS = ["run", "collect", "train", "couple", "align", "distill", "evaluate", "latency",
            "report", "data", "tasks", "info"]


class CommandLine(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.folder = pathlib.Path(temporary.name)

    def refused(self, *words):
        """One line on standard error, nothing on standard output, status 2; returns the line."""
        result = tiny.call(*words)
        self.assertEqual(result.returncode, 2, result.stderr)
        self.assertEqual(result.stdout, "")
        lines = result.stderr.strip().splitlines()
        self.assertEqual(len(lines), 1, result.stderr)
        self.assertTrue(lines[0].startswith("flowkit: "), lines[0])
        return lines[0]

    def test_help_of_every_command_shows_defaults_and_units(self):
        for command in COMMANDS:
            with self.subTest(command):
                result = tiny.call(command, "--help")
                self.assertEqual(result.returncode, 0, result.stderr)
                self.assertIn(f"usage: flowkit {command}", result.stdout)
                self.assertIn("exit status", result.stdout)
                options, _, _ = result.stdout.partition("common options:")
                options = options.partition("default:\n")[2]
                for option in re.split(r"\n  (?=--)", "\n" + options)[1:]:
                    self.assertRegex(" ".join(option.split()), r" [A-Z].*\. .*\(default: .+\)$")
                for line in result.stdout.splitlines():
                    self.assertLessEqual(len(line), 110, line)
        collect = " ".join(tiny.call("collect", "--help").stdout.split())
        self.assertIn("--demonstrations", collect)
        self.assertIn("[episodes] (default: 50)", collect)

    def test_the_overview_names_all_commands(self):
        result = tiny.call("--help")
        self.assertEqual(result.returncode, 0)
        for command in COMMANDS:
            self.assertIn(f"  {command} ", result.stdout)
        self.assertEqual(tiny.call().returncode, 2)

    def test_unknown_words_name_the_nearest(self):
        self.assertIn("did you mean 'collect'?", self.refused("colect"))
        self.assertIn("did you mean 'demonstrations'?",
                      self.refused("collect", "--demonstration", "3"))
        self.assertIn("did you mean 'train.steps'?",
                      self.refused("train", "--set", "train.step=3"))
        self.assertIn("did you mean 'inspect'?", self.refused("data", "inspct", "x"))
        self.assertIn("the actions are inspect, convert and validate", self.refused("data", "foo"))
        self.assertIn("did you mean 'quick'?", self.refused("run", "--preset", "quik"))

    def test_wrong_values_say_what_is_wanted(self):
        self.assertIn("needs an integer", self.refused("train", "--steps", "many"))
        self.assertIn("needs an integer", self.refused("train", "--steps", "1.5"))
        self.assertIn("there is no", self.refused("train", "--steps", "1e3", "--run",
                                                  self.folder / "r"))
        self.assertIn("between", self.refused("collect", "--demonstrations", "0"))
        self.assertIn("must be one of", self.refused("align", "--rule", "best"))
        self.assertIn("has no '='", self.refused("run", "--set", "train.steps"))
        self.assertIn("--steps", self.refused("train", "--steps"))
        self.assertIn("takes no operands", self.refused("train", "steps"))

    def test_what_is_not_there_is_named(self):
        self.assertIn("missing.toml", self.refused("run", "--config", "missing.toml"))
        self.assertIn("missing.zarr", self.refused("data", "inspect", "missing.zarr"))
        self.assertIn("missing.safetensors", self.refused("info", "missing.safetensors"))
        self.assertIn("flowkit collect", self.refused("train", "--run", self.folder / "r"))
        self.assertIn("no_such_task",
                      self.refused("collect", "--task", "no_such_task", "--run", self.folder / "r"))
        self.assertIn("no_such_backend",
                      self.refused("train", "--backend", "no_such_backend",
                                   "--run", self.run_with_data()))

    def run_with_data(self):
        """A run directory in which demonstrations were collected."""
        run = self.folder / "collected"
        result = tiny.call("collect", "--run", run, "--task", "button_press",
                           "--demonstrations", "4", "--quiet")
        self.assertEqual(result.returncode, 0, result.stderr)
        return run

    def test_a_precision_is_one_that_the_backend_has(self):
        run = self.run_with_data()
        said = self.refused("train", "--run", run, "--backend", "eigen", "--precision", "bf16")
        self.assertIn("the backend eigen does not multiply in bf16", said)
        self.assertIn("--precision f32", said)
        if "onednn" in json.loads(tiny.call("info", "--json").stdout)["backends"]:
            self.assertIn("choose --backend onednn, ", said)
        said = self.refused("train", "--run", run, "--backend", "foo", "--precision", "bf16")
        self.assertIn("there is no backend 'foo'", said)
        self.assertNotIn("multiply", said)
        self.assertIn("--precision f32", self.refused("train", "--run", run, "--backend", "eigen", "--precision", "tf32"))
        self.assertIn("must be one of", self.refused("train", "--run", run, "--precision", "f16"))
        if "onednn" not in json.loads(tiny.call("info", "--json").stdout)["backends"]:
            return
        words = ["train", "--run", run, "--dims", "16 32", "--steps", "3", "--warmup", "1",
                 "--batch", "8", "--quiet"]
        for precision, computed in [("f32", "onednn"), ("bf16", "onednn bf16")]:
            result = tiny.call(*words, "--backend", "onednn", "--precision", precision)
            self.assertEqual(result.returncode, 0, result.stderr)
            policy = tiny.call("info", "--json", run / "base/policy.safetensors").stdout
            self.assertEqual(json.loads(policy)["backend"], computed)

    def test_a_mistake_in_a_configuration_names_file_and_line(self):
        path = self.folder / "own.toml"
        path.write_text("[train]\nstepps = 3\n", encoding="utf-8")
        message = self.refused("run", "--config", path)
        self.assertIn("own.toml", message)
        self.assertIn("line 2", message)
        self.assertIn("did you mean 'train.steps'?", message)

    def test_horizons_that_do_not_fit_are_refused(self):
        run = self.run_with_data()
        for words in [["--execute", "20"], ["--observe", "17"], ["--horizon", "15"]]:
            with self.subTest(words[0]):
                self.refused("train", "--run", run, *words)

    def test_damaged_files_are_refused(self):
        run = self.run_with_data()
        (run / "base").mkdir()
        (run / "base/policy.safetensors").write_bytes(b"\x10\0\0\0\0\0\0\0{\"policy\": 1}    ")
        self.assertIn("policy.safetensors", self.refused("couple", "--run", run))
        self.assertIn("policy.safetensors",
                      self.refused("evaluate", "--run", run, "--methods", "base@1"))
        (run / "collect/demonstrations.zarr/meta/episode_ends/.zarray").write_text("{")
        message = self.refused("train", "--run", run)
        self.assertIn("demonstrations.zarr", message)

    def test_data_are_inspected_converted_and_validated(self):
        data = self.run_with_data() / "collect/demonstrations.zarr"
        archive = self.folder / "copy.zip"
        self.assertEqual(tiny.call("data", "convert", data, archive).returncode, 0)
        for path in [data, archive]:
            inspected = tiny.call("data", "inspect", path, "--json")
            self.assertEqual(inspected.returncode, 0, inspected.stderr)
            self.assertEqual(json.loads(inspected.stdout)["episodes"], 4)
            self.assertEqual(tiny.call("data", "validate", path).returncode, 0)
        self.refused("data", "convert", data, archive)

    def test_answers_that_cannot_be_written_are_failures(self):
        for words in [["tasks", "--json"], ["--version"], ["--help"], ["tasks", "--help"]]:
            with self.subTest(words), open("/dev/full", "w", encoding="utf-8") as full:
                result = subprocess.run([tiny.COMMAND, *words], stdout=full, text=True,
                                        stderr=subprocess.PIPE, check=False)
                self.assertEqual(result.returncode, 2)
                self.assertEqual(result.stderr, "flowkit: standard output: cannot write the "
                                                "answer: No space left on device\n")

    def test_no_file_takes_the_place_of_a_closed_standard_output(self):
        run = self.run_with_data()
        lock = run / ".lock"
        lock.unlink()
        result = subprocess.run(["sh", "-c", '"$0" "$@" >&-', tiny.COMMAND, "collect", "--run", run],
                                text=True, stderr=subprocess.PIPE, check=False)
        self.assertEqual(result.returncode, 2)
        self.assertIn("standard output: cannot write the answer", result.stderr)
        self.assertRegex(lock.read_text(encoding="utf-8"), r"^[0-9]+$")

    def test_a_file_over_its_limit_is_a_failed_write(self):
        result = subprocess.run([tiny.COMMAND, "collect", "--run", self.folder / "r", "--task",
                                 "button_press", "--demonstrations", "2", "--quiet"],
                                preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (9, 9)),
                                text=True, capture_output=True, check=False)
        self.assertEqual(result.returncode, 2, result.stderr)
        self.assertIn("cannot write: File too large", result.stderr)

    def test_empty_paths_are_called_empty(self):
        for words in [["data", "inspect", ""], ["info", ""], ["collect", "--run", ""],
                      ["collect", "--config", ""], ["run", "--data", ""]]:
            with self.subTest(words):
                self.assertIn("is empty, perhaps from a variable", self.refused(*words))

    def presets(self):
        """The table of `run --help`: for each preset the settings that it changes or leaves."""
        table = tiny.call("run", "--help").stdout.partition("presets, where")[2]
        rows = [re.split(r"  +", line.strip()) for line in table.splitlines()[1:] if line]
        names = rows[0][2:]
        return {name: {row[0]: row[2 + i] for row in rows if len(row) == 2 + len(names)}
                for i, name in enumerate(names)}

    def test_presets_can_tell_methods_apart(self):
        couple = " ".join(tiny.call("couple", "--help").stdout.split())
        solver = re.search(r'--solver .*?\(default: "(\w+)"\)', couple).group(1)
        presets = self.presets()
        self.assertEqual(list(presets), ["quick", "standard", "paper"])
        for name, settings in presets.items():
            with self.subTest(name):
                aside = round(float(settings["policy.validation"])
                              * int(settings["collect.demonstrations"]))
                # The least p value of a signed-rank test of so many episodes.
                self.assertLess(2 ** (1 - aside), 0.05)
                self.assertEqual(settings.get("couple.solver", solver), "dormand_prince")
                self.assertLessEqual(float(settings["couple.tolerance"]), 1e-3)

    def test_the_configuration_is_remembered(self):
        run = self.run_with_data()
        text = (run / "config.toml").read_text(encoding="utf-8")
        self.assertIn('task = "button_press"', text)
        self.assertIn("demonstrations = 4", text)
        again = tiny.call("collect", "--run", run)
        self.assertEqual(again.returncode, 0, again.stderr)
        self.assertIn("collect: unchanged, skipped", again.stderr)


if __name__ == "__main__":
    unittest.main()
