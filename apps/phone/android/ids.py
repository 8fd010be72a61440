#!/usr/bin/env python3
"""Numbers the resources of Jetpack's libraries, as Android's own tools do: their classes ask for the
numbers where no package of resources is.

    ids.py PLACE OUT    writes R.java for each library of PLACE into OUT, and lists them in OUT/files
"""

import pathlib
import sys


def main():
    place, out = map(pathlib.Path, sys.argv[1:])
    numbers, kinds, files = {}, {}, []
    for listed in sorted(place.glob("*.R")):
        package, *lines = listed.read_text().splitlines()
        classes = {}
        for line in filter(None, lines):
            form, kind, name, value = line.split(" ", 3)
            if form == "int[]":
                said = f"int[] {name} = new int[{value.count(',') + 1}]"
            elif kind == "styleable":
                said = f"int {name} = {value}"
            else:
                high = kinds.setdefault(kind, len(kinds) + 1)
                number = numbers.setdefault((kind, name), 0x7F000000 + (high << 16) + len(numbers))
                said = f"int {name} = {number:#x}"
            classes.setdefault(kind, []).append(f"public static final {said};")
        inside = "".join(
            f"public static final class {kind} {{ {' '.join(fields)} }}\n" for kind, fields in classes.items()
        )
        file = out / package.replace(".", "/") / "R.java"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"package {package};\npublic final class R {{\n{inside}}}\n")
        files.append(str(file))
    (out / "files").write_text("\n".join(files) + "\n")


if __name__ == "__main__":
    main()
