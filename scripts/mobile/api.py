#!/usr/bin/env python3
"""Writes the public API of the bindings as a stable, readable listing.

    uniffi-bindgen pipeline … --pass initial --no-diff | scripts/mobile/api.py

Reads what the bindings' generator knows of the library before any language comes in. Documentation
and the order of definitions in the sources are left out: they are no part of what an app compiles
against; the order of fields and variants is. What it does not know is an error, so that nothing is
left out unnoticed.
"""

import re
import sys

TOKEN = re.compile(r'\s*("(?:[^"\\]|\\.)*"|-?[\w.]+|[{}\[\](),:])', re.DOTALL)
INTEGERS = {f"{sign}{bits}": f"{short}{bits}" for sign, short in (("UInt", "u"), ("Int", "i"))
            for bits in (8, 16, 32, 64)}
PLAIN = {"String": "String", "Boolean": "bool", "Float32": "f32", "Float64": "f64",
         "Bytes": "bytes", "Timestamp": "timestamp", "Duration": "duration", **INTEGERS}


class Node:
    """`Name`, `Name(a, b)` or `Name { field: value }` of a debug print."""

    def __init__(self, name, values=(), fields=None):
        self.name, self.values, self.fields = name, list(values), fields or {}

    def __getattr__(self, field):
        try:
            return self.fields[field]
        except KeyError:
            raise SystemExit(f"api.py: {self.name} has no {field}; it has {list(self.fields)}")


def tokens(text):
    at = 0
    text = text.rstrip()
    while at < len(text):
        found = TOKEN.match(text, at)
        if not found:
            raise SystemExit(f"api.py: cannot read {text[at:at + 60]!r}")
        at = found.end()
        yield found.group(1)


class Reader:
    """Reads a debug print of Rust's."""

    def __init__(self, text):
        self.all = list(tokens(text))
        self.at = 0

    def next(self):
        self.at += 1
        return self.all[self.at - 1]

    def until(self, end, one):
        found = []
        while self.all[self.at] != end:
            found.append(one())
            if self.all[self.at] == ",":
                self.at += 1
        self.at += 1
        return found

    def pair(self):
        key = self.next()
        if self.next() != ":":
            raise SystemExit(f"api.py: no value after {key}")
        return key.strip('"'), self.value()

    def value(self):
        word = self.next()
        if word == "[":
            return self.until("]", self.value)
        if word == "{":
            return dict(self.until("}", self.pair))
        if word.startswith('"'):
            return word[1:-1]
        following = self.all[self.at] if self.at < len(self.all) else ""
        if following == "(":
            self.at += 1
            return Node(word, self.until(")", self.value))
        if following == "{":
            self.at += 1
            return Node(word, fields=dict(self.until("}", self.pair)))
        return Node(word)


def type_name(ty):
    if ty.name in PLAIN:
        return PLAIN[ty.name]
    if ty.name == "Optional":
        return type_name(ty.inner_type) + "?"
    if ty.name in ("Sequence", "Set", "Box"):
        ends = {"Sequence": "[]", "Set": "{}", "Box": "()"}[ty.name]
        return ends[0] + type_name(ty.inner_type) + ends[1]
    if ty.name == "Map":
        return f"{{{type_name(ty.key_type)}: {type_name(ty.value_type)}}}"
    if ty.name in ("Record", "Enum", "Interface", "CallbackInterface", "Custom"):
        return ty.fields["name"]
    raise SystemExit(f"api.py: unknown type {ty.name}")


def flat(value):
    """A default, in one line."""
    if isinstance(value, list):
        return "[" + ", ".join(map(flat, value)) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {flat(one)}" for key, one in value.items()) + "}"
    if not isinstance(value, Node):
        return f'"{value}"'
    # A number says its base and width as well, which its field does.
    if value.name in ("Some", "Literal", "String", "Boolean", "UInt", "Int", "Float"):
        return flat(value.values[0])
    inner = [flat(one) for one in value.values]
    inner += [flat(one) for key, one in value.fields.items()
              if key not in ("namespace", "orig_name")]
    return value.name + ("(" + ", ".join(inner) + ")" if inner else "")


def maybe(option):
    return None if option.name == "None" else option.values[0]


def field(one):
    given = maybe(one.default)
    return f"{one.fields['name']}: {type_name(one.ty)}" + (f" = {flat(given)}" if given else "")


def function(one, word):
    text = ("async " if one.is_async.name == "true" else "") + word + " " + one.fields["name"]
    text += "(" + ", ".join(field(given) for given in one.inputs) + ")"
    result = maybe(one.fields.get("return_type", Node("None")))
    thrown = maybe(one.throws)
    text += f" -> {type_name(result)}" if result else ""
    return text + (f" throws {type_name(thrown)}" if thrown else "")


def calls(one):
    lines = [function(each, "new") for each in one.fields.get("constructors", [])]
    lines += [function(each, "fn") for each in one.fields.get("methods", [])]
    lines += ["is " + each.name for each in one.fields.get("uniffi_traits", [])]
    lines += ["is " + type_name(each.trait_ty) for each in one.fields.get("trait_impls", [])]
    return sorted(lines, key=lambda line: (line.split("(")[0].split()[-1], line))


def variant(one):
    number = maybe(one.discr)
    fields = ", ".join(field(each) for each in one.fields["fields"])
    text = one.fields["name"] + (f"({fields})" if fields else "")
    return text + (f" = {flat(number)}" if number else "")


def definition(one):
    if one.name == "Record":
        return "record", [field(each) for each in one.fields["fields"]] + calls(one)
    if one.name == "Enum":
        kind = "enum"
        if one.shape.name == "Error":
            kind = "flat error" if one.shape.flat.name == "true" else "error"
        return kind, [variant(each) for each in one.variants] + calls(one)
    if one.name == "Interface":
        if one.imp.name == "Struct":
            return "object", calls(one)
        # `ForeignOnly`: apps implement it, and so on.
        by = re.sub("(?<=[a-z])(?=[A-Z])", " ", flat(one.imp.values[0])).lower()
        return by + " trait", calls(one)
    if one.name == "CallbackInterface":
        return "callback", calls(one)
    if one.name == "Custom":
        return "custom " + type_name(one.builtin), []
    raise SystemExit(f"api.py: unknown definition {one.name}")


def listing(root):
    out = []
    for name, space in sorted(root.namespaces.items()):
        out.append(f"namespace {name}")
        out += sorted(function(one, "fn") for one in space.functions)
        known = sorted(space.type_definitions, key=lambda one: one.values[0].fields.get("name", ""))
        for wrapped in known:
            one = wrapped.values[0]
            if wrapped.name in ("Simple", "Optional", "Sequence", "Map", "Set", "Box", "External"):
                continue
            kind, lines = definition(one)
            out += ["", f"{kind} {one.fields['name']}"] + ["  " + line for line in lines]
    return out


def main():
    text = sys.stdin.read()
    # The generator's heading goes before.
    start = text.find("Root {")
    if start < 0:
        raise SystemExit("api.py: there is no API in what was handed in")
    print("\n".join(listing(Reader(text[start:]).value())))


main()
