"""Tests of the commands in scripts/: their usage, and how they find and install packages.

The package manager is replaced by small programs in a folder that is the whole PATH, so that
nothing is installed and every kind of machine can be played.
"""

import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
LIST = '"alpha-dev command alpha" "beta-dev header beta.h"'


class Usage(unittest.TestCase):
    def run_script(self, name, *arguments):
        return subprocess.run([ROOT / "scripts" / name, *arguments], text=True,
                              capture_output=True, timeout=20, check=False)

    def test_help_explains_the_command(self):
        for name in ["test", "demo", "suite", "check-format", "gpu-check"]:
            with self.subTest(name):
                result = self.run_script(name, "--help")
                self.assertEqual(result.returncode, 0)
                self.assertIn(f"usage: scripts/{name}", result.stdout)

    def test_an_unknown_option_is_named(self):
        for name in ["test", "demo", "suite", "check-format", "gpu-check"]:
            with self.subTest(name):
                result = self.run_script(name, "--colour")
                self.assertEqual(result.returncode, 2)
                self.assertIn("--colour", result.stderr)

    def test_a_missing_value_is_named(self):
        for name, option in [("test", "--jobs"), ("demo", "--jobs"), ("suite", "--seeds"),
                             ("gpu-check", "--build")]:
            with self.subTest(name):
                result = self.run_script(name, option)
                self.assertEqual(result.returncode, 2)
                self.assertIn(f"{option} needs a value", result.stderr)

    def test_jobs_that_are_no_number_are_refused(self):
        for name in ["test", "demo"]:
            for value in ["abc", "0", "-3", "1.5", ""]:
                with self.subTest(name, value=value):
                    result = self.run_script(name, "-j", value)
                    self.assertEqual(result.returncode, 2)
                    self.assertIn(f"-j needs a positive whole number, not '{value}'", result.stderr)

    def test_the_suite_asks_for_what_it_needs(self):
        self.assertIn("tasks or rules", self.run_script("suite").stderr)
        result = self.run_script("suite", "tasks", "--binary", "no/such/flowkit")
        self.assertEqual(result.returncode, 2)
        self.assertIn("no/such/flowkit is missing", result.stderr)

    def suite_with(self, stub, *arguments):
        """The suite with a program in place of flowkit; it notes its calls in `calls`."""
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        folder = pathlib.Path(temporary.name)
        self.calls = folder / "calls"
        program = folder / "flowkit"
        program.write_text(f"#!/usr/bin/env bash\necho \"$@\" >>{self.calls}\n{stub}\n")
        program.chmod(0o755)
        return self.run_script("suite", "--binary", program, "--output", folder / "out",
                               *arguments)

    def test_the_suite_names_what_failed_after_the_table_of_the_others(self):
        stub = 'if [[ $1 == run && $* == *"--task pick_place"* ]]; then exit 1; fi\n' \
               'if [[ $1 == compare ]]; then echo the table; fi'
        result = self.suite_with(stub, "--tasks", "button_press pick_place", "tasks")
        self.assertEqual(result.returncode, 1, result.stderr)
        self.assertIn("the table", result.stdout)
        self.assertRegex(result.stderr, r"failed: \S*/pick_place-0\n")
        # Where nothing is left to compare, the list of failures still comes.
        result = self.suite_with("exit 2", "--tasks", "button_press", "tasks")
        self.assertEqual(result.returncode, 1, result.stderr)
        self.assertRegex(result.stderr, r"failed: \S*/button_press-0")

    def test_the_suite_checks_names_before_the_first_run(self):
        for experiment, name in [("tasks", "button_pres"), ("rules", "hard")]:
            with self.subTest(experiment):
                result = self.suite_with("exit 0", "--tasks", f"easy button_press {name}",
                                         experiment)
                self.assertEqual(result.returncode, 2)
                self.assertFalse(self.calls.exists())
                self.assertIn("there is no", result.stderr)
        result = self.suite_with("exit 0", "tasks")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(len(self.calls.read_text().splitlines()), 8)

    def test_the_suite_distils_every_rule_from_the_run_of_its_situation(self):
        # The first run makes what the students are distilled from.
        stub = 'if [[ $1 == run && $5 == */button_press-0 ]]; then\n' \
               '  for part in collect base couple held_out align sefa; do\n' \
               '    mkdir -p "$5/$part"; touch "$5/$part/made"; done; fi'
        result = self.suite_with(stub, "--tasks", "easy", "rules")
        self.assertEqual(result.returncode, 0, result.stderr)
        out = self.calls.parent / "out"
        runs = [line.split() for line in self.calls.read_text().splitlines()]
        rules = ["adaptive", "0.05", "0.1", "0.2", "0.4", "nearest"]
        self.assertEqual([run[4] for run in runs[:-1]],
                         [str(out / name) for name in
                          ["button_press-0", *(f"easy-{rule}" for rule in rules)]])
        self.assertEqual(runs[-1][0], "compare")
        said = {run[4].rpartition("-")[2]: " ".join(run) for run in runs[1:-1]}
        for rule in rules:
            self.assertIn("evaluate.episodes=2000", said[rule])
            own = rule == "adaptive"
            self.assertEqual((out / f"easy-{rule}/sefa/made").exists(), own, rule)
            self.assertTrue((out / f"easy-{rule}/couple/made").exists(), rule)
        self.assertNotIn("align.rule", said["adaptive"])
        self.assertIn("align.rule=selective --set align.radius=0.2", said["0.2"])
        self.assertIn("align.rule=nearest", said["nearest"])


