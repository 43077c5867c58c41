"""Cleanups against this real process and a platform that refuses."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from trayapp.cleanup.cleaning import clean_app, clean_target
from trayapp.errors import PlatformError
from trayapp.platforms import current_platform


class Refusing:
    """A platform that offers nothing for the first process and works for the others."""

    def __init__(self) -> None:
        self.trimmed: list[int] = []

    def trim_own_heap(self) -> bool | None:
        return None

    def trim_process(self, pid: int) -> None:
        if pid == 1:
            raise PlatformError("Process 1 is not yours.")
        self.trimmed.append(pid)


def own_rss_bytes() -> int:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="reads /proc")
def test_this_process_gets_smaller_when_it_holds_garbage() -> None:
    garbage: list[object] = []
    garbage.append(garbage)
    garbage.extend(bytearray(100_000) for _ in range(200))
    del garbage
    result = clean_app(current_platform(), own_rss_bytes)
    assert result.freed_bytes is not None
    assert result.freed_bytes > 10_000_000


def test_what_is_not_offered_is_noted() -> None:
    result = clean_app(Refusing(), lambda: 5)
    assert "not offered" in result.note


def test_one_refusal_does_not_spare_the_other_processes() -> None:
    platform = Refusing()
    result = clean_target(platform, "app", [1, 2, 3], lambda: 7)
    assert platform.trimmed == [2, 3]
    assert result.note == "Process 1 is not yours."


def test_a_target_that_does_not_run_is_not_measured() -> None:
    result = clean_target(Refusing(), "app", [], lambda: 7)
    assert result.before_bytes is None
    assert result.note == "It is not running."


@pytest.mark.skipif(os.name != "posix", reason="Windows does offer it")
def test_this_system_says_honestly_what_it_does_not_permit() -> None:
    result = clean_target(current_platform(), "app", [os.getpid()], own_rss_bytes)
    assert result.note
    assert result.note.count("\n") == 0
