"""What `memtray doctor` says of Python and the packages that Memtray uses."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from importlib import metadata
from typing import Literal

from trayapp import __version__
from trayapp.language.catalogue import _, listed
from trayapp.language.extras import EXTRAS, install_command

_PACKAGES = ("psutil", "Pillow", "pystray", "plyer")

Finding = tuple[Literal["good", "note", "bad"], str]


def python_version() -> Iterator[Finding]:
    version = sys.version.split()[0]
    text = _("Memtray {version} on Python {python}, {system}")
    yield "good", text.format(version=__version__, python=version, system=sys.platform)


def packages() -> Iterator[Finding]:
    wanted = [*_PACKAGES, *(["jeepney"] if sys.platform == "linux" else [])]
    found = {name: _version(name) for name in wanted}
    missing = [name for name, version in found.items() if version is None]
    if missing:
        text = _("missing: {names}; run packaging/run again to install them")
        yield "bad", text.format(names=listed(missing))
    yield "good", ", ".join(f"{name} {version}" for name, version in found.items() if version)


def optional_packages() -> Iterator[Finding]:
    """Yield those that are installed, and for each other the command that installs it here."""
    there = [each for each in EXTRAS if each.is_installed]
    if there:
        names = [name for each in there for name in each.package.split()]
        yield "good", ", ".join(f"{name} {_version(name) or ''}" for name in names)
    for each in EXTRAS:
        if each not in there:
            text = _("{package} is missing; install it with: {command}")
            command = install_command(each.package)
            yield "note", text.format(package=each.package, command=command)


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def node_probe() -> Iterator[Finding]:
    """Show what loads the probe into a program that Node.js runs, where no verb starts it."""
    from trayapp.guard.node_loader import OPTIONS_VARIABLE, require_option

    setting = f"{OPTIONS_VARIABLE}='{require_option()}'"
    yield "good", _("loaded into a program by {setting}").format(setting=setting)
