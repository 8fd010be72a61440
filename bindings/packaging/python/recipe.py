"""Makes the wheel of what was built before: a build backend (PEP 517) without dependencies.

    scripts/mobile/bindgen.sh && scripts/mobile/size.sh      # the module and the library
    pip wheel --no-deps --wheel-dir target/wheel bindings/packaging/python

BATON_LIBRARY   the library to ship (default target/mobile/shipped/libbaton_core.so)
BATON_BINDINGS  where baton_core.py was written (default target/bindings/python)

The wheel holds the generated module as package `baton_core` with the library beside it, where the
module looks for it, and the package `baton`, written by hand.
"""

import base64
import hashlib
import os
import re
import subprocess
import sys
import sysconfig
import tempfile
import zipfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[2]
NAME = "baton_core"


def version():
    manifest = (ROOT / "Cargo.toml").read_text()
    package = manifest.split("[workspace.package]", 1)[1]
    return re.search(r'^version = "(.*)"$', package, re.MULTILINE).group(1)


def taken(variable, default, script):
    path = Path(os.environ.get(variable) or ROOT / default)
    if not path.exists():
        raise SystemExit(f"{path} is not there: run {script}, or name another with {variable}")
    return path


def files():
    """What goes in: name in the wheel, and contents."""
    module = taken("BATON_BINDINGS", "target/bindings/python", "scripts/mobile/bindgen.sh")
    shipped = "target/mobile/shipped/libbaton_core.so"
    library = taken("BATON_LIBRARY", shipped, "scripts/mobile/size.sh")
    yield f"{NAME}/__init__.py", (module / f"{NAME}.py").read_bytes()
    yield f"{NAME}/py.typed", b""
    yield f"{NAME}/{library.name}", library.read_bytes()
    layer = ROOT / "bindings/python"
    for path in sorted(layer.glob("baton/**/*.py")):
        yield path.relative_to(layer).as_posix(), path.read_bytes()
    yield "baton/py.typed", b""


# The generated module has this comparison, but does not make it by itself.
COMPARED = """
import sys
sys.path.insert(0, sys.argv[1])
import baton_core
baton_core._uniffi_check_api_checksums(baton_core._UniffiLib)
"""


def of_one_source(named):
    """Refuses a module and a library of different sources: calls would go astray."""
    with tempfile.TemporaryDirectory() as directory:
        for name, data in named:
            path = Path(directory) / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        said = subprocess.run([sys.executable, "-I", "-c", COMPARED, directory],
                              capture_output=True, text=True, timeout=60)
    if said.returncode != 0:
        raise SystemExit(f"the module and the library do not belong together:\n{said.stderr}")


def tag():
    """Any Python 3, this platform: the library is loaded, not linked to Python."""
    return "py3-none-" + re.sub(r"[-.]", "_", sysconfig.get_platform())


def metadata():
    return "\n".join([
        "Metadata-Version: 2.1", "Name: baton-core", f"Version: {version()}",
        "Summary: Baton's phone core for Python.", "License: Apache-2.0",
        "Requires-Python: >=3.9", "License-File: LICENSE", "",
    ]).encode()


def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    info = f"{NAME}-{version()}.dist-info"
    wheel = f"Wheel-Version: 1.0\nGenerator: baton\nRoot-Is-Purelib: false\nTag: {tag()}\n"
    named = list(files())
    of_one_source(named)
    named += [
        (f"{info}/METADATA", metadata()),
        (f"{info}/WHEEL", wheel.encode()),
        (f"{info}/LICENSE", (ROOT / "LICENSE").read_bytes()),
    ]
    record = []
    for name, data in named:
        digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
        record.append(f"{name},sha256={digest},{len(data)}")
    record.append(f"{info}/RECORD,,\n")
    named.append((f"{info}/RECORD", "\n".join(record).encode()))
    file = f"{NAME}-{version()}-{tag()}.whl"
    with zipfile.ZipFile(Path(wheel_directory) / file, "w", zipfile.ZIP_DEFLATED) as out:
        for name, data in named:
            # The same input gives the same wheel: no times of today.
            entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = (0o755 if name.endswith((".so", ".dylib")) else 0o644) << 16
            out.writestr(entry, data)
    return file


def build_sdist(sdist_directory, config_settings=None):
    raise SystemExit("there is no source distribution: the library is built in the repository")
