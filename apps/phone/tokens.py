#!/usr/bin/env python3
"""Writes the app's colours, corners and sizes from the console's tokens, so that both look the same.

    apps/phone/tokens.py           writes Tokens.kt and Drawings.kt
    apps/phone/tokens.py --check   ends with 1 where they are others
"""

import math
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LOOK = ROOT / "apps/phone/ui/src/app/baton/app/look"
HEAD = "// Made from the console's {} by tokens.py; not edited by hand.\n\npackage app.baton.app.look\n\n"
SKIPPED = {"heat-3", "finger", "finger-line", "accent-hover", "accent-soft-2", "inverse-2"}


def channel(linear):
    linear = min(max(linear, 0), 1)
    if linear <= 0.0031308:
        return round(255 * 12.92 * linear)
    return round(255 * (1.055 * linear ** (1 / 2.4) - 0.055))


def hexed(said):
    """A colour of `oklch(L C H / A)` as Compose takes it."""
    numbers = [float(part) for part in re.findall(r"[\d.]+", said)]
    light, chroma, hue = numbers[:3]
    alpha = numbers[3] if len(numbers) > 3 else 1
    a, b = chroma * math.cos(math.radians(hue)), chroma * math.sin(math.radians(hue))
    l = (light + 0.3963377774 * a + 0.2158037573 * b) ** 3
    m = (light - 0.1055613458 * a - 0.0638541728 * b) ** 3
    s = (light - 0.0894841775 * a - 1.2914855480 * b) ** 3
    red = 4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s
    green = -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s
    blue = -0.0041960863 * l - 0.7034186147 * m + 1.7076147010 * s
    rgb = "".join(f"{channel(part):02X}" for part in (red, green, blue))
    return f"Color(0x{round(255 * alpha):02X}{rgb})"


def camel(name):
    first, *rest = name.split("-")
    return first + "".join(part.capitalize() for part in rest)


def tokens():
    css = (ROOT / "console/src/tokens.css").read_text()
    root = css[css.index(":root {"):]
    root = re.sub(r"/\*.*?\*/", "", root[: root.index("\n}")], flags=re.S)
    light, dark, dims = {}, {}, {}
    for name, value in re.findall(r"--([\w-]+):\s*(.*?);", root, flags=re.S):
        both = re.fullmatch(r"light-dark\(\s*(oklch\([^)]*\)),\s*(oklch\([^)]*\))\s*\)", value.strip())
        one = re.fullmatch(r"oklch\([^)]*\)", value.strip())
        if name in SKIPPED:
            continue
        if both or one:
            light[name] = hexed((both or one).group(1 if both else 0))
            dark[name] = hexed((both or one).group(2 if both else 0))
        elif re.fullmatch(r"r-\w+|s-\d+", name) and (rem := re.fullmatch(r"([\d.]+)rem", value)):
            dims[name] = f"{float(rem.group(1)) * 16:g}.dp"
    text = HEAD.format("tokens.css")
    text += "import androidx.compose.ui.graphics.Color\nimport androidx.compose.ui.unit.dp\n\n"
    text += "/** The colours of a theme; what each is for stands in the console's tokens. */\n"
    text += "class Colours(\n" + "".join(f"    val {camel(n)}: Color,\n" for n in light) + ")\n\n"
    for name, colours in (("Light", light), ("Dark", dark)):
        text += f"val {name} = Colours(\n"
        text += "".join(f"    {camel(n)} = {value},\n" for n, value in colours.items()) + ")\n\n"
    css = (ROOT / "console/src/app.css").read_text()
    avatar = re.search(r"^\.av \{.*$", css, flags=re.M).group()
    pairs = re.findall(r"oklch\(([^)]*) var\(--h\)\)", avatar)
    hues = re.findall(r"^\.h1 .*$", css, flags=re.M)[0]
    text += "/** The two colours of somebody's letters, by day and by night. */\n"
    text += "class Hue(val back: Color, val ink: Color, val nightBack: Color, val nightInk: Color)\n\n"
    text += "val Hues = listOf(\n"
    for hue in re.findall(r"--h: (\d+)", hues):
        back, night, ink, night_ink = (hexed(f"{pair} {hue}") for pair in pairs)
        text += f"    Hue({back}, {ink}, {night}, {night_ink}),\n"
    text += ")\n\n/** Corners and gaps. */\nobject Dims {\n"
    text += "".join(f"    val {camel(n)} = {value}\n" for n, value in dims.items()) + "}\n"
    return text


def circle(cx, cy, r):
    return f"M{cx - r:g} {cy:g}a{r:g} {r:g} 0 1 0 {2 * r:g} 0a{r:g} {r:g} 0 1 0 {-2 * r:g} 0z"


def rounded(x, y, w, h, r):
    return (f"M{x + r:g} {y:g}h{w - 2 * r:g}a{r:g} {r:g} 0 0 1 {r:g} {r:g}v{h - 2 * r:g}"
            f"a{r:g} {r:g} 0 0 1 {-r:g} {r:g}h{-(w - 2 * r):g}a{r:g} {r:g} 0 0 1 {-r:g} {-r:g}"
            f"v{-(h - 2 * r):g}a{r:g} {r:g} 0 0 1 {r:g} {-r:g}z")


def drawings():
    html = (ROOT / "console/index.html").read_text()
    text = HEAD.format("sprite")
    text += "/** The paths of each drawing, on a field of 20 by 20. `+` is filled, `*` is bold. */\n"
    text += "enum class Drawing(internal vararg val paths: String) {\n"
    for name, inside in re.findall(r'<symbol id="i-([\w]+)"[^>]*>(.*?)</symbol>', html):
        paths = []
        for tag, said in re.findall(r"<(path|circle|rect) ([^>]*)/>", inside):
            at = dict(re.findall(r'([\w-]+)="([^"]*)"', said))
            filled = "+" if at.get("fill") == "currentColor" else ""
            filled = "*" if float(at.get("stroke-width", 1)) >= 2 else filled
            number = {key: float(value) for key, value in at.items() if re.fullmatch(r"[\d.]+", value)}
            if tag == "path":
                paths.append(filled + at["d"])
            elif tag == "circle":
                paths.append(filled + circle(number["cx"], number["cy"], number["r"]))
            else:
                paths.append(filled + rounded(*(number[k] for k in ("x", "y", "width", "height", "rx"))))
        quoted = "".join(f'        "{path}",\n' for path in paths)
        text += f"    {name.capitalize()}(\n{quoted}    ),\n"
    return text + "}\n"


def main():
    fresh = {LOOK / "Tokens.kt": tokens(), LOOK / "Drawings.kt": drawings()}
    for path, text in fresh.items():
        if "--check" in sys.argv[1:]:
            if path.read_text() != text:
                sys.exit(f"tokens.py: {path.name} is not what the console has; run it")
        else:
            path.write_text(text)


main()
