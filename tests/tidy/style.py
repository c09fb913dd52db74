#!/usr/bin/env python3
"""Tests of the code itself: what a reviewer should never have to say."""
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]

# A pattern, what to do instead, and the files that it holds for.
SHIPPED = re.compile(r"^(pipeline|plugins)/(?!.*(_test|_bench)\.cc$)(?!.*test).*")
HEADERS = re.compile(r"^(pipeline|plugins)/(?!.*test).*\.h$")
EVERYTHING = re.compile(r".")
NOT_CONFORMANCE = re.compile(r"^(?!tests/conformance/)")
BANNED = [
    (r"\busing namespace (?!.*literals)", "name what you use", HEADERS),
    (r"\bstd::regex\b", "use RE2 (pipeline/expr)", SHIPPED),
    (r"\bmktime\(", "it takes the time zone lock; see pipeline/codec/time_parse.h", SHIPPED),
    (r"\bsprintf\(", "use fmt", EVERYTHING),
    (r"\bEXPECT_TRUE\(true\)", "a test that cannot fail", EVERYTHING),
    # Conformance skips what does not apply to a plugin (a sink that takes no logs); nobody else may.
    (r"GTEST_SKIP|DISABLED_", "a skipped test hides a hole", NOT_CONFORMANCE),
    (r"#include <iostream>", "use fmt", SHIPPED),
]
BANNED_NAMES = re.compile(r"(^|[_/])(utils?|helpers?|managers?|misc|common)(\.|/|_|$)")
TOP = {"CMakeLists.txt", "pipeline", "plugins", "configs", "bench", "tests", "docker", "docs", "README.md", "LICENSE",
       "Makefile", "CMakePresets.json", "CHANGELOG.md", "CONTRIBUTING.md", ".clang-format", ".clang-tidy", ".ci",
       ".gitignore"}
LINES_MAX = 500


def tracked():
    out = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [name for name in out.splitlines() if (ROOT / name).is_file()]


def problems():
    for name in tracked():
        top = name.split("/")[0]
        if top not in TOP:
            yield f"{name}: the top-level folders are fixed (docs/adr would have to change that)"
        if BANNED_NAMES.search(name) and not name.startswith("docs/"):
            yield f"{name}: name the concept instead"
        if not name.endswith((".cc", ".h")):
            continue
        text = (ROOT / name).read_text(encoding="utf-8")
        lines = text.splitlines()
        if len(lines) > LINES_MAX:
            yield f"{name}: {len(lines)} lines; is it still one idea? (at most {LINES_MAX})"
        if name.endswith(".h") and "#pragma once" not in text:
            yield f"{name}:1: no #pragma once"
        for number, line in enumerate(lines, 1):
            for pattern, why, where in BANNED:
                if where.search(name) and re.search(pattern, line):
                    yield f"{name}:{number}: {line.strip()}: {why}"


if __name__ == "__main__":
    found = list(problems())
    print("\n".join(found))
    sys.exit(1 if found else 0)
