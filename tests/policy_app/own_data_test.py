"""Demonstrations that come from elsewhere: fields of other names, and no simulation."""

import json
import pathlib
import struct
import tempfile
import unittest
import zipfile

import tiny

EPISODES = 8
LENGTH = 30
SIDE = 20


def npy(shape, code, values):
    """An array as the file format of NumPy."""
    header = f"{{'descr': '{code}', 'fortran_order': False, 'shape': {shape}, }}"
    header = header.ljust(117) + "\n"
    letter = {"<f4": "f", "<i8": "q", "|u1": "B"}[code]
    return (b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode()
            + struct.pack(f"<{len(values)}{letter}", *values))


def write_data(path, of_frame_40=None):
    """A point that moves along a line, as somebody else might have recorded it."""
    frames = EPISODES * LENGTH
    place = [[(i % LENGTH) / LENGTH, (i // LENGTH) / EPISODES] for i in range(frames)]
    command = [[1 / LENGTH + 0.01 * (i % 3), 0.1 * ((i // LENGTH) % 2)] for i in range(frames)]
    if of_frame_40 is not None:
        command[40][1] = of_frame_40
    flat = lambda rows: [number for row in rows for number in row]
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("obs_place.npy", npy((frames, 2), "<f4", flat(place)))
        archive.writestr("command.npy", npy((frames, 2), "<f4", flat(command)))
        pixels = [i % 251 for i in range(frames * SIDE * SIDE * 3)]
        archive.writestr("picture.npy", npy((frames, SIDE, SIDE, 3), "|u1", pixels))
        ends = [LENGTH * (i + 1) for i in range(EPISODES)]
        archive.writestr("episode_ends.npy", npy((EPISODES,), "<i8", ends))


class OwnData(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.folder = pathlib.Path(temporary.name)
        self.data = self.folder / "own.npz"
        write_data(self.data)

    def test_fields_that_are_missing_are_named_with_those_there_are(self):
        result = tiny.call("train", "--run", self.folder / "run", "--data", self.data)
        self.assertEqual(result.returncode, 2)
        lines = result.stderr.strip().splitlines()
        self.assertEqual(len(lines), 1, result.stderr)
        for word in ["own.npz", "'action' (--action-field)", "'state' (--state-field)", "command",
                     "obs_place"]:
            self.assertIn(word, lines[0])

    def test_a_number_that_cannot_be_learnt_from_is_named_with_its_place(self):
        for wrong, named in [(float("nan"), "nan"), (1e38, "9.99999968")]:
            with self.subTest(named):
                write_data(self.data, wrong)
                run = self.folder / "run"
                for command in ["train", "run"]:
                    result = tiny.call(command, "--run", run, "--data", self.data, "--set",
                                       "policy.state_field=obs_place", "--set",
                                       "policy.action_field=command")
                    self.assertEqual(result.returncode, 2, result.stderr)
                    self.assertIn(f"own.npz: field command: frame 40, number 1 is {named}", result.stderr)
                    self.assertFalse(run.exists())

    def test_a_run_ends_with_a_student_and_a_report(self):
        words = tiny.arguments(self.folder / "run", task=None, data=self.data,
                               policy__state_field="obs_place", policy__action_field="command",
                               evaluate__flow="true")
        words.remove("--quiet")
        result = tiny.call(*words)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn("evaluation needs a simulated task", result.stderr)
        run = self.folder / "run"
        self.assertIn("student: ", result.stdout)
        self.assertIn(str(run / "report.html"), result.stdout)
        for path in ["sefa/policy.safetensors", "flow/flow.json", "report.html"]:
            self.assertTrue((run / path).exists(), path)
        about = json.loads(tiny.call("info", run / "sefa/policy.safetensors", "--json").stdout)
        self.assertEqual(about["spec"]["action"], ["command.0", "command.1"])

        for command in ["evaluate", "latency", "collect"]:
            refused = tiny.call(command, "--run", run)
            self.assertEqual(refused.returncode, 2, refused.stderr)
            self.assertIn("needs a simulated task", refused.stderr)

    def test_pictures_may_be_all_that_is_seen(self):
        words = ["train", "--run", self.folder / "run", "--data", self.data, "--quiet", "--json",
                 "--observation", "images", "--state-field", "none", "--camera-field", "picture",
                 "--action-field", "command", "--encoder", "tiny", "--dims", "16 32",
                 "--time-embedding", "16", "--steps", "2", "--warmup", "1", "--batch", "4"]
        too_small = tiny.call(*words)
        self.assertEqual(too_small.returncode, 2)
        self.assertIn("84 x 84 of 20 x 20 pixels", too_small.stderr)
        result = tiny.call(*words, "--crop", "16")
        self.assertEqual(result.returncode, 0, result.stderr)
        about = json.loads(tiny.call("info", json.loads(result.stdout)["base"], "--json").stdout)
        self.assertEqual(about["spec"]["state"], [])
        self.assertEqual(about["spec"]["cameras"][0]["name"], "picture")

    def test_data_of_a_simulated_task_bring_it_along(self):
        source = self.folder / "source"
        made = tiny.call("collect", "--run", source, "--task", "drawer_open",
                         "--demonstrations", "2", "--quiet")
        self.assertEqual(made.returncode, 0, made.stderr)
        run = self.folder / "other"
        trained = tiny.call("train", "--run", run, "--data", source / "collect/demonstrations.zarr",
                            "--dims", "16 32", "--steps", "2", "--warmup", "1", "--batch", "4")
        self.assertEqual(trained.returncode, 0, trained.stderr)
        self.assertIn('task = "drawer_open"', (run / "config.toml").read_text(encoding="utf-8"))


if __name__ == "__main__":
    unittest.main()
