#!/usr/bin/env python3
"""Numbers the resources of the app, as Android's own tools do: R.kt to compile against, and the
list that tells those tools to number them so.

    resources.py RES OUT    writes OUT/r/R.kt and OUT/ids.txt
"""

import pathlib
import sys
import xml.etree.ElementTree as xml

PACKAGE = "app.baton.phone"


def found(res):
    """Names of resources, by kind."""
    kinds = {}
    for file in sorted(res.glob("*/*.xml")):
        kind = file.parent.name.split("-")[0]
        if kind == "values":
            for entry in xml.parse(file).getroot():
                kinds.setdefault(entry.tag, set()).add(entry.attrib["name"])
        else:
            kinds.setdefault(kind, set()).add(file.stem)
    return {kind: sorted(names) for kind, names in sorted(kinds.items())}


def main():
    res, out = map(pathlib.Path, sys.argv[1:])
    lines, ids = [], []
    for place, (kind, names) in enumerate(found(res).items(), 1):
        lines.append(f"    object {kind} {{")
        for at, name in enumerate(names):
            number = 0x7F000000 + (place << 16) + at
            lines.append(f"        const val {name.replace('.', '_')} = {number:#x}")
            ids.append(f"{PACKAGE}:{kind}/{name} = {number:#x}")
        lines.append("    }")
    (out / "r").mkdir(parents=True, exist_ok=True)
    body = "\n".join(lines)
    text = f'@file:Suppress("ClassName", "ConstPropertyName")\n\npackage {PACKAGE}\n\nobject R {{\n{body}\n}}\n'
    (out / "r/R.kt").write_text(text)
    (out / "ids.txt").write_text("\n".join(ids) + "\n")


if __name__ == "__main__":
    main()
