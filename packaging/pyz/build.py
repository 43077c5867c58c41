"""Build one file for every Python that Memtray supports: `build.py [FOLDER]`, a .pyz.

A zip cannot be imported from where extension modules are in it (Pillow, psutil, numpy), so the file
unpacks itself at its first start; see `start.py`. `--python 3.12` (repeatable) chooses versions.
"""

from __future__ import annotations

import argparse
import hashlib
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
VERSIONS = ("3.11", "3.12", "3.13", "3.14")
SHARED = "any"
"""Folder of what every Python can use; beside it one folder for each version."""
MAIN = """import sys

from trayapp.cli.main import main

sys.exit(main())
"""
"""What `python FOLDER` runs once it is unpacked."""
EPOCH = (2026, 1, 1, 0, 0, 0)
"""The time of every entry, so that two builds are the same; zip knows no time zone."""
SKIPPED = re.compile(
    r"(^|/)(__pycache__|tests)/|^[^/]+/(bin|share)/"
    r"|/(RECORD|INSTALLER|direct_url\.json|REQUESTED)$"
)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, default=ROOT / "dist")
    parser.add_argument("--python", action="append", help="a version to build for, such as 3.12")
    options = parser.parse_args()
    version = subprocess.run(
        ["sh", str(ROOT / "packaging" / "linux" / "release"), "version"],
        check=True, capture_output=True, text=True,
    ).stdout.strip()  # fmt: skip
    options.folder.mkdir(parents=True, exist_ok=True)
    target = options.folder / f"memtray-{version}.pyz"
    with tempfile.TemporaryDirectory() as work:
        packages = Path(work) / "packages"
        collect(packages, tuple(options.python or VERSIONS), Path(work))
        write(target, packages)
    print(target)
    return 0


def collect(packages: Path, versions: Sequence[str], work: Path) -> None:
    """Install for each version, and move what is the same everywhere into one folder."""
    run = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*run, "wheel", "--no-deps", "-w", str(work / "dist"), str(ROOT)], check=True)
    (wheel,) = (work / "dist").glob("memtray-*.whl")
    pure = work / "pure"
    # It has no wheel, and is the same for every Python.
    subprocess.run([*run, "wheel", "--no-deps", "-w", str(pure), "python-xlib"], check=True)
    for version in versions:
        subprocess.run(
            [
                *run, "install", "--no-compile", "--only-binary", ":all:",
                "--python-version", version, "--implementation", "cp", "--find-links", str(pure),
                "--target", str(packages / version), f"{wheel}[packaged]",
            ],
            check=True,
        )  # fmt: skip
    first = packages / versions[0]
    for file in sorted(first.rglob("*")):
        path = file.relative_to(first)
        others = [packages / version / path for version in versions[1:]]
        if others and file.is_file() and all(_same(file, other) for other in others):
            shared = packages / SHARED / path
            shared.parent.mkdir(parents=True, exist_ok=True)
            file.replace(shared)
            for other in others:
                other.unlink()


def _same(file: Path, other: Path) -> bool:
    return other.is_file() and file.read_bytes() == other.read_bytes()


def write(target: Path, packages: Path) -> None:
    """Write the archive: the starter, and all packages, in order of their names."""
    files = sorted(
        (file.relative_to(packages).as_posix(), file)
        for file in packages.rglob("*")
        if file.is_file() and not SKIPPED.search(file.relative_to(packages).as_posix())
    )
    digest = hashlib.sha256(MAIN.encode())
    for name, file in files:
        digest.update(name.encode() + b"\0" + file.read_bytes())
    starter = (Path(__file__).with_name("start.py")).read_text("utf-8")
    part = target.with_suffix(".part")
    with part.open("wb") as stream:
        stream.write(b"#!/usr/bin/env python3\n")
        with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
            _add(archive, "__main__.py", starter.encode())
            _add(archive, f"packages/{SHARED}/__main__.py", MAIN.encode())
            _add(archive, "digest", digest.hexdigest()[:20].encode())
            for name, file in files:
                _add(archive, f"packages/{name}", file.read_bytes())
    part.chmod(0o755)
    part.replace(target)


def _add(archive: zipfile.ZipFile, name: str, data: bytes) -> None:
    entry = zipfile.ZipInfo(name, EPOCH)
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.external_attr = 0o644 << 16
    archive.writestr(entry, data)


if __name__ == "__main__":
    if shutil.which("sh") is None:
        raise SystemExit("build.py needs a POSIX shell")
    sys.exit(main())
