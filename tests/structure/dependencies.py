"""Derives the folder graph of flowkit from its include lines and checks its direction.

    dependencies.py floors ROOT                               no arrow points upward
    dependencies.py reach ROOT --compiler CXX --header NAME   no third-party header behind NAME
    dependencies.py umbrella ROOT                             flowkit.hpp reaches every public header
    dependencies.py graph ROOT                                prints the arrows

Exit status 0 when the rules hold, 1 with one line per violation, 2 for wrong usage.
"""

import argparse
import pathlib
import re
import subprocess
import sys

# Each floor may use the floors below it; a folder may always use itself.
FLOORS = [
    {"core"},
    {"fn", "io", "backend"},
    {"nn", "path", "coupling"},
    {"field"},
    {"solver", "objective"},
    {"align", "train"},
]

# Arrows within a floor exist only by decision. Every line needs its reason.
LEVEL_ARROWS = {
    ("backend", "fn"): "host loops of a backend apply pointwise functions",
}

# host is a leaf that may use everything; the umbrella lists everything but host.
LEAF = "host"
UMBRELLA = "(umbrella)"

# A backend uses another one only by decision. Every line needs its reason.
BACKEND_ARROWS = {
    ("onednn", "eigen"): "shares its host memory and vector kernels; a copy would drift apart",
}

# What a backend may use of the library.
BACKEND_MAY_USE = {"core", "fn", "backend"}

# Headers that users of flowkit.hpp do without. Every line needs its reason.
NOT_BELOW_UMBRELLA = {
    "flowkit/backend/loop_nest.hpp": "for the loops of host backends",
    "flowkit/core/thread_pool.hpp": "for the threads of host backends",
    "flowkit/fn/kernels.hpp": "the list that backends instantiate",
}

FORBIDDEN = {
    "Eigen": r"/(unsupported/)?Eigen/",
    "xtensor": r"/(xtensor|xtl)/",
    "xsimd": r"/xsimd/",
    "oneDNN": r"/(oneapi/dnnl|dnnl)",
    "CUDA": r"/(cuda|cuda_runtime|cublas|cudnn)[^/]*\.h$",
}

INCLUDE = re.compile(r'^\s*#\s*include\s*[<"](flowkit/[^>"]+)[>"]')


def includes_of(path):
    """Yields (line number, included name) of the flowkit headers that a file includes."""
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        match = INCLUDE.match(line)
        if match:
            yield number, match.group(1)


def folder_of(name):
    """flowkit/nn/linear.hpp -> nn; flowkit/backends/eigen.hpp -> backends; flowkit/x.hpp -> umbrella."""
    parts = name.split("/")
    return parts[1] if len(parts) > 2 else UMBRELLA


def floor_of(folder):
    for height, folders in enumerate(FLOORS):
        if folder in folders:
            return height
    return None


def library_violation(source, target):
    """Why a file of folder source under include/flowkit may not include folder target, or None."""
    if source == target or source == LEAF:
        return None
    if target == LEAF:
        return "host is a leaf: only host, applications, examples and tests use it"
    if target == "backends":
        return "the library never names a backend"
    if source == UMBRELLA:
        return None
    if target == UMBRELLA:
        return "the umbrella is for users"
    low, high = floor_of(target), floor_of(source)
    if low is None or high is None:
        unknown = target if low is None else source
        return f"folder '{unknown}' stands on no floor: add it to FLOORS"
    if low > high:
        return f"upward: {source} stands on floor {high}, {target} on floor {low}"
    if low == high and (source, target) not in LEVEL_ARROWS:
        return f"{source} and {target} stand on the same floor: add the arrow to LEVEL_ARROWS"
    return None


def backend_violation(root, backend, name):
    """Why backends/<backend> may not include a header of that name, or None."""
    target = folder_of(name)
    if target in BACKEND_MAY_USE:
        return None
    if target == "backends":
        own = (root / "backends" / backend / "include" / name).is_file()
        if own or backend == "include":  # select.hpp is there to name them all
            return None
        for user, used in BACKEND_ARROWS:
            if user == backend and (root / "backends" / used / "include" / name).is_file():
                return None
        return "a backend uses another one only by decision: add the arrow to BACKEND_ARROWS"
    return f"a backend uses {', '.join(sorted(BACKEND_MAY_USE))} only"