class Packages(unittest.TestCase):
    def setUp(self):
        self.temporary = tempfile.TemporaryDirectory()
        self.addCleanup(self.temporary.cleanup)
        self.bin = pathlib.Path(self.temporary.name)
        self.calls = self.bin / "calls.log"
        self.calls.touch()
        for tool in ["bash", "env", "grep"]:
            (self.bin / tool).symlink_to(shutil.which(tool))
        self.be_user(0)

    def program(self, name, body):
        path = self.bin / name
        path.write_text(f"#!{self.bin}/bash\n{body}\n", encoding="utf-8")
        path.chmod(0o755)

    def be_user(self, number):
        self.program("id", f"echo {number}")

    def be_debian(self, installed, apt="exit 0"):
        """dpkg-query knows the given packages; apt-get notes its arguments, then runs `apt`."""
        self.program("dpkg-query", f'case " {installed} " in *" ${{@: -1}} "*) echo -n installed ;; '
                                   "*) exit 1 ;; esac")
        self.program("apt-get", f'echo "$*" >>{self.calls}\n{apt}')

    def ensure(self):
        script = f"source {ROOT}/scripts/lib/packages.sh; ensure_packages {LIST}; echo done"
        return subprocess.run([self.bin / "bash", "-c", script], text=True, capture_output=True,
                              env={**os.environ, "PATH": str(self.bin)}, timeout=20, check=False)

    def called(self):
        return self.calls.read_text(encoding="utf-8").splitlines()

    def test_installs_nothing_when_nothing_is_missing(self):
        self.be_debian("alpha-dev beta-dev")
        result = self.ensure()
        self.assertEqual((result.returncode, result.stdout), (0, "done\n"), result.stderr)
        self.assertEqual(self.called(), [])

    def test_installs_what_is_missing_without_fetching_lists(self):
        self.be_debian("alpha-dev")
        result = self.ensure()
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(self.called(), ["install -y --no-install-recommends beta-dev"])

    def test_fetches_the_lists_when_a_package_is_unknown(self):
        self.be_debian("alpha-dev", apt=f"if [[ $1 == update ]]; then >{self.bin}/fetched; fi\n"
                                        f"[[ -e {self.bin}/fetched ]]")
        result = self.ensure()
        self.assertEqual(result.returncode, 0, result.stderr)
        install = "install -y --no-install-recommends beta-dev"
        self.assertEqual(self.called(), [install, "update", install])

    def test_reports_what_cannot_be_installed(self):
        self.be_debian("alpha-dev", apt="exit 100")
        result = self.ensure()
        self.assertEqual(result.returncode, 2)
        self.assertIn("could not install: beta-dev", result.stderr)

    def test_uses_sudo_when_not_root(self):
        self.be_user(1000)
        self.be_debian("beta-dev")
        self.program("sudo", f'echo sudo >>{self.calls}\nexec "$@"')
        result = self.ensure()
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(self.called(),
                         ["sudo", "install -y --no-install-recommends alpha-dev"])

    def test_without_root_and_sudo_says_what_to_do(self):
        self.be_user(1000)
        self.be_debian("")
        result = self.ensure()
        self.assertEqual(result.returncode, 2)
        self.assertIn("apt-get install alpha-dev beta-dev", result.stderr)
        self.assertEqual(self.called(), [])

    def test_on_another_system_lists_what_is_missing(self):
        self.program("alpha", "exit 0")
        self.program("c++", "exit 1")
        result = self.ensure()
        self.assertEqual(result.returncode, 2)
        self.assertIn("missing, by the names of Debian 12: beta-dev", result.stderr)

    def test_on_another_system_goes_on_when_everything_is_there(self):
        self.program("alpha", "exit 0")
        self.program("c++", "exit 0")
        result = self.ensure()
        self.assertEqual((result.returncode, result.stdout), (0, "done\n"), result.stderr)


CASE = {"name": "forward/kitchen/1/cuda_f32/real_time", "iterations": 50, "p50": 2e-4, "p99": 3e-4,
        "floor": 5e-5}
BROKEN = {"name": "train/kitchen/256/cuda_bf16/real_time", "error_occurred": True,
          "error_message": "differs from eigen<float>"}


