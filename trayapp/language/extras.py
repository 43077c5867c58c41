"""Optional packages: whether they are installed, and the command that installs one here."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from trayapp.dataclass import dataclass
from trayapp.language.catalogue import _


@dataclass(frozen=True, slots=True)
class Extra:
    """A package that Memtray can do without."""

    package: str
    """As pip knows it; several apart by spaces."""
    module: str
    """As Python imports it, or several."""

    @property
    def is_installed(self) -> bool:
        """Whether it can be imported; nothing is imported to find out."""
        from importlib.util import find_spec

        return all(find_spec(module) is not None for module in self.module.split())


WORKBOOK = Extra("XlsxWriter", "xlsxwriter")
COLUMNAR = Extra("pyarrow", "pyarrow")
REMOTE = Extra("apprise", "apprise")
KEYRING = Extra("keyring", "keyring")
CHARTS = Extra("matplotlib", "matplotlib")
WEB = Extra("starlette uvicorn wsproto", "starlette uvicorn wsproto")
"""What the dashboard needs, all together."""
EXTRAS = (CHARTS, WORKBOOK, COLUMNAR, REMOTE, KEYRING, WEB)
OF_ENDING = {".xlsx": WORKBOOK, ".parquet": COLUMNAR, ".pdf": CHARTS}
"""By the ending of an export or a report: the package that writes it, where one does."""


def what_it_needs(what: str, extra: Extra) -> str:
    """Return in one line that something needs a package, and how to install it here."""
    text = _("{what} needs the package {package}; install it with: {command}")
    return text.format(what=what, package=extra.package, command=install_command(extra.package))


def install_command(
    package: str,
    *,
    executable: str = sys.executable,
    prefix: str = sys.prefix,
    base_prefix: str = sys.base_prefix,
    env: Mapping[str, str] = os.environ,
    has_pip: bool | None = None,
    is_managed: bool | None = None,
) -> str:
    """Return the command, for a shell, that installs a package where this Memtray is.

    For a package of the system, a tool of pipx, a virtual environment with or without pip, or
    Python itself; of the last, `is_managed` says whether the system's packages look after it
    (PEP 668).
    """
    import shutil
    import sysconfig

    home = Path(prefix)
    if (home / "packaged").is_file():
        # A package of the system, whose environment is not to be changed.
        return "pipx install 'memtray[all]'"
    if (home / "pipx_metadata.json").is_file():
        return f"pipx inject {_quoted(home.name)} {package}"
    if has_pip is None:
        has_pip = Extra("pip", "pip").is_installed
    python = _quoted(executable)
    if not has_pip and shutil.which("uv", path=env.get("PATH")):
        return f"uv pip install --python {python} {package}"
    if prefix != base_prefix:
        return f"{python} -m pip install {package}"
    if is_managed is None:
        is_managed = (Path(sysconfig.get_path("stdlib")) / "EXTERNALLY-MANAGED").is_file()
    options = "--user --break-system-packages " if is_managed else ""
    return f"{python} -m pip install {options}{package}"


def _quoted(word: str) -> str:
    if sys.platform == "win32":
        return f'"{word}"' if " " in word else word
    import shlex

    return shlex.quote(word)
