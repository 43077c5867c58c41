"""Who may know whom: the arrows between the rooms, held against every import in the source."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.imports import circles

PACKAGE = Path(__file__).parent.parent / "trayapp"
MAP = PACKAGE.parent / "packaging" / "manual" / "architecture.md"

EVERYTHING = {
    "charts", "cleanup", "control", "delivery", "domain", "export", "guard", "history", "platforms",
    "probe", "readers", "recording", "settings", "tray", "web", "windows",
    "PIL", "jeepney", "matplotlib", "psutil", "pystray",
}  # fmt: skip
#: For each room, the rooms and foreign packages it may import beside the standard library.
ALLOWED = {
    "language": set[str](),
    "dataclass": set[str](),
    "domain": set[str](),
    "platforms": {"domain", "psutil", "jeepney"},
    "readers": {"domain", "platforms", "psutil"},
    "history": {"domain"},
    "control": {"domain"},
    "probe": {"control", "domain"},
    "guard": {"domain", "readers", "platforms", "control", "recording"},
    "cleanup": {"domain", "platforms", "control"},
    "delivery": {"domain", "platforms", "settings", "jeepney", "plyer", "apprise", "keyring"},
    "tray": {
        "domain",
        "platforms",
        "PIL",
        "pystray",
        "jeepney",
        "Xlib",
        "PyObjCTools",
        "AppKit",
        "gi",
    },
    "charts": {"domain", "matplotlib", "numpy", "dateutil"},
    "windows": {
        "charts",
        "domain",
        "history",
        "control",
        "recording",
        "settings",
        "matplotlib",
        "tkinter",
        "PIL",
        "numpy",
        "dateutil",
        "Xlib",
    },
    "recording": {"domain", "history", "readers", "platforms", "psutil"},
    "settings": {"domain", "tomlkit"},
    "web": {
        "control",
        "domain",
        "history",
        "settings",
        "psutil",
        "starlette",
        "uvicorn",
        "wsproto",
    },
    "export": {"charts", "domain", "history", "recording", "matplotlib", "pyarrow", "xlsxwriter"},
    "applet": EVERYTHING,
    "cli": EVERYTHING | {"applet"},
}
#: What everybody may know beside: the files at the root, what texts and records are made with.
COMMON = {"language", "dataclass", "errors", "log", "paths"}
#: The only files at the root, and whom each may know.
LOOSE = {
    "__init__": set[str](),
    "__main__": {"cli"},
    "errors": set[str](),
    "log": set[str](),
    "paths": {"dataclass", "errors", "language"},
}
#: What the domain must do without: the machine, the clock, the screen, threads and files.
IMPURE = {
    "asyncio", "ctypes", "datetime", "http", "io", "logging", "multiprocessing", "os", "pathlib",
    "platform", "queue", "random", "selectors", "shutil", "signal", "socket", "sqlite3",
    "subprocess", "sys", "tempfile", "threading", "time", "tkinter", "urllib",
}  # fmt: skip


#: The rooms of the domain, lowest first: each knows those before it, never one after it.
DOMAIN_ORDER = ("records", "grouping", "judging", "acting", "showing")


def imports(file: Path) -> Iterator[str]:
    """Every module that a file imports, wherever in the file."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}: imports are absolute"
            yield node.module or ""


def room_files() -> list[tuple[str, Path]]:
    return [(room, file) for room in ALLOWED for file in sorted((PACKAGE / room).rglob("*.py"))]


@pytest.mark.parametrize(
    ("room", "file"), [pytest.param(*pair, id=f"{pair[0]}/{pair[1].name}") for pair in room_files()]
)
def test_a_room_knows_only_whom_it_may(room: str, file: Path) -> None:
    for module in imports(file):
        top, _, rest = module.partition(".")
        if top == "trayapp":
            other = rest.partition(".")[0]
            assert other in ALLOWED[room] | COMMON | {room, ""}, f"{room} imports {module}"
        elif top not in sys.stdlib_module_names:
            assert top in ALLOWED[room], f"{room} imports {module}"
        elif room == "domain":
            assert top not in IMPURE, f"the domain imports {module}"


@pytest.mark.parametrize("room", DOMAIN_ORDER)
def test_no_room_of_the_domain_knows_a_higher_one(room: str) -> None:
    higher = {f"trayapp.domain.{each}" for each in DOMAIN_ORDER[DOMAIN_ORDER.index(room) + 1 :]}
    for file in (PACKAGE / "domain" / room).rglob("*.py"):
        for module in imports(file):
            known = ".".join(module.split(".")[:3])
            assert known not in higher, f"{file.relative_to(PACKAGE)} imports {module}"