class GpuCheck(unittest.TestCase):
    """A tree without its history, whose programs were carried there from another machine."""

    def setUp(self):
        self.temporary = tempfile.TemporaryDirectory()
        self.addCleanup(self.temporary.cleanup)
        self.root = pathlib.Path(self.temporary.name)
        (self.root / "scripts" / "lib").mkdir(parents=True)
        for name in ["gpu-check", "lib/gpu_table.py", "lib/stages.sh"]:
            shutil.copy(ROOT / "scripts" / name, self.root / "scripts" / name)
        self.program("compute-sanitizer", 'while [[ $1 != *test_gpu ]]; do shift; done; exec "$@"')
        self.program("build/here/tests/test_gpu",
                     'echo "H200, f32"; echo "[  PASSED  ] 7 tests."')
        self.benchmarks(CASE)

    def program(self, name, body):
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"#!/usr/bin/env bash\n{body}\n", encoding="utf-8")
        path.chmod(0o755)

    def benchmarks(self, *cases, program="bench_networks"):
        answer = json.dumps({"benchmarks": cases})
        self.program(f"build/here/bench/{program}", f"echo '{answer}'")

    def check(self, *arguments):
        path = f"{self.root}:{os.environ['PATH']}"
        return subprocess.run([self.root / "scripts" / "gpu-check", "--build", "build/here", *arguments],
                              text=True, capture_output=True, timeout=20, check=False,
                              env={**os.environ, "PATH": path})

    def test_keeps_the_results_of_a_program_that_was_cut_off(self):
        answer = json.dumps({"context": {}, "benchmarks": [CASE, {**CASE, "name": "lost"}]}, indent=2)
        self.program("build/here/bench/bench_networks", f"echo '{answer[:answer.index('lost')]}'; exit 1")
        result = self.check()
        self.assertEqual(result.returncode, 1)
        self.assertIn(f"`{CASE['name'].removesuffix('/real_time')}`", result.stdout)
        self.assertNotIn("lost", result.stdout)

    def test_without_a_gpu_says_why_and_is_skipped(self):
        self.program("build/here/tests/test_gpu", 'echo "skipped: no driver"; exit 77')
        result = self.check()
        self.assertEqual((result.returncode, result.stdout), (77, ""))
        self.assertIn("no driver", result.stderr)

    def test_prints_a_section_with_both_tables(self):
        result = self.check()
        self.assertEqual(result.returncode, 0, result.stderr)
        for line in ["H200, f32", "| conformance | passed | 7 |", "| racecheck | passed | 7 |",
                     "| `forward/kitchen/1/cuda_f32` | 50 | 0.2 | 0.3 | 0.05 | 25 % |"]:
            self.assertIn(line, result.stdout.splitlines())

    def test_measures_the_other_benchmarks_that_are_there(self):
        self.benchmarks({**CASE, "name": "nearest/cuda/5000/64/real_time"}, program="bench_alignment")
        result = self.check("--only", "benchmarks")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn("| `forward/kitchen/1/cuda_f32` |", result.stdout)
        self.assertIn("| `nearest/cuda/5000/64` |", result.stdout)
        self.assertRegex(result.stdout, "programs are missing: bench_products .*bench_coupling\\.\n")
        self.assertNotIn("bench_alignment", result.stdout)

    def test_one_benchmark_without_results_fails_the_check_but_not_the_others(self):
        self.benchmarks(program="bench_ops")
        result = self.check("--only", "benchmarks")
        self.assertEqual(result.returncode, 1)
        self.assertIn("| `forward/kitchen/1/cuda_f32` |", result.stdout)
        self.assertIn("ops.json holds no results", result.stderr)

    def test_does_one_part_alone(self):
        result = self.check("--only", "benchmarks")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn("forward/kitchen", result.stdout)
        self.assertNotIn("conformance", result.stdout)

    def test_a_failed_test_fails_the_check(self):
        self.program("build/here/tests/test_gpu", '[[ $1 == *none ]] || { echo "no"; exit 1; }')
        result = self.check("--only", "tests")
        self.assertEqual(result.returncode, 1)
        self.assertIn("| conformance | FAILED | 0 |", result.stdout)

    def test_a_wrong_result_of_a_benchmark_fails_the_check(self):
        self.benchmarks(CASE, BROKEN)
        result = self.check("--only", "benchmarks")
        self.assertEqual(result.returncode, 1)
        self.assertIn("FAILED: differs from eigen<float>", result.stdout)

    def test_measuring_nothing_fails_the_check(self):
        # No case at all, nothing printed because the filter matches nothing, and a crash half-way.
        for answer in ['{"benchmarks": []}', "", '{"benchmarks": [{"na']:
            with self.subTest(answer):
                self.program("build/here/bench/bench_networks", f"echo '{answer}'")
                result = self.check("--only", "benchmarks")
                self.assertEqual(result.returncode, 1)
                self.assertNotIn("Traceback", result.stderr)
                self.assertIn("gpu-check.log.benchmarks", result.stderr)

    def test_a_missing_program_and_an_unknown_part_are_named(self):
        (self.root / "build/here/bench/bench_networks").unlink()
        result = self.check()
        self.assertEqual(result.returncode, 2)
        self.assertIn("build/here/bench/bench_networks is missing", result.stderr)
        self.assertIn("no part 'speed'", self.check("--only", "speed").stderr)


if __name__ == "__main__":
    unittest.main()
