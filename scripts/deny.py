#!/usr/bin/env python3
"""Checks deny.toml where there is no cargo-deny, whose build takes longer than all checks together:
licences, crates that are banned or there twice, and where crates come from. It reads what is used
of deny.toml, and refuses what it does not know."""

import json
import re
import subprocess
import sys
import tomllib
from collections import defaultdict

KNOWN = {
    "graph": {"all-features", "targets"},
    "licenses": {"allow", "exceptions", "confidence-threshold", "unused-allowed-license", "private"},
    "bans": {"multiple-versions", "wildcards", "allow-wildcard-paths", "skip", "deny"},
    "sources": {"unknown-registry", "unknown-git", "allow-registry"},
}


def packages(graph):
    """Crates that are used for one of the targets, ours apart."""
    used, held = set(), {}
    for target in graph["targets"]:
        command = ["cargo", "metadata", "--format-version=1", "--locked", "--all-features",
                   f"--filter-platform={target}"]
        found = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
        held |= {one["id"]: one for one in found["packages"]}
        used |= {node["id"] for node in found["resolve"]["nodes"]}
    return [held[one] for one in sorted(used) if held[one]["source"] is not None]


def is_allowed(expression, allowed):
    """Whether an SPDX expression can be met. Older crates write `/` for OR."""
    words = re.findall(r"\(|\)|[^\s()]+", expression.replace("/", " OR "))

    def term():
        word = words.pop(0)
        if word == "(":
            met = either()
            words.pop(0)
            return met
        if words[:1] == ["WITH"]:
            del words[:2]
            return word in allowed
        return word in allowed

    def both():
        met = term()
        while words[:1] == ["AND"]:
            words.pop(0)
            met = term() and met
        return met

    def either():
        met = both()
        while words[:1] == ["OR"]:
            words.pop(0)
            met = both() or met
        return met

    return either()


def fits(crate, named):
    """Whether a crate is the one of `name` or `name@1.2`."""
    name, _, version = named.partition("@")
    return crate["name"] == name and f"{crate['version']}.".startswith(f"{version}." if version else "")


def wrong(rules, crates):
    """What is wrong, a line each."""
    licenses, bans, sources = rules["licenses"], rules["bans"], rules["sources"]
    more = defaultdict(set)
    for one in licenses["exceptions"]:
        more[one["crate"]] |= set(one["allow"])
    by_name = defaultdict(list)
    for crate in crates:
        at = f"{crate['name']} {crate['version']}"
        allowed = set(licenses["allow"]) | more[crate["name"]]
        if not is_allowed(crate["license"] or "none", allowed):
            yield f"{at}: the licence {crate['license']} is not allowed"
        if crate["source"].removeprefix("registry+") not in sources["allow-registry"]:
            yield f"{at}: comes from {crate['source']}"
        yield from (f"{at}: is banned: {one['reason']}" for one in bans["deny"] if fits(crate, one["crate"]))
        if not any(fits(crate, one["crate"]) for one in bans["skip"]):
            by_name[crate["name"]].append(crate["version"])
    yield from (f"{name}: is there twice: {versions}" for name, versions in by_name.items() if len(versions) > 1)


def main():
    with open("deny.toml", "rb") as file:
        rules = tomllib.load(file)
    for section, fields in rules.items():
        unknown = set(fields) - KNOWN.get(section, set())
        if unknown:
            sys.exit(f"deny.py: does not know {sorted(unknown)} of [{section}]")
    crates = packages(rules["graph"])
    found = sorted(wrong(rules, crates))
    print("\n".join(found) or f"licences, bans and sources: {len(crates)} crates, nothing wrong")
    sys.exit(1 if found else 0)


main()
