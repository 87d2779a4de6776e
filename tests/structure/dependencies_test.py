"""Shows that dependencies.py can fail: small trees with one mistake each, and one without."""

import argparse
import pathlib
import sys
import tempfile
import unittest

import dependencies

COMPILER = "c++"


class Tree(unittest.TestCase):
    def setUp(self):
        self.temporary = tempfile.TemporaryDirectory()
        self.addCleanup(self.temporary.cleanup)
        self.root = pathlib.Path(self.temporary.name)
        self.write("include/flowkit/core/a.hpp", "")
        self.write("include/flowkit/nn/b.hpp", "#include <flowkit/core/a.hpp>\n")
        self.write("include/flowkit/flowkit.hpp", "#include <flowkit/nn/b.hpp>\n")
        self.write("backends/eigen/src/c.cpp", "#include <flowkit/core/a.hpp>\n")

    def write(self, path, text):
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")

    def floors(self):
        return dependencies.check_floors(self.root)

    def assert_one(self, problems, text):
        self.assertEqual(len(problems), 1, problems)
        self.assertIn(text, problems[0])


class Floors(Tree):
    def test_accepts_a_sound_tree(self):
        self.assertEqual(self.floors(), [])

    def test_refuses_an_upward_arrow(self):
        self.write("include/flowkit/core/d.hpp", "\n#include <flowkit/nn/b.hpp>\n")
        self.assert_one(self.floors(), "include/flowkit/core/d.hpp:2: includes flowkit/nn/b.hpp: upward")

    def test_refuses_an_upward_arrow_of_a_source_file(self):
        self.write("include/flowkit/nn/d.cpp", '#include "flowkit/train/e.hpp"\n')
        self.assert_one(self.floors(), "upward")

    def test_refuses_an_unlisted_arrow_within_a_floor(self):
        self.write("include/flowkit/path/d.hpp", "#include <flowkit/nn/b.hpp>\n")
        self.assert_one(self.floors(), "same floor")

    def test_refuses_a_folder_without_floor(self):
        self.write("include/flowkit/misc/d.hpp", "#include <flowkit/core/a.hpp>\n")
        self.assert_one(self.floors(), "no floor")

    def test_refuses_host_below_the_umbrella(self):
        self.write("include/flowkit/flowkit.hpp", "#include <flowkit/host/h.hpp>\n")
        self.assert_one(self.floors(), "host is a leaf")

    def test_allows_host_everything(self):
        self.write("include/flowkit/host/h.hpp", "#include <flowkit/train/t.hpp>\n")
        self.assertEqual(self.floors(), [])

    def test_refuses_a_backend_in_the_library(self):
        self.write("include/flowkit/solver/d.hpp", "#include <flowkit/backends/eigen.hpp>\n")
        self.assert_one(self.floors(), "never names a backend")

    def test_refuses_algorithms_in_a_backend(self):
        self.write("backends/eigen/src/d.cpp", "#include <flowkit/nn/b.hpp>\n")
        self.assert_one(self.floors(), "a backend uses")

    def test_refuses_a_backend_in_another(self):
        self.write("backends/cuda/src/d.cpp", "#include <flowkit/backends/eigen.hpp>\n")
        self.assert_one(self.floors(), "uses another one only by decision")

    def test_allows_a_backend_what_was_decided(self):
        self.write("backends/eigen/include/flowkit/backends/eigen.hpp", "")
        self.write("backends/onednn/src/d.cpp", "#include <flowkit/backends/eigen.hpp>\n")
        self.assertEqual(self.floors(), [])

    def test_refuses_a_decision_that_nothing_uses(self):
        self.write("backends/onednn/src/d.cpp", "#include <flowkit/core/a.hpp>\n")
        self.assert_one(self.floors(), "nothing uses it")

    def test_allows_a_backend_its_own_headers(self):
        self.write("backends/eigen/include/flowkit/backends/eigen.hpp", "")
        self.write("backends/eigen/src/d.cpp", "#include <flowkit/backends/eigen.hpp>\n")
        self.assertEqual(self.floors(), [])

    def test_allows_the_selection_every_backend(self):
        self.write("backends/include/flowkit/backends/select.hpp",
                   "#include <flowkit/backends/eigen.hpp>\n")
        self.assertEqual(self.floors(), [])

    def test_refuses_an_allowance_that_nothing_uses(self):
        self.write("include/flowkit/fn/d.hpp", "")
        self.write("include/flowkit/backend/e.hpp", "")
        self.assert_one(self.floors(), "nothing uses it")

    def test_refuses_an_empty_tree(self):
        with tempfile.TemporaryDirectory() as empty:
            problems = dependencies.check_floors(pathlib.Path(empty))
        self.assert_one(problems, "nothing was checked")


