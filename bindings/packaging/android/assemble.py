#!/usr/bin/env python3
"""Assembles an AAR of what was built, and refuses libraries that a phone would refuse.

    assemble.py --libraries DIR --classes JAR --version VERSION --out FILE.aar

DIR holds a library for each ABI: arm64-v8a/libbaton_core.so and so on. Each must be for its
machine, stripped, export the core's functions, and on 64 bits be aligned for pages of 16 KB. Neither Gradle nor an SDK is needed: an AAR is a zip with fixed names.
"""

import argparse
import struct
import zipfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
# Name of the ABI: bits, number of the machine in ELF.
ABIS = {"arm64-v8a": (64, 183), "armeabi-v7a": (32, 40), "x86_64": (64, 62), "x86": (32, 3)}
LIBRARY = "libbaton_core.so"
# What bindings call first: the version of the contract with them.
FIRST = b"ffi_baton_core_uniffi_contract_version"
PAGE = 16384
PT_LOAD, SHT_SYMTAB, SHT_DYNSYM = 1, 2, 11


def refuse(what):
    raise SystemExit(f"assemble.py: {what}")


class Elf:
    """The few fields of an ELF file that matter here."""

    def __init__(self, data):
        if data[:4] != b"\x7fELF" or data[5] != 1:
            refuse("no little-endian ELF file")
        self.data = data
        self.bits = {1: 32, 2: 64}[data[4]]
        self.machine = struct.unpack_from("<H", data, 18)[0]
        wide = self.bits == 64
        phoff, shoff = struct.unpack_from("<QQ" if wide else "<II", data, 32 if wide else 28)
        counts = struct.unpack_from("<HHHH", data, 54 if wide else 42)
        self.programs = [phoff + number * counts[0] for number in range(counts[1])]
        self.sections = [shoff + number * counts[2] for number in range(counts[3])]

    def alignments(self):
        at, form = (48, "<Q") if self.bits == 64 else (28, "<I")
        return [struct.unpack_from(form, self.data, one + at)[0] for one in self.programs
                if struct.unpack_from("<I", self.data, one)[0] == PT_LOAD]

    def section(self, kind):
        """Bytes of a table of symbols and of the names it refers to."""
        at, form = (24, "<QQI") if self.bits == 64 else (16, "<III")
        for one in self.sections:
            if struct.unpack_from("<I", self.data, one + 4)[0] == kind:
                offset, size, link = struct.unpack_from(form, self.data, one + at)
                names = struct.unpack_from(form, self.data, self.sections[link] + at)
                return self.data[offset:offset + size], self.data[names[0]:names[0] + names[1]]
        return None

    def exports(self, name):
        """Whether the dynamic table has this symbol, and has it defined."""
        table, names = self.section(SHT_DYNSYM) or (b"", b"")
        size, defined = (24, 6) if self.bits == 64 else (16, 14)
        for at in range(0, len(table), size):
            start = struct.unpack_from("<I", table, at)[0]
            if names[start:names.find(b"\0", start)] == name:
                return struct.unpack_from("<H", table, at + defined)[0] != 0
        return False


def checked(abi, path):
    data = path.read_bytes()
    elf = Elf(data)
    if (elf.bits, elf.machine) != ABIS[abi]:
        refuse(f"{path} is for another machine ({elf.bits} bits, {elf.machine})")
    if elf.bits == 64 and any(one < PAGE or one % PAGE for one in elf.alignments()):
        refuse(f"{path} is aligned for {min(elf.alignments())}, pages have {PAGE} bytes")
    if elf.section(SHT_SYMTAB):
        refuse(f"{path} is not stripped")
    if not elf.exports(FIRST):
        refuse(f"{path} does not export {FIRST.decode()}")
    return data


def main():
    words = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name in ("libraries", "classes", "version", "out"):
        words.add_argument("--" + name, required=True)
    given = words.parse_args()
    libraries = Path(given.libraries)
    strangers = {one.name for one in libraries.iterdir()} - set(ABIS)
    if strangers:
        refuse(f"unknown ABI {sorted(strangers)}")
    entries = {
        "AndroidManifest.xml": (HERE / "AndroidManifest.xml").read_bytes(),
        "classes.jar": Path(given.classes).read_bytes(),
        # Without resources, but it has to be there.
        "R.txt": b"",
        # This is what consumer rules are called inside.
        "proguard.txt": (HERE / "consumer-rules.pro").read_bytes(),
        "META-INF/com/android/build/gradle/aar-metadata.properties":
            b"aarFormatVersion=1.0\naarMetadataVersion=1.0\nminCompileSdk=23\n",
    }
    with zipfile.ZipFile(given.classes) as jar:
        if not any(name.startswith("app/baton/core/") for name in jar.namelist()):
            refuse(f"{given.classes} holds no class of app.baton.core")
    for abi in ABIS:
        path = libraries / abi / LIBRARY
        if not path.exists():
            refuse(f"{path} is missing: an AAR has all of {list(ABIS)}")
        entries[f"jni/{abi}/{LIBRARY}"] = checked(abi, path)
    with zipfile.ZipFile(given.out, "w", zipfile.ZIP_DEFLATED) as aar:
        for name, data in entries.items():
            # The same input gives the same file: no times of today.
            entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            aar.writestr(entry, data)
    pom = (HERE / "pom.xml").read_text().replace("@VERSION@", given.version)
    Path(given.out).with_suffix(".pom").write_text(pom)


main()
