"""Tests of double_instructions.py on PTX written here."""

import unittest

import double_instructions

REDUCTION = """
	cvt.rn.f64.s64 	%fd1, %rd14;
	mul.f64 	%fd2, %fd1, 0d3BF921FB54442D19;
	cvt.rn.f32.f64 	%f21, %fd2;
"""


class Scan(unittest.TestCase):
    def test_float_code_is_clean(self):
        text = ".entry f\n.reg .f64 \t%fd<5>;\nfma.rn.f32 \t%f1, %f2, %f3, %f4;\n"
        self.assertEqual(double_instructions.scan(text), [])

    def test_finds_every_double_instruction(self):
        for line in ("add.f64 \t%fd1, %fd2, %fd3;", "@%p1 mul.f64 \t%fd1, %fd2, %fd3;",
                     "cvt.f64.f32 \t%fd1, %f1;", "ld.global.f64 \t%fd1, [%rd1];"):
            self.assertEqual(len(double_instructions.scan(line)), 1, line)

    def test_reduction_of_the_library_is_allowed(self):
        self.assertEqual(double_instructions.scan(REDUCTION), [])

    def test_other_uses_of_its_instructions_are_not(self):
        self.assertEqual(len(double_instructions.scan(REDUCTION.replace("3BF9", "3BF8"))), 3)
        self.assertEqual(len(double_instructions.scan(REDUCTION.replace("%fd1,", "%fd7,", 1))), 3)


if __name__ == "__main__":
    unittest.main()