def test_every_room_of_the_domain_has_its_place() -> None:
    rooms = {file.parent.name for file in (PACKAGE / "domain").glob("*/__init__.py")}
    assert rooms == set(DOMAIN_ORDER)


def test_the_files_at_the_root_are_few_and_know_little() -> None:
    files = {file.stem: file for file in PACKAGE.glob("*.py")}
    assert files.keys() == LOOSE.keys()
    for name, file in files.items():
        own = [module for module in imports(file) if module.startswith("trayapp.")]
        assert {module.split(".")[1] for module in own} <= LOOSE[name], name


def test_records_are_those_that_cost_nothing_at_import() -> None:
    """Write: from trayapp.dataclass import NamedTuple, dataclass, field, replace."""
    named = re.compile(
        r"^ *from dataclasses |^ *import dataclasses|^ *from typing .*NamedTuple", re.M
    )
    users = {file for file in PACKAGE.rglob("*.py") if named.search(file.read_text("utf-8"))}
    # What type checkers see, and what serves the standard library's own functions.
    assert users == {PACKAGE / "dataclass" / name for name in ("__init__.py", "standard.py")}


def test_modules_import_one_another_in_no_circle() -> None:
    assert circles(PACKAGE) == []


def test_every_room_has_its_arrows() -> None:
    rooms = {file.parent.name for file in PACKAGE.glob("*/__init__.py")}
    assert rooms == set(ALLOWED)


def test_the_manual_has_every_room_and_arrow() -> None:
    """Whoever changes an arrow above changes the map that newcomers read."""
    rooms, arrows = (
        dict(re.findall(r"^\| `(\w+)/` \| (.+) \|$", part, flags=re.MULTILINE))
        for part in MAP.read_text(encoding="utf-8").partition("## Rooms")[2].split("## Arrows")
    )
    assert set(rooms) == set(arrows) == set(ALLOWED)
    for room in set(ALLOWED) - {"applet", "cli"}:
        assert set(re.findall(r"`(\w+)/`", arrows[room])) == ALLOWED[room] & set(ALLOWED), room


def modules_after(statement: str) -> set[str]:
    code = f"import sys\n{statement}\nprint('\\n'.join(sys.modules))"
    run = [sys.executable, "-c", code]
    return set(subprocess.run(run, check=True, capture_output=True, text=True).stdout.split())


def test_the_domain_loads_no_toolkit_and_no_machine() -> None:
    domain = "; ".join(
        f"import trayapp.{'.'.join(file.relative_to(PACKAGE).with_suffix('').parts)}"
        for file in (PACKAGE / "domain").rglob("*.py")
        if file.stem != "__init__"
    )
    assert not modules_after(domain) & {"pystray", "PIL", "psutil", "sqlite3", "socket"}


@pytest.mark.skipif(sys.platform != "linux", reason="psutil is the reader on other systems")
def test_the_resident_process_loads_nothing_heavy() -> None:
    loaded = modules_after(
        "import trayapp.cli.main, trayapp.applet.app, trayapp.tray.icon;"
        "import trayapp.tray.hosts.status_notifier_icon"
    )
    heavy = {
        "numpy", "matplotlib", "tkinter", "asyncio", "argparse", "subprocess", "multiprocessing",
        "psutil", "PIL", "pystray", "inspect", "logging", "http", "urllib.request", "plyer",
        "tomllib", "concurrent.futures", "difflib", "Xlib", "tomlkit", "starlette", "uvicorn",
        "dataclasses",
    }  # fmt: skip
    assert not loaded & heavy


@pytest.mark.parametrize("module", ["trayapp.applet.app", "trayapp.cli.main", "trayapp.probe"])
def test_nothing_that_reads_source_is_loaded(module: str) -> None:
    assert not modules_after(f"import {module}") & {"dataclasses", "inspect", "ast", "dis"}


@pytest.mark.skipif(sys.platform != "linux", reason="other systems' libraries are not ours")
def test_the_resident_process_compiles_no_names_of_types() -> None:
    """The first call of `compile` makes all classes of syntax trees, 200 KiB that stay."""
    modules_after(
        "import typing; typing.ForwardRef = None\n"
        "import trayapp.cli.main, trayapp.applet.app, trayapp.tray.hosts.status_notifier_icon\n"
        "from trayapp.settings.parsing import parse_settings\n"
        "assert parse_settings('sampling.interval = \"3s\"', 'f').sampling.interval_seconds == 3"
    )
