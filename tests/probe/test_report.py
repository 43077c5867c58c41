"""What a program's own report says of its memory: real programs, small forms of known ones."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.domain.building import MIB
from tests.probe.inside_programs import (
    LIVE_TUPLES,
    SPREAD_STRINGS,
    SPREAD_TUPLES,
    do,
    program,
    report,
)
from trayapp.domain.judging.inside_verdict import InsideVerdict, judge_inside
from trayapp.domain.records.inside import Composition, read_inside

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="asks glibc and reads /proc")


def composed(told: Mapping[str, object]) -> Composition:
    found = read_inside(told).composition
    assert found is not None, told
    return found


def judged(told: Mapping[str, object]) -> InsideVerdict:
    verdict = judge_inside(composed(told))
    assert verdict is not None, told
    return verdict


def part(told: Mapping[str, object], name: str) -> dict[str, Any]:
    found = told[name]
    assert isinstance(found, dict)
    return found


@pytest.mark.parametrize(
    ("code", "kind"),
    [(SPREAD_STRINGS, "retained"), (SPREAD_TUPLES, "pinned"), (LIVE_TUPLES, "live")],
)
def test_a_program_is_told_why_it_is_large(tmp_path: Path, code: str, kind: str) -> None:
    with program(tmp_path, code) as process:
        assert judged(report(tmp_path, process.pid)).kind == kind


def test_a_trim_gives_back_what_was_promised_and_is_not_promised_again(tmp_path: Path) -> None:
    with program(tmp_path, SPREAD_STRINGS) as process:
        before = composed(report(tmp_path, process.pid))
        promised = before.retained_bytes
        do(process, "import trayapp.probe.memory; trayapp.probe.memory.trim_heap()")
        after = composed(report(tmp_path, process.pid))

    given_back = before.rss_bytes - after.rss_bytes
    assert promised > 20 * MIB
    assert abs(given_back - promised) < 0.25 * promised
    # The C library counts it on as free.
    assert after.retained_bytes < 0.25 * promised


def test_growth_is_explained_from_one_report_to_the_next(tmp_path: Path) -> None:
    grow = "more = [(number,) for number in range(400_000)]"
    cache = "cache = {n: bytearray(100_000) for n in range(300)}"
    register = "trayapp.probe.register_cache('pictures', lambda: 0, lambda: 30_000_000)"
    native = "import mmap; m = mmap.mmap(-1, 40_000_000, 0x22); m.write(bytes(40_000_000))"
    kinds = []
    with program(tmp_path, "") as process:
        before = composed(report(tmp_path, process.pid))
        for lines in ((grow,), (register, cache), (native,)):
            for line in lines:
                do(process, line)
            now = composed(report(tmp_path, process.pid))
            verdict = judge_inside(now, before)
            assert verdict is not None
            assert verdict.is_growth
            kinds.append(verdict.kind)
            before = now

    assert kinds == ["live", "cache", "native"]


def test_collections_are_counted_with_what_they_freed(tmp_path: Path) -> None:
    litter = "for _ in range(10_000): a = []; a.append(a)"
    with program(tmp_path, "gc.disable()") as process:
        first = part(report(tmp_path, process.pid), "collector")
        do(process, litter)
        do(process, "gc.collect()")
        told = report(tmp_path, process.pid)

    after = part(told, "collector")
    assert first["full_count"] == 0
    assert after["full_count"] == 1
    full = after["generations"][2]
    assert 9_900 <= full["freed_count"] <= full["examined_count"]
    assert 0 < full["seconds"] <= after["watched_seconds"]
    assert 0 < after["efficiency"] <= 1
    live = part(told, "heap")["live_bytes"]
    assert MIB < live < 100 * MIB
    assert read_inside(told).live_bytes == live


def test_what_is_in_use_after_a_full_collection_follows_the_program(tmp_path: Path) -> None:
    with program(tmp_path, "gc.disable()") as process:
        report(tmp_path, process.pid)
        do(process, "gc.collect()")
        before = part(report(tmp_path, process.pid), "heap")["live_bytes"]
        do(process, "kept = [(number,) for number in range(400_000)]")
        between = part(report(tmp_path, process.pid), "heap")["live_bytes"]
        do(process, "gc.collect()")
        after = part(report(tmp_path, process.pid), "heap")["live_bytes"]

    assert between == before
    assert after - before > 25 * MIB


def test_maps_are_told_apart(tmp_path: Path) -> None:
    code = """
import mmap, tempfile, threading
file = tempfile.NamedTemporaryFile()
file.write(bytes(3_000_000)); file.flush()
mapped = mmap.mmap(file.fileno(), 0)
shared = mmap.mmap(-1, 2_000_000)
shared.write(bytes(2_000_000))
for _ in range(3):
    threading.Thread(target=threading.Event().wait, daemon=True).start()
"""
    with program(tmp_path, code) as process:
        maps = report(tmp_path, process.pid)["maps"]

    assert isinstance(maps, list)
    found = {one["name"]: one for one in maps}
    assert found["files"]["bytes"] >= 3_000_000
    assert found["shared"]["resident_bytes"] >= 2_000_000
    assert found["stacks"]["count"] >= 4
    assert found["heap"]["resident_bytes"] > 0
    assert found["libraries"]["count"] > 3
    assert found["program"]["count"] > 0


def test_heaps_of_the_c_library_are_told_apart_on_request(tmp_path: Path) -> None:
    with program(tmp_path, SPREAD_STRINGS) as process:
        assert "library_heaps" not in part(report(tmp_path, process.pid), "heap")
        heaps = part(report(tmp_path, process.pid, library_heaps=True), "heap")["library_heaps"]

    assert all(0 <= heap["free_bytes"] <= heap["held_bytes"] for heap in heaps)
    assert max(heap["free_bytes"] for heap in heaps) > 20 * MIB


def test_nothing_is_written_to_standard_error(tmp_path: Path) -> None:
    """Where Python describes its arenas otherwise."""
    errors = tmp_path / "errors"
    redirect = f"import os; os.dup2(os.open({str(errors)!r}, os.O_WRONLY | os.O_CREAT), 2)"
    with program(tmp_path, redirect) as process:
        assert part(report(tmp_path, process.pid), "heap")["arena_bytes"] > 0

    assert errors.read_bytes() == b""
