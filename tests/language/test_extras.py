"""Missing packages: the command that is named works in the installation that it is named for."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from trayapp.language.extras import EXTRAS, Extra, install_command, what_it_needs


def test_what_is_installed_is_known_without_importing_it() -> None:
    assert Extra("pytest", "pytest").is_installed
    assert not Extra("no-such-package", "no_such_package").is_installed
    assert not Extra("pytest none", "pytest no_such_package").is_installed
    assert {name for each in EXTRAS for name in each.package.split()} == {
        "matplotlib",
        "XlsxWriter",
        "pyarrow",
        "apprise",
        "keyring",
        "starlette",
        "uvicorn",
        "wsproto",
    }


def test_a_tool_of_pipx_is_added_to_by_pipx(tmp_path: Path) -> None:
    home = tmp_path / "memtray"
    home.mkdir()
    (home / "pipx_metadata.json").touch()
    assert install_command("pyarrow", prefix=str(home)) == "pipx inject memtray pyarrow"


def test_what_a_package_of_the_system_lacks_comes_with_a_memtray_beside_it(tmp_path: Path) -> None:
    (tmp_path / "packaged").touch()
    assert install_command("pyarrow", prefix=str(tmp_path)) == "pipx install 'memtray[all]'"


@pytest.mark.skipif(sys.platform == "win32", reason="quotes of POSIX shells")
def test_each_kind_of_installation_has_its_command(tmp_path: Path) -> None:
    def command(**known: object) -> str:
        given = {"prefix": str(tmp_path), "base_prefix": "/usr", "env": {}, "has_pip": True}
        python = f"{tmp_path}/my env/python"
        return install_command("pyarrow", executable=python, **{**given, **known})  # type: ignore[arg-type]

    python = f"'{tmp_path}/my env/python'"
    assert command() == f"{python} -m pip install pyarrow"
    system = {"prefix": "/usr", "base_prefix": "/usr"}
    assert command(**system, is_managed=False) == f"{python} -m pip install pyarrow"
    managed = command(**system, is_managed=True)
    assert managed == f"{python} -m pip install --user --break-system-packages pyarrow"
    uv = tmp_path / "uv"
    uv.write_text("#!/bin/sh\n")
    uv.chmod(0o755)
    without_pip = command(has_pip=False, env={"PATH": str(tmp_path)})
    assert without_pip == f"uv pip install --python {python} pyarrow"


def test_the_command_of_this_installation_is_in_the_text() -> None:
    text = what_it_needs("a .parquet file", Extra("pyarrow", "pyarrow"))
    assert text.startswith("a .parquet file needs the package pyarrow; install it with: ")
    assert sys.executable in text or "pipx" in text
