"""What programs allow: which of their processes a guarded run would start again."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.domain.building import facts
from trayapp.applet.programs import Programs
from trayapp.control.process_endpoints import GUARD, endpoint_name
from trayapp.control.protocol import SOCKET_ENDING
from trayapp.domain.records.samples import ProcessFacts

GUARDING = facts(4_000_000, "memtray run", parent=1)
LARGE = "data = bytes(range(256)) * 400_000; print(flush=True); input()"


@pytest.fixture
def large() -> Iterator[int]:
    """A process of 100 MB; its pid."""
    with subprocess.Popen(
        [sys.executable, "-c", LARGE], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        yield process.pid
        process.kill()


@pytest.fixture
def small() -> Iterator[int]:
    """A process of few MB; its pid."""
    with subprocess.Popen(["sleep", "600"]) as process:
        yield process.pid
        process.kill()


@pytest.mark.skipif(os.name != "posix", reason="starts `sleep`")
@pytest.mark.parametrize("guards_large", [False, True])
def test_processes_that_no_guarded_run_started_are_weighed(
    tmp_path: Path, large: int, small: int, guards_large: bool
) -> None:
    (tmp_path / f"{endpoint_name(GUARD, *GUARDING.key)}{SOCKET_ENDING}").touch()
    guarded, left = (large, small) if guards_large else (small, large)
    lineages: list[list[ProcessFacts]] = [
        [facts(guarded, "leak.py", parent=GUARDING.key.pid), GUARDING],
        [facts(left, "leak.py", parent=1)],
    ]
    keys = [lineage[0].key for lineage in lineages]

    def look(*chosen: int) -> tuple[bool, tuple[int, ...], bool]:
        found = Programs(
            lambda _keys: [lineages[each] for each in chosen],
            lambda _key: None,
            tmp_path,
            may_be_trimmed=False,
        ).look(keys)
        return found.is_guarded, found.left_pids, found.is_mostly_left

    assert look(0, 1) == (True, (left,), not guards_large)
    lineages.append([GUARDING])
    assert look(0, 2) == (True, (), False)
    assert look(0) == (True, (), False)
    assert look(1) == (False, (), False)