class Umbrella(Tree):
    def umbrella(self):
        return dependencies.check_umbrella(self.root)

    def test_accepts_headers_behind_other_headers(self):
        self.assertEqual(self.umbrella(), [])

    def test_refuses_a_forgotten_header(self):
        self.write("include/flowkit/nn/d.hpp", "")
        self.assert_one(self.umbrella(), "does not reach flowkit/nn/d.hpp")

    def test_refuses_a_header_that_only_a_source_includes(self):
        self.write("include/flowkit/nn/d.hpp", "")
        self.write("include/flowkit/nn/d.cpp", "#include <flowkit/nn/d.hpp>\n")
        self.assert_one(self.umbrella(), "does not reach flowkit/nn/d.hpp")

    def test_asks_for_no_header_of_host(self):
        self.write("include/flowkit/host/h.hpp", "")
        self.assertEqual(self.umbrella(), [])

    def test_asks_for_no_header_of_the_list(self):
        self.write("include/flowkit/fn/kernels.hpp", "")
        self.assertEqual(self.umbrella(), [])

    def test_refuses_an_exception_that_is_none(self):
        self.write("include/flowkit/fn/kernels.hpp", "")
        self.write("include/flowkit/flowkit.hpp",
                   "#include <flowkit/nn/b.hpp>\n#include <flowkit/fn/kernels.hpp>\n")
        self.assert_one(self.umbrella(), "NOT_BELOW_UMBRELLA names flowkit/fn/kernels.hpp")

    def test_refuses_an_empty_tree(self):
        with tempfile.TemporaryDirectory() as empty:
            self.assert_one(dependencies.check_umbrella(pathlib.Path(empty)), "nothing was checked")


class Reach(Tree):
    def reach(self):
        return dependencies.check_reach(self.root, COMPILER, "flowkit/flowkit.hpp")

    def test_accepts_a_sound_tree(self):
        self.assertEqual(self.reach(), [])

    def test_refuses_a_third_party_header_behind_another_header(self):
        self.write("include/Eigen/Core", "")
        self.write("include/flowkit/nn/b.hpp", "#include <Eigen/Core>\n")
        self.assert_one(self.reach(), "reaches Eigen")

    def test_refuses_every_listed_library(self):
        for name in ["xtensor/xarray.hpp", "xsimd/xsimd.hpp", "oneapi/dnnl/dnnl.hpp",
                     "cuda_runtime.h", "cublas_v2.h"]:
            self.write(f"include/{name}", "")
            self.write("include/flowkit/nn/b.hpp", f"#include <{name}>\n")
            with self.subTest(name):
                self.assert_one(self.reach(), "reaches")

    def test_refuses_a_header_that_does_not_preprocess(self):
        self.write("include/flowkit/nn/b.hpp", "#include <flowkit/absent.hpp>\n")
        self.assert_one(self.reach(), "does not preprocess")


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--compiler", default=COMPILER)
    options, rest = parser.parse_known_args()
    COMPILER = options.compiler
    unittest.main(argv=[sys.argv[0], *rest])
