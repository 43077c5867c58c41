"""Packages: one version everywhere, valid entries, and one file that unpacks itself."""

from __future__ import annotations

import configparser
import os
import plistlib
import re
import runpy
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

import trayapp

PACKAGING = Path(__file__).parent.parent / "packaging"
VERSION = trayapp.__version__
PYZ = runpy.run_path(str(PACKAGING / "pyz" / "build.py"))
THIS = f"{sys.version_info.major}.{sys.version_info.minor}"
SHOW = "import os, sys\nprint(sys.argv[1:], os.path.dirname(os.path.abspath(__file__)))\n"


@pytest.mark.parametrize(
    ("file", "pattern"),
    [
        ("linux/io.github.memtray.Memtray.metainfo.xml", r'<release version="([\d.]+)"'),
        ("windows/version.txt", r'"ProductVersion", "([\d.]+)"'),
        ("windows/winget/memtray.yaml", r"PackageVersion: ([\d.]+)"),
        ("macos/memtray.spec", r'version="([\d.]+)"'),
        ("macos/memtray.rb", r'version "([\d.]+)"'),
        ("../CHANGELOG.md", r"^## ([\d.]+) –"),
    ],
)
def test_the_version_is_the_same_everywhere(file: str, pattern: str) -> None:
    found = re.search(pattern, (PACKAGING / file).read_text("utf-8"), re.MULTILINE)
    assert found is not None
    assert found[1] == VERSION


@pytest.mark.parametrize("name", ["memtray.desktop", "autostart.desktop"])
def test_entries_are_valid(name: str) -> None:
    done = subprocess.run(
        ["desktop-file-validate", PACKAGING / "linux" / name], capture_output=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


def test_the_description_for_software_centres_is_valid() -> None:
    file = PACKAGING / "linux" / "io.github.memtray.Memtray.metainfo.xml"
    done = subprocess.run(
        ["appstreamcli", "validate", "--no-net", file], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    "script",
    [
        "linux/stage", "linux/release", "deb/build", "deb/postinst", "deb/prerm", "rpm/build",
        "appimage/build",
    ],
)  # fmt: skip
def test_scripts_are_shell(script: str) -> None:
    assert os.access(PACKAGING / script, os.X_OK)
    subprocess.run(["sh", "-n", PACKAGING / script], check=True)


def test_the_unit_starts_without_a_tray() -> None:
    unit = configparser.ConfigParser(interpolation=None)
    unit.optionxform = str  # type: ignore[assignment,method-assign]
    unit.read(PACKAGING / "linux" / "memtray.service")
    assert unit["Service"]["ExecStart"] == "/usr/bin/memtray start --headless"
    assert unit["Service"]["RestartPreventExitStatus"] == "3"


def test_entitlements_can_be_read() -> None:
    assert all(plistlib.loads((PACKAGING / "macos" / "entitlements.plist").read_bytes()).values())


def test_packages_bring_every_extra_but_parquet() -> None:
    project = tomllib.loads((PACKAGING.parent / "pyproject.toml").read_text("utf-8"))["project"]
    extras = project["optional-dependencies"]
    (brought,) = re.findall(r"\[(.*)\]", extras["packaged"][0])
    assert {*brought.split(",")} == {*extras} - {"all", "dev", "packaged", "parquet"}
    (everything,) = re.findall(r"\[(.*)\]", extras["all"][0])
    assert {*everything.split(",")} == {*extras} - {"all", "dev", "packaged"}


# -- one file


def make(folder: Path, version: str = THIS, text: str = SHOW) -> Path:
    packages = folder / "packages"
    for name, content in {
        "any/__main__.py": text,
        f"{version}/of_this.py": "",
        "any/x/y": "z",
    }.items():
        file = packages / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content)
    PYZ["write"].__globals__["MAIN"] = text
    (packages / "any" / "__main__.py").unlink()
    target = folder / "memtray.pyz"
    PYZ["write"](target, packages)
    return target


def run(file: Path, cache: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, file, *arguments], env=os.environ | {"XDG_CACHE_HOME": str(cache)},
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


def test_it_unpacks_itself_once_and_runs_from_there(tmp_path: Path) -> None:
    file, cache = make(tmp_path), tmp_path / "cache"
    first, second = run(file, cache, "status", "--json"), run(file, cache)
    assert (first.returncode, second.returncode) == (0, 0)
    assert "unpacking" in first.stderr
    assert second.stderr == ""
    (folder,) = (cache / "memtray" / "pyz").iterdir()
    assert first.stdout == f"['status', '--json'] {folder}\n"
    assert {each.name for each in folder.iterdir()} >= {"__main__.py", "of_this.py", "x"}
    assert (cache / "memtray" / "pyz").stat().st_mode & 0o777 == 0o700


def test_an_old_version_is_forgotten_after_two(tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    for number in range(4):
        file = make(tmp_path / str(number), text=f"{SHOW}# {number}\n")
        assert run(file, cache).returncode == 0
        for folder in (cache / "memtray" / "pyz").iterdir():
            os.utime(folder, (number + 1, number + 1))
    assert len([*(cache / "memtray" / "pyz").iterdir()]) == 2


@pytest.mark.skipif(os.name != "posix", reason="modes of POSIX")
def test_a_cache_that_others_may_write_to_is_refused(tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    (cache / "memtray" / "pyz").mkdir(parents=True)
    (cache / "memtray" / "pyz").chmod(0o777)
    done = run(make(tmp_path), cache)
    assert done.returncode != 0
    assert "belongs to somebody else" in done.stderr
    assert [*(cache / "memtray" / "pyz").iterdir()] == []


def test_another_python_is_told_which_ones_it_is_for(tmp_path: Path) -> None:
    done = run(make(tmp_path, "3.99"), tmp_path / "cache")
    assert done.returncode == 1
    assert done.stderr == f"memtray: this file is for Python 3.99, not {THIS}\n"


def test_a_damaged_file_is_one_line(tmp_path: Path) -> None:
    file = make(tmp_path, text=SHOW + "#" * 9000)
    with zipfile.ZipFile(file) as archive:
        at = archive.getinfo("packages/any/__main__.py").header_offset
    data = bytearray(file.read_bytes())
    data[at + 60 : at + 80] = bytes(20)
    file.write_bytes(data)
    done = run(file, tmp_path / "cache")
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith("memtray: cannot be unpacked")
    assert "Traceback" not in done.stderr
    assert [*(tmp_path / "cache" / "memtray" / "pyz").iterdir()] == []


def test_two_archives_of_the_same_files_are_the_same(tmp_path: Path) -> None:
    assert make(tmp_path / "a").read_bytes() == make(tmp_path / "b").read_bytes()
