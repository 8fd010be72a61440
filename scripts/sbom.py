#!/usr/bin/env python3
"""Lists what a program of this workspace is made of, as CycloneDX 1.5 JSON.

    scripts/sbom.py PACKAGE TARGET

Crates that are linked into it for this target, with licence, source sum and what each depends on;
crates that only build or test it are left out. The same sources give the same file:
SOURCE_DATE_EPOCH is its time.
"""

import json
import os
import subprocess
import sys
from datetime import datetime, timezone
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def metadata(target):
    """What cargo knows, with Cargo.lock as it stands."""
    command = ["cargo", "metadata", "--format-version=1", "--locked", f"--filter-platform={target}"]
    return json.loads(subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE).stdout)


def checksums():
    """SHA-256 by name and version, from Cargo.lock."""
    sums, crate = {}, {}
    for line in (ROOT / "Cargo.lock").read_text().splitlines():
        if line == "[[package]]":
            crate = {}
        elif " = " in line:
            key, value = line.split(" = ", 1)
            crate[key] = value.strip('"')
            if key == "checksum":
                sums[crate["name"], crate["version"]] = crate[key]
    return sums


def linked(nodes, packages, root):
    """The id of what is reached from the root by normal dependencies, with the ids of its own."""
    reached, todo = {}, [root]
    while todo:
        one = todo.pop()
        if one in reached:
            continue
        normal = [dep["pkg"] for dep in nodes[one]["deps"]
                  if any(kind["kind"] is None for kind in dep["dep_kinds"])
                  and not is_macro(packages[dep["pkg"]])]
        reached[one] = sorted(normal)
        todo.extend(normal)
    return reached


def is_macro(package):
    """Whether it runs in the compiler alone."""
    return any("proc-macro" in target["kind"] for target in package["targets"])


def component(package, sums):
    """A crate as CycloneDX says it."""
    purl = f"pkg:cargo/{package['name']}@{package['version']}"
    said = {
        "type": "library",
        "bom-ref": purl,
        "name": package["name"],
        "version": package["version"],
        "purl": purl,
    }
    if package.get("license"):
        # Old crates divide alternatives by a slash.
        said["licenses"] = [{"expression": package["license"].replace("/", " OR ")}]
    if (package["name"], package["version"]) in sums:
        content = sums[package["name"], package["version"]]
        said["hashes"] = [{"alg": "SHA-256", "content": content}]
    return said


def main():
    name, target = sys.argv[1:]
    known = metadata(target)
    packages = {package["id"]: package for package in known["packages"]}
    nodes = {node["id"]: node for node in known["resolve"]["nodes"]}
    root = next(one for one in known["workspace_members"] if packages[one]["name"] == name)
    tree, sums = linked(nodes, packages, root), checksums()
    components = {one: component(packages[one], sums) for one in tree}
    ref = {one: said["bom-ref"] for one, said in components.items()}
    program = components.pop(root) | {"type": "application"}
    made = datetime.fromtimestamp(int(os.environ.get("SOURCE_DATE_EPOCH", "0")), timezone.utc)
    json.dump({
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {"timestamp": made.strftime("%Y-%m-%dT%H:%M:%SZ"), "component": program},
        "components": sorted(components.values(), key=lambda one: one["bom-ref"]),
        "dependencies": sorted(
            ({"ref": ref[one], "dependsOn": [ref[of] for of in own]} for one, own in tree.items()),
            key=lambda one: one["ref"]),
    }, sys.stdout, indent=1)
    print()


if __name__ == "__main__":
    main()
