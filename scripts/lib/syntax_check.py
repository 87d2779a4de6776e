"""Runs the compile commands of a build folder with -fsyntax-only: all diagnostics, no code.

    syntax_check.py BUILD [--except OTHER_BUILD] [--skip REGEX] [--jobs N]

Sources that OTHER_BUILD compiles anyway are left out, and those whose path matches REGEX. Exit
status 1 when a source fails.
"""

import argparse
import concurrent.futures
import json
import os
import pathlib
import re
import shlex
import subprocess
import sys


def commands(build):
    """The compile commands by source; generated sources by their place in the build folder.

    Not those of device code: its compiler has no such option.
    """
    root = pathlib.Path(build).resolve()
    with open(root / "compile_commands.json", encoding="utf-8") as file:
        entries = json.load(file)
    return [(entry["file"].replace(f"{root}/", ""), entry) for entry in entries
            if not entry["file"].endswith(".cu")]


def check(entry):
    """Returns the diagnostics of one source, or None when it is accepted."""
    words = shlex.split(entry["command"])
    output = words.index("-o")
    del words[output:output + 2]
    result = subprocess.run([*words, "-fsyntax-only"], cwd=entry["directory"], text=True,
                            capture_output=True, check=False)
    return None if result.returncode == 0 else result.stderr


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build")
    parser.add_argument("--except", dest="other")
    parser.add_argument("--skip", type=re.compile)
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    options = parser.parse_args()
    seen = {source for source, _ in commands(options.other)} if options.other else set()
    entries = [entry for source, entry in commands(options.build) if source not in seen
               and not (options.skip and options.skip.search(source))]
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        messages = [message for message in pool.map(check, entries) if message is not None]
    for message in messages:
        print(message)
    print(f"{len(entries)} sources, {len(messages)} refused")
    return 1 if messages else 0


if __name__ == "__main__":
    sys.exit(main())
