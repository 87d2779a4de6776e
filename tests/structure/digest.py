#!/usr/bin/env python3
"""Checks that the digest of a build covers the sources that its results depend on.

    digest.py <digested.txt> <root of the project>
"""
import pathlib
import sys

SOURCES = {".hpp", ".cpp", ".cu", ".cuh"}
FOLDERS = ["include", "backends", "policy/include", "policy/src", "policy/app"]
SHOWN_ONLY = {"report", "host"}  # pages and pictures change no result


def main():
    digested = set(pathlib.Path(sys.argv[1]).read_text().split("\n"))
    root = pathlib.Path(sys.argv[2])
    missing = []
    for folder in FOLDERS:
        for path in sorted((root / folder).rglob("*")):
            counts = path.suffix in SOURCES and not SHOWN_ONLY & set(path.relative_to(root).parts)
            if counts and str(path) not in digested:
                missing.append(str(path))
    for path in missing:
        print(f"{path} is missing in the digest: results of other kernels would be taken over")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
