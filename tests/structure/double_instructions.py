"""Finds double instructions in device code that computes in float.

    double_instructions.py --compiler NVCC [--flag=FLAG ...] SOURCE...   compiles to PTX and scans it
    double_instructions.py --ptx FILE...                                 scans PTX

One sequence is allowed: sine and cosine of CUDA's library reduce huge arguments by a product with
pi / 2^65 in double, in a branch that ordinary arguments do not take.

Exit status 0 when there are none, 1 with one line per instruction, 2 for wrong usage.
"""

import argparse
import pathlib
import re
import subprocess
import sys
import tempfile

DOUBLE = re.compile(r"^\s*(?!\.reg)(?:@!?%p\d+\s+)?(?P<instruction>\S*\.f64\S*)\s(?P<operands>.*);")
# What the library's reduction consists of: word to double, times pi / 2^65, to float.
REDUCTION = [("cvt.rn.f64.s64", r"(%fd\d+), %rd\d+"),
             ("mul.f64", r"(%fd\d+), (%fd\d+), 0d3BF921FB54442D19"),
             ("cvt.rn.f32.f64", r"%f\d+, (%fd\d+)")]


def is_reduction(found):
    """Whether three successive double instructions are that reduction, each using the one before."""
    if len(found) < 3:
        return False
    matches = []
    for (instruction, operands), (wanted, pattern) in zip(found, REDUCTION):
        match = re.fullmatch(pattern, operands)
        if instruction != wanted or not match:
            return False
        matches.append(match)
    return matches[0][1] == matches[1][2] and matches[1][1] == matches[2][1]


def scan(text):
    """The double instructions of PTX as (line, text)."""
    lines, found = [], []
    for number, line in enumerate(text.splitlines(), start=1):
        match = DOUBLE.match(line)
        if match:
            lines.append((number, line.strip()))
            found.append((match["instruction"], match["operands"].strip()))
    problems, at = [], 0
    while at < len(found):
        if is_reduction(found[at:at + 3]):
            at += 3
        else:
            problems.append(lines[at])
            at += 1
    return problems


def ptx_of(compiler, flags, source):
    with tempfile.TemporaryDirectory() as folder:
        out = pathlib.Path(folder) / "out.ptx"
        command = [compiler, *flags, "-ptx", str(source), "-o", str(out)]
        result = subprocess.run(command, text=True, capture_output=True, check=False)
        if result.returncode != 0:
            sys.exit(f"{source} does not compile:\n{result.stderr}")
        return out.read_text(encoding="utf-8")


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="+", type=pathlib.Path)
    parser.add_argument("--compiler")
    parser.add_argument("--flag", action="append", default=[])
    parser.add_argument("--ptx", action="store_true")
    options = parser.parse_args()
    if bool(options.compiler) == options.ptx:
        parser.error("give either --compiler or --ptx")
    failed = False
    for path in options.files:
        text = path.read_text(encoding="utf-8") if options.ptx else ptx_of(
            options.compiler, options.flag, path)
        if ".entry" not in text:
            print(f"{path}: holds no kernel, so nothing was checked")
            failed = True
        for number, line in scan(text):
            print(f"{path}:{number} of its PTX: {line}")
            failed = True
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
