#!/usr/bin/env python3
"""Reads what cargo tells of a build: shows the compiler's words, and writes two lists.

    cargo build --message-format=json | built.py PROGRAMS WARNINGS

PROGRAMS gets a line for each program with tests: package:target, its directory, the program.
WARNINGS gets the text of each warning. Cargo repeats those of what was compiled before.
"""
import json
import os
import sys

programs, warnings = [], []
for line in sys.stdin:
    told = json.loads(line)
    if told["reason"] == "compiler-message":
        said = told["message"]["rendered"]
        # A library is compiled for itself and for its tests, and is warned of twice.
        if said not in warnings:
            sys.stderr.write(said)
            if told["message"]["level"] == "warning":
                warnings.append(said)
    elif told["reason"] == "compiler-artifact" and told["profile"]["test"] and told["executable"]:
        directory = os.path.dirname(told["manifest_path"])
        package = told["package_id"].split("#")[-1].split("@")[0]
        if package[0].isdigit():
            package = os.path.basename(directory)
        kinds = told["target"]["kind"]
        kind = "it" if "test" in kinds else kinds[0]
        programs.append(f"{package}:{kind}\t{directory}\t{told['executable']}\n")

for path, lines in zip(sys.argv[1:], (programs, warnings)):
    with open(path, "w", encoding="utf-8") as written:
        written.writelines(lines)
