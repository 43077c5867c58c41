"""What every test may use."""

from __future__ import annotations

import os
import runpy
from collections.abc import Iterator
from pathlib import Path

import pytest

NOBODY = 65534

# Tests read English, whatever their author speaks.
os.environ["LC_ALL"] = "C.UTF-8"


@pytest.fixture(scope="session", autouse=True)
def catalogues() -> None:
    """Compile what translators have changed since Memtray was installed."""
    script = Path(__file__).parent.parent / "packaging" / "catalogues.py"
    runpy.run_path(str(script))["compile_catalogues"]()


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
        if folder.owner() == "root" and folder.name.startswith("pytest-"):
            folder.chmod(folder.stat().st_mode | 0o111)
    os.setresuid(NOBODY, NOBODY, 0)
    yield
    os.setresuid(0, 0, 0)
