"""Compares code in Markdown files with the examples that it is quoted from.

    quotes.py check ROOT     every quotation is up to date, and README.md has one
    quotes.py update ROOT    writes the present code into the quotations

A quotation is a comment with the path of a file, and a code block right below it:

    <!-- examples/two_moons.cpp -->
    ```cpp
    ...
    ```

It holds what stands between two lines `// [readme]` of that file, without the indentation that
these lines have in common, or the whole file if there are no such lines.

Exit status 0 when all is well, 1 with one line per problem, 2 for wrong usage.
"""

import argparse
import difflib
import pathlib
import re
import sys
import textwrap

QUOTATION = re.compile(r"(<!-- (?P<path>\S+\.(cpp|cu)) -->\n```cpp\n)(?P<code>.*?)(?=^```$)",
                       re.DOTALL | re.MULTILINE)
MARKER = re.compile(r"^[ \t]*// \[readme\]\n", re.MULTILINE)


def quoted_part(path):
    """The part of a source file that is quoted; ValueError if its markers are no pair."""
    parts = MARKER.split(path.read_text(encoding="utf-8"))
    if len(parts) not in (1, 3):
        raise ValueError(f"{len(parts) - 1} lines '// [readme]': two enclose the quoted part")
    return textwrap.dedent(parts[len(parts) // 2])


def documents(root):
    return sorted([*root.glob("*.md"), *(root / "docs").glob("**/*.md")])


def check(root):
    problems = []
    quoting = set()
    for document in documents(root):
        text = document.read_text(encoding="utf-8")
        name = document.relative_to(root).as_posix()
        for match in QUOTATION.finditer(text):
            quoting.add(name)
            place = f"{name}:{text.count(chr(10), 0, match.start()) + 1}"
            source = root / match["path"]
            if not source.is_file():
                problems.append(f"{place}: quotes {match['path']}, which does not exist")
                continue
            try:
                expected = quoted_part(source)
            except ValueError as error:
                problems.append(f"{match['path']}: {error}")
                continue
            if match["code"] != expected:
                lines = difflib.unified_diff(match["code"].splitlines(), expected.splitlines(),
                                             name, match["path"], lineterm="", n=0)
                problems.append(f"{place}: differs from {match['path']}; run quotes.py update\n" +
                                "\n".join(lines))
    if "README.md" not in quoting:
        problems.append("README.md quotes no example")
    return problems


def update(root):
    for document in documents(root):
        text = document.read_text(encoding="utf-8")
        new = QUOTATION.sub(lambda match: match[1] + quoted_part(root / match["path"]), text)
        if new != text:
            document.write_text(new, encoding="utf-8")


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("action", choices=["check", "update"])
    parser.add_argument("root", type=pathlib.Path)
    options = parser.parse_args()
    if options.action == "update":
        update(options.root)
    problems = check(options.root)
    for problem in problems:
        print(problem)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
