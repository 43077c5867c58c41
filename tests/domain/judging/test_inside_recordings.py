"""Real programs of Java and Node.js: each leak is named in time, and nothing else is named.

How they were recorded, and what their resident sets alone would have told:
`python -m tests.benchmarks.inside`.
"""

from __future__ import annotations

import math
from functools import cache

import pytest

from tests.benchmarks.inside.recorded import FOLDER, Judged, Look, Recording, judge, read_recording

NAMES = tuple(file.name.partition(".")[0] for file in sorted(FOLDER.glob("*.csv.gz")))
HEALTHY = tuple(name for name in NAMES if not name.endswith("-leak"))
LATE = {
    "g1-table-leak": 0.45, "serial-sessions-leak": 0.35, "parallel-sessions-leak": 0.25,
}  # fmt: skip
"""What is left of their lives at least. Their heaps are reserved from the start, and G1 looks
through one when 45% of it are full, Serial and Parallel when the old generation is. Before that
nobody can tell what is in use."""
IN_TIME = tuple(name for name in NAMES if name.endswith("-leak") and name not in LATE)
LEAKS = (*IN_TIME, *LATE)
OF_HEAPS = tuple(name for name in LEAKS if "direct" not in name)
UNEVEN = {"node-worker-leak", "parallel-resizing-leak", "parallel-mixed-leak", "g1-mixed-leak"}
"""V8 in a worker gives up at four fifths of the limit, as its collections free next to nothing, and
Parallel at three quarters: it has made the young generation small, and spends 98% of its time
collecting. Of the last the sessions grow beside the leak at first."""
BUFFERS = tuple(name for name in LEAKS if "direct" in name)


@cache
def recording(name: str) -> Recording:
    return read_recording(FOLDER / f"{name}.csv.gz")


@cache
def judged(name: str, look: Look = "inside") -> Judged:
    return judge(recording(name), look)


def test_there_are_programs_of_each_kind() -> None:
    for kind in ("g1", "serial", "parallel", "z", "shenandoah", "node"):
        assert [name for name in LEAKS if name.startswith(kind)], kind
        assert [name for name in HEALTHY if name.startswith(kind)], kind


@pytest.mark.parametrize("name", IN_TIME)
def test_a_leak_is_named_with_half_its_life_left(name: str) -> None:
    named = judged(name).named_seconds
    assert named is not None
    assert named <= recording(name).life_seconds / 2


@pytest.mark.parametrize("name", LATE)
def test_one_in_a_heap_that_nobody_has_looked_through_is_named_as_soon_as_somebody_has(
    name: str,
) -> None:
    named, life = judged(name).named_seconds, recording(name).life_seconds
    assert named is not None
    assert life - named > LATE[name] * life
    looked = next(
        moment.seconds for moment in recording(name).moments if moment.heaps[0].full_collections
    )
    assert looked <= named <= looked + 20


@pytest.mark.parametrize("name", sorted({*OF_HEAPS} - UNEVEN))
def test_the_time_to_its_death_is_right_within_a_third(name: str) -> None:
    """As the alert says that calls it a leak; what it says is about the limit of the heap."""
    seconds, verdict = judged(name).leak_verdicts[0]
    left = recording(name).life_seconds - seconds
    assert verdict.seconds_to_limit == pytest.approx(left, rel=1 / 3)
    assert verdict.signal == "heap after collection"
    assert verdict.headroom is not None
    assert verdict.headroom.source == "runtime"


@pytest.mark.parametrize("name", sorted(UNEVEN))
def test_otherwise_it_is_right_within_a_half(name: str) -> None:
    seconds, verdict = judged(name).leak_verdicts[0]
    left = recording(name).life_seconds - seconds
    assert 0.5 < (verdict.seconds_to_limit or 0) / left < 2


@pytest.mark.parametrize("name", BUFFERS)
def test_so_it_is_for_buffers_outside_the_heap(name: str) -> None:
    seconds, verdict = judged(name).leak_verdicts[0]
    left = recording(name).life_seconds - seconds
    assert verdict.seconds_to_limit == pytest.approx(left, rel=1 / 3)
    assert verdict.signal == "memory outside the heap"
    assert verdict.is_heap_steady
    assert "Outside its heap" in judged(name).banners[-1][2]


@pytest.mark.parametrize("name", LEAKS)
def test_its_resident_set_alone_would_not_have_told(name: str) -> None:
    assert judged(name, "resident set").banners == []


@pytest.mark.parametrize("name", HEALTHY)
@pytest.mark.parametrize("look", ["inside", "application"])
def test_what_is_healthy_is_not_named(name: str, look: Look) -> None:
    assert judged(name, look).banners == []
    assert "leaking" not in [level for _seconds, level in judged(name, look).levels]


@pytest.mark.parametrize("name", LEAKS)
def test_a_leak_of_a_program_that_nobody_named_is_named(name: str) -> None:
    banners = judged(name, "application").banners
    assert banners
    seconds, key, text = banners[0]
    assert key == "leak-of-application:it"
    assert "Limit reached in about" in text
    assert seconds < 0.85 * recording(name).life_seconds


def test_a_leak_that_shows_in_nothing_else_is_named_five_minutes_before_its_death() -> None:
    left = recording("g1-table-leak").life_seconds - (
        judged("g1-table-leak").named_seconds or math.inf
    )
    assert left > 300
