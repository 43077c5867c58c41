"""What every test may use."""

from __future__ import annotations

import os
import runpy
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest
from hypothesis import settings

from trayapp.log import write_to

NOBODY = 65534

# A machine that others use as well is slower than any deadline, now and then.
settings.register_profile("shared machine", deadline=None)
settings.load_profile("shared machine")

# Tests read English, whatever their author speaks.
os.environ["LC_ALL"] = "C.UTF-8"

# Other tests run beside them: how long an example takes, or making it, says nothing.
hypothesis.settings.register_profile(
    "beside others", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("beside others")


SLOW = (
    "campaigns",
    "desktop",
    "cli/test_main.py",
    "export",
)
"""What takes longest, longest first."""
QUICK = (
    "charts",
    "control",
    "domain/acting",
    "domain/grouping",
    "domain/records",
    "domain/showing",
    "language",
    "settings",
    "test_layers.py",
    "test_manual.py",
    "tray",
)
"""Half of all tests in a tenth of the time; `--quick` runs no others."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--quick`."""
    parser.addoption("--quick", action="store_true", help="run only what is quick")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Begin with what takes longest, so that no worker is left alone with it at the end."""
    here = Path(__file__).parent

    def place(item: pytest.Item) -> int:
        path = item.path.relative_to(here)
        return next((n for n, slow in enumerate(SLOW) if path.is_relative_to(slow)), len(SLOW))

    def is_quick(item: pytest.Item) -> bool:
        path = item.path.relative_to(here)
        return any(path.is_relative_to(each) for each in QUICK)

    items.sort(key=place)
    if config.getoption("quick"):
        config.hook.pytest_deselected(items=[item for item in items if not is_quick(item)])
        items[:] = [item for item in items if is_quick(item)]


@pytest.fixture(scope="session", autouse=True)
def catalogues() -> None:
    """Compile what translators have changed since Memtray was installed."""
    script = Path(__file__).parent.parent / "packaging" / "catalogues.py"
    runpy.run_path(str(script))["compile_catalogues"]()


@pytest.fixture(autouse=True)
def notes_by_logging() -> Iterator[None]:
    """Have what modules note where pytest shows it, also after a test that ran an applet here."""
    yield
    write_to(None)


@pytest.fixture
def obeyed_modes(tmp_path: Path) -> Iterator[None]:
    """Be an ordinary user meanwhile: modes do not bind a superuser."""
    if os.name != "posix":
        pytest.skip("modes of POSIX")
    if os.getuid() != 0:
        yield
        return
    os.chown(tmp_path, NOBODY, NOBODY)
    for folder in (tmp_path, *tmp_path.parents):
        if folder.owner() == "root" and folder.name.startswith(("pytest-", "popen-")):
            folder.chmod(folder.stat().st_mode | 0o111)
    os.setresuid(NOBODY, NOBODY, 0)
    yield
    os.setresuid(0, 0, 0)