def sources_below(folder):
    return sorted(p for p in folder.rglob("*") if p.suffix in {".hpp", ".cpp", ".cuh", ".cu"})


def arrows(root):
    """Yields (file, line, source folder or backend, included name, reason of violation or None)."""
    library = root / "include" / "flowkit"
    for path in sources_below(library):
        source = folder_of("flowkit/" + path.relative_to(library).as_posix())
        for line, name in includes_of(path):
            yield path, line, source, name, library_violation(source, folder_of(name))
    for path in sources_below(root / "backends"):
        backend = path.relative_to(root / "backends").parts[0]
        for line, name in includes_of(path):
            reason = backend_violation(root, backend, name)
            yield path, line, f"backends/{backend}", name, reason


def check_floors(root):
    found = list(arrows(root))
    if not found:
        return [f"{root}: no include line found, so nothing was checked"]
    problems = []
    for path, line, _, name, reason in found:
        if reason:
            problems.append(f"{path.relative_to(root)}:{line}: includes {name}: {reason}")
    used = {(source, folder_of(name)) for _, _, source, name, _ in found}
    for arrow in LEVEL_ARROWS:
        if arrow not in used and all((root / "include/flowkit" / f).is_dir() for f in arrow):
            problems.append(f"LEVEL_ARROWS allows {arrow[0]} -> {arrow[1]}, but nothing uses it")
    for user, other in BACKEND_ARROWS:
        headers = root / "backends" / other / "include"
        crossed = any(source == f"backends/{user}" and (headers / name).is_file()
                      for _, _, source, name, _ in found)
        if not crossed and all((root / "backends" / f).is_dir() for f in (user, other)):
            problems.append(f"BACKEND_ARROWS allows {user} -> {other}, but nothing uses it")
    return problems


def check_umbrella(root):
    """Every header outside of host is included by the umbrella or by a header behind it."""
    include = root / "include"
    umbrella = "flowkit/flowkit.hpp"
    reached, waiting = set(), [umbrella]
    while waiting:
        name = waiting.pop()
        if name not in reached and (include / name).is_file():
            reached.add(name)
            waiting += [target for _, target in includes_of(include / name)]
    headers = {path.relative_to(include).as_posix() for path in (include / "flowkit").rglob("*.hpp")}
    problems = []
    for name in sorted(headers - reached - NOT_BELOW_UMBRELLA.keys()):
        if folder_of(name) != LEAF:
            problems.append(f"{umbrella} does not reach {name}: add an include line")
    for name in sorted(reached & NOT_BELOW_UMBRELLA.keys()):
        problems.append(f"NOT_BELOW_UMBRELLA names {name}, but {umbrella} reaches it")
    if not reached:
        problems.append(f"{root}: no {umbrella}, so nothing was checked")
    return problems


def check_reach(root, compiler, header):
    """Asks the compiler for every file behind a header."""
    folders = [root / "include", *sorted((root / "backends").glob("**/include"))]
    command = [compiler, "-std=c++20", "-M", "-x", "c++", "-"]
    command += [f"-I{folder}" for folder in folders]
    result = subprocess.run(command, input=f"#include <{header}>\n", text=True,
                            capture_output=True, check=False)
    if result.returncode != 0:
        return [f"{header} does not preprocess:\n{result.stderr}"]
    problems = []
    for path in result.stdout.replace("\\\n", " ").split()[1:]:
        for library, pattern in FORBIDDEN.items():
            if re.search(pattern, path):
                problems.append(f"{header} reaches {library}: {path}")
    return problems


def print_graph(root):
    graph = {}
    for _, _, source, name, _ in arrows(root):
        target = folder_of(name)
        if source not in (target, UMBRELLA):
            graph.setdefault(source, set()).add(target)
    for source in sorted(graph):
        print(f"{source:14} -> {' '.join(sorted(graph[source]))}")


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("action", choices=["floors", "reach", "umbrella", "graph"])
    parser.add_argument("root", type=pathlib.Path)
    parser.add_argument("--compiler", default="c++")
    parser.add_argument("--header", default="flowkit/flowkit.hpp")
    options = parser.parse_args()
    if options.action == "graph":
        print_graph(options.root)
        return 0
    if options.action == "floors":
        problems = check_floors(options.root)
    elif options.action == "umbrella":
        problems = check_umbrella(options.root)
    else:
        problems = check_reach(options.root, options.compiler, options.header)
    for problem in problems:
        print(problem)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
