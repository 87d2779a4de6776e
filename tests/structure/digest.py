#!/usr/bin/env python3
"""Checks that the digest of a build covers what its results depend on: sources and the files that
say how they are compiled, and by its variant what no file of the project says.

    digest.py <digested.txt> <root of the project> <digest_variant.txt> <part>...

Parts are what the variant has to have a line of, such as "xsimd"; "backends=eigen onednn" also says
what has to stand there.
"""
import pathlib
import sys

SOURCES = {".hpp", ".cpp", ".cu", ".cuh", ".cmake", ".in"}
FOLDERS = ["include", "backends", "policy"]
FILES = ["CMakeLists.txt", "cmake/FlowkitOptions.cmake", "cmake/FlowkitTargets.cmake"]
SHOWN_ONLY = {"report", "host"}  # pages and pictures change no result


def missing_files(digested, root):
    found = [path for folder in FOLDERS for path in sorted((root / folder).rglob("*"))
             if path.suffix in SOURCES or path.name == "CMakeLists.txt"]
    found = [path for path in found if not SHOWN_ONLY & set(path.relative_to(root).parts)]
    return [str(path) for path in found + [root / name for name in FILES]
            if str(path) not in digested]


def missing_parts(variant, parts):
    lines = dict(line.split(": ", 1) for line in variant.splitlines() if ": " in line)
    for part in parts:
        name, _, expected = part.partition("=")
        value = lines.get(name, "").strip()
        if not value or expected not in ("", value):
            yield f"{part} (its variant says '{value}')"


def main():
    digested = set(pathlib.Path(sys.argv[1]).read_text(encoding="utf-8").split("\n"))
    variant = pathlib.Path(sys.argv[3]).read_text(encoding="utf-8")
    missing = missing_files(digested, pathlib.Path(sys.argv[2]))
    missing += missing_parts(variant, sys.argv[4:])
    for what in missing:
        print(f"{what} is missing in the digest: results of other kernels would be taken over")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
