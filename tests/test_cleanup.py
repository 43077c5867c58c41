"""Cleanups against this real process and a platform that refuses."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.control.serving import serving
from trayapp.cleanup.cleaning import clean_app, clean_target
from trayapp.cleanup.probes import Probes
from trayapp.control.process_endpoints import PROBE, endpoint_name
from trayapp.control.server import Handler
from trayapp.domain.records.samples import ProcessKey
from trayapp.errors import ControlError, PlatformError
from trayapp.platforms import current_platform
from trayapp.readers.procfile import read_started


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


def no_probes(folder: Path = Path("nowhere")) -> Probes:
    return Probes(folder, with_caches=True)


def own_rss_bytes() -> int:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="reads /proc")
def test_this_process_gets_smaller_when_it_holds_garbage() -> None:
    gc.disable()  # or it may be gone before it is measured
    try:
        garbage: list[object] = []
        garbage.append(garbage)
        garbage.extend(bytearray(100_000) for _ in range(200))
        del garbage
        result = clean_app(current_platform(), own_rss_bytes)
    finally:
        gc.enable()
    assert result.freed_bytes is not None
    assert result.freed_bytes > 10_000_000


def test_what_is_not_offered_is_noted() -> None:
    result = clean_app(Refusing(), lambda: 5)
    assert "cannot trim" in result.note


def test_one_refusal_does_not_spare_the_other_processes() -> None:
    platform = Refusing()
    result = clean_target(
        platform, "app", [ProcessKey(pid, 1) for pid in (1, 2, 3)], lambda: 7, no_probes()
    )
    assert platform.trimmed == [2, 3]
    assert result.note == "Process 1 is not yours."


def test_a_target_that_does_not_run_is_not_measured() -> None:
    result = clean_target(Refusing(), "app", [], lambda: 7, no_probes())
    assert result.before_bytes is None
    assert result.note == "It is not running."


@pytest.mark.skipif(os.name != "posix", reason="Windows does offer it")
def test_this_system_says_honestly_what_it_does_not_permit() -> None:
    keys = [ProcessKey(os.getpid(), 1)]
    result = clean_target(current_platform(), "app", keys, own_rss_bytes, no_probes())
    assert result.note
    assert result.note.count("\n") == 0


def test_without_a_probe_nothing_is_collected_and_that_is_said() -> None:
    result = clean_target(None, "app", [ProcessKey(os.getpid(), 1)], lambda: 7, no_probes())
    assert result.after_bytes is None
    said = "app: nothing was done. None of its processes has the Python probe"
    assert result.sentence().startswith(said)


def collecting(*answers: object) -> dict[str, Handler]:
    """A probe that says this, one after the other."""
    left = list(answers)

    def collect(_: Mapping[str, object]) -> Mapping[str, object]:
        answer = left.pop(0)
        if isinstance(answer, str):
            raise ControlError(answer)
        return {"pid": os.getpid(), "object_count": 12345, "caches": answer}

    return {"collect": collect}


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_who_has_a_probe_is_asked_and_of_the_others_it_is_taken(tmp_path: Path) -> None:
    mine = ProcessKey(os.getpid(), read_started("/proc", os.getpid()))
    platform = Refusing()
    caches = [{"name": name, "problem": None} for name in "abcdefg"]
    with serving(tmp_path, collecting(caches, [], "x\n" * 500), name=endpoint_name(PROBE, *mine)):
        sizes = iter((100_000_000, 40_000_000))
        keys = [mine, ProcessKey(3, 1)]
        result = clean_target(platform, "app", keys, lambda: next(sizes), no_probes(tmp_path))
        assert platform.trimmed == [3]
        assert result.sentence().endswith("Emptied: a, b, c, d, e, …. Collected 12,345 objects.")
        assert result.as_event().data["told"] == result.told
        result = clean_target(None, "app", keys, lambda: 7, no_probes(tmp_path))
        assert (result.told, result.note) == ("Collected 12,345 objects.", "")
        result = clean_target(None, "app", [mine], lambda: 7, no_probes(tmp_path))
        assert result.note.startswith("x x x")
        assert len(result.note) == 200
