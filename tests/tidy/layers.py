#!/usr/bin/env python3
"""The layer rule: who may include whom, and which library stays behind which folder."""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]

# A layer may include itself and these; bottom-up.
MAY_USE = {
    "base": "",
    "model": "base",
    "config": "base",
    "telemetry": "base",
    "expr": "base model config telemetry",
    "component": "base model config telemetry expr",
    "codec": "base model",
    "net": "base telemetry",
    "flow": "base model telemetry expr component codec net",
    "topology": "base model config telemetry expr component codec net flow",
    "app": "base model config telemetry expr component codec net flow topology",
    "plugins": "base model config telemetry expr component codec net",
}
# A library stays behind these folders, so that replacing it touches one of them.
FENCED = {
    "simdjson.h": ["pipeline/codec"],
    "snappy": ["pipeline/codec"],
    "zstd.h": ["pipeline/codec"],
    "libdeflate.h": ["pipeline/codec"],
    "zlib.h": ["pipeline/codec"],
    "yaml.h": ["pipeline/config"],
    "prometheus/": ["pipeline/telemetry"],
    "re2/": ["pipeline/expr", "plugins/transforms"],
    "openssl/": ["pipeline/net"],
    "boost/beast": ["pipeline/net"],
    "CLI/": ["pipeline/app"],
    "google/protobuf/": [],
}
# Tests and benchmarks may reach anything except another plugin.
EXEMPT = re.compile(r"(_test|_bench)\.(cc|h)$")
INCLUDE = re.compile(r'^\s*#\s*include\s+([<"])([^>"]+)[>"]')


def layer_of(path: str) -> str:
    parts = path.split("/")
    return parts[1] if parts[0] == "pipeline" else parts[0]


def plugin_of(path: str) -> str:
    return "/".join(path.split("/")[:3]) if path.startswith("plugins/") else ""


def problems(root: pathlib.Path = ROOT):
    for path in sorted([*root.glob("pipeline/**/*"), *root.glob("plugins/**/*")]):
        if path.suffix not in (".h", ".cc"):
            continue
        name = path.relative_to(root).as_posix()
        layer = layer_of(name)
        exempt = bool(EXEMPT.search(name))
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            match = INCLUDE.match(line)
            if not match:
                continue
            target = match.group(2)
            where = f"{name}:{number}: includes {target}"
            if target.startswith(("pipeline/", "plugins/")):
                if target.startswith("plugins/") and layer != "app":
                    if plugin_of(target) != plugin_of(name):
                        yield f"{where}: plugins never see each other"
                    continue
                allowed = MAY_USE.get(layer, "").split() + [layer]
                if layer == "app":
                    allowed.append("plugins")
                if not exempt and layer_of(target) not in allowed:
                    yield f"{where}: '{layer}' may use: {' '.join(allowed)}"
                continue
            if exempt:
                continue
            for library, folders in FENCED.items():
                if target.startswith(library) and not any(name.startswith(f + "/") for f in folders):
                    yield f"{where}: belongs behind {' or '.join(folders) or 'tests'}"


if __name__ == "__main__":
    found = list(problems())
    print("\n".join(found))
    sys.exit(1 if found else 0)
