"""Makes the wheel of the package and the libraries of publish.sh: python3 build_wheel.py LIBRARIES FOLDER. Needs Python alone."""
from __future__ import annotations

import base64
import hashlib
import re
import sys
import zipfile
from pathlib import Path

from stubs import stubs

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[2]
SUMMARY = "A fast engine for bi-level reinforcement learning: best responses, their derivatives, leaders"


def version() -> str:
    """The one of all packages."""
    return re.search(r"<Version>([^<]+)</Version>", (ROOT / "Directory.Build.props").read_text()).group(1)


def platform(libraries: list[Path]) -> str:
    """The oldest manylinux whose glibc has all symbols that the libraries ask for."""
    import platform as machine
    asked = [int(minor) for path in libraries for minor in re.findall(rb"GLIBC_2\.(\d+)", path.read_bytes())]
    return f"manylinux_2_{max(asked, default=17)}_{machine.machine()}"


def metadata(number: str) -> str:
    page = (ROOT / "docs" / "embedding.md").read_text()
    return "\n".join([
        "Metadata-Version: 2.1", "Name: fasthyper", f"Version: {number}", f"Summary: {SUMMARY}", "License: MIT",
        "Author: The FastHyper authors", "Requires-Python: >=3.9", "Requires-Dist: numpy>=1.21",
        "Provides-Extra: torch", "Requires-Dist: torch; extra == 'torch'", "Provides-Extra: jax", "Requires-Dist: jax; extra == 'jax'",
        "Provides-Extra: gymnasium", "Requires-Dist: gymnasium; extra == 'gymnasium'", "Classifier: Typing :: Typed",
        "Description-Content-Type: text/markdown", "", page])


def main(libraries: Path, folder: Path) -> Path:
    found = sorted(libraries.rglob("libfasthyper.so"))
    if libraries / "libfasthyper.so" not in found:
        raise SystemExit(f"{libraries}: no libfasthyper.so; expected the folder that publish.sh wrote")
    number, tag = version(), f"py3-none-{platform(found)}"
    info = f"fasthyper-{number}.dist-info"
    files = {f"fasthyper/{p.name}": p.read_bytes() for p in sorted((HERE / "fasthyper").iterdir()) if p.suffix == ".py" or p.name == "py.typed"}
    files |= {f"fasthyper/{name}": text.encode() for name, text in stubs().items()}
    files |= {f"fasthyper/lib/{p.relative_to(libraries)}": p.read_bytes() for p in found}
    files["fasthyper/include/fasthyper.h"] = (HERE.parent / "fasthyper.h").read_bytes()
    files[f"{info}/METADATA"] = metadata(number).encode()
    files[f"{info}/WHEEL"] = f"Wheel-Version: 1.0\nGenerator: fasthyper\nRoot-Is-Purelib: false\nTag: {tag}\n".encode()
    files[f"{info}/licenses/LICENSE"] = (ROOT / "LICENSE").read_bytes()
    record = [f"{name},sha256={digest(data)},{len(data)}" for name, data in files.items()]
    files[f"{info}/RECORD"] = "\n".join([*record, f"{info}/RECORD,,", ""]).encode()
    folder.mkdir(parents=True, exist_ok=True)
    wheel = folder / f"fasthyper-{number}-{tag}.whl"
    with zipfile.ZipFile(wheel, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            # The same files make the same wheel.
            entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            entry.external_attr, entry.compress_type = 0o644 << 16, zipfile.ZIP_DEFLATED
            archive.writestr(entry, data)
    return wheel


def digest(data: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()


if __name__ == "__main__":
    if len(sys.argv) != 3:
        raise SystemExit("usage: build_wheel.py LIBRARIES FOLDER")
    print(main(Path(sys.argv[1]).resolve(), Path(sys.argv[2])))
