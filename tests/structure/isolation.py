"""Checks that objects compiled for one instruction set define no symbol that others may use.

    isolation.py --nm NM --name arch_v3 OBJECT...

Of an inline function that several objects contain, the linker keeps one copy. If that copy holds
AVX-512 instructions, code that never asked for them crashes on an older processor. So every symbol
that an object offers must carry the name of the instruction set.
"""

import argparse
import subprocess
import sys

# Pointers to the run-time library, one per object: data without instructions.
HARMLESS = ("DW.ref.",)


def shared_symbols(nm, name, objects):
    """Yields (object, symbol) for each global symbol without the name in it."""
    for path in objects:
        result = subprocess.run([nm, "--defined-only", "--extern-only", "-P", path], text=True,
                                capture_output=True, check=True)
        for line in result.stdout.splitlines():
            symbol = line.split()[0]
            if name not in symbol and not symbol.startswith(HARMLESS):
                yield path, symbol


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--nm", default="nm")
    parser.add_argument("--name", required=True)
    parser.add_argument("objects", nargs="+")
    options = parser.parse_args()
    found = list(shared_symbols(options.nm, options.name, options.objects))
    for path, symbol in found:
        print(f"{path}: {symbol} is not of {options.name}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
