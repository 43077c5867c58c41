"""Why a Python program is large, from figures of real programs; and reports that are garbage."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.domain.building import MIB
from trayapp.domain.judging.inside_verdict import judge_inside
from trayapp.domain.records.inside import Composition, Inside, read_inside, total_composition

SPREAD_STRINGS = Inside(
    rss_bytes=204 * MIB,
    anon_bytes=198 * MIB,
    library_used_bytes=5 * MIB,
    library_free_bytes=192 * MIB,
    library_resident_bytes=194 * MIB,
    library_mapped_bytes=0,
    arena_bytes=5 * MIB,
    arena_used_bytes=3 * MIB,
    large_count=3_000,
)
SPREAD_TUPLES = Inside(
    rss_bytes=164 * MIB,
    anon_bytes=158 * MIB,
    library_used_bytes=2 * MIB,
    library_free_bytes=MIB // 2,
    arena_bytes=157 * MIB,
    arena_used_bytes=3 * MIB,
    large_count=2_800,
)
LIVE_TUPLES = SPREAD_TUPLES._replace(
    rss_bytes=181 * MIB,
    anon_bytes=175 * MIB,
    library_used_bytes=18 * MIB,
    arena_bytes=157 * MIB,
    arena_used_bytes=155 * MIB,
)


def composed(inside: Inside) -> Composition:
    """What it consists of; it tells."""
    found = inside.composition
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("inside", "kind"),
    [(SPREAD_STRINGS, "retained"), (SPREAD_TUPLES, "pinned"), (LIVE_TUPLES, "live")],
)
def test_programs_that_look_the_same_from_outside_are_told_apart(inside: Inside, kind: str) -> None:
    verdict = judge_inside(composed(inside))

    assert verdict is not None
    assert verdict.kind == kind
    assert not verdict.is_growth


def test_says_what_a_trim_gives_back() -> None:
    verdict = judge_inside(composed(SPREAD_STRINGS))

    assert verdict is not None
    assert 185 * MIB <= verdict.frees_bytes <= 192 * MIB
    assert "188" in verdict.sentence or "189" in verdict.sentence


@pytest.mark.parametrize("resident", [2 * MIB, None])
def test_what_is_free_inside_is_cut_at_what_is_resident(resident: int | None) -> None:
    """After a trim the C library counts it on."""
    trimmed = SPREAD_STRINGS._replace(
        rss_bytes=13 * MIB, anon_bytes=8 * MIB, library_used_bytes=2 * MIB,
        library_resident_bytes=resident,
    )  # fmt: skip

    assert composed(trimmed).retained_bytes <= 2 * MIB


def test_growth_is_explained_by_what_has_grown() -> None:
    """Not by what there is most of."""
    before = composed(LIVE_TUPLES)
    now = composed(
        LIVE_TUPLES._replace(
            rss_bytes=281 * MIB, anon_bytes=275 * MIB, library_used_bytes=118 * MIB
        )
    )

    verdict = judge_inside(now, before)

    assert verdict is not None
    assert (verdict.kind, verdict.is_growth) == ("native", True)
    assert verdict.part_bytes == 100 * MIB


def test_large_objects_one_by_one_are_no_native_extension() -> None:
    now = LIVE_TUPLES._replace(
        rss_bytes=281 * MIB,
        anon_bytes=275 * MIB,
        library_used_bytes=118 * MIB,
        large_count=2_800 + 50_000,
    )

    verdict = judge_inside(composed(now), composed(LIVE_TUPLES))

    assert verdict is not None
    assert verdict.kind == "live"


def test_growth_inside_freed_memory_is_seen_at_a_resident_set_that_stands_still() -> None:
    filled = SPREAD_TUPLES._replace(arena_used_bytes=140 * MIB)

    verdict = judge_inside(composed(filled), composed(SPREAD_TUPLES))

    assert verdict is not None
    assert (verdict.kind, verdict.is_growth) == ("live", True)


def test_a_cache_that_grows_is_named() -> None:
    before = LIVE_TUPLES._replace(caches=(("thumbnails", 90 * MIB), ("pages", 5 * MIB)))
    now = before._replace(
        rss_bytes=281 * MIB,
        anon_bytes=275 * MIB,
        arena_bytes=257 * MIB,
        arena_used_bytes=255 * MIB,
        caches=(("pages", 100 * MIB), ("thumbnails", 90 * MIB)),
    )

    verdict = judge_inside(composed(now), composed(before))

    assert verdict is not None
    assert (verdict.kind, verdict.cache) == ("cache", "pages")


def test_a_small_program_gets_no_verdict() -> None:
    small = LIVE_TUPLES._replace(
        rss_bytes=18 * MIB, anon_bytes=9 * MIB, library_used_bytes=2 * MIB,
        arena_bytes=5 * MIB, arena_used_bytes=4 * MIB,
    )  # fmt: skip

    assert judge_inside(composed(small)) is None


def test_processes_are_added_up_unless_one_is_silent() -> None:
    both = total_composition([SPREAD_STRINGS, SPREAD_TUPLES])

    assert both is not None
    assert both.rss_bytes == 368 * MIB
    assert both.pinned_bytes > 150 * MIB
    assert total_composition([SPREAD_STRINGS, Inside(rss_bytes=MIB)]) is None
    assert total_composition([]) is None


def test_parts_never_exceed_what_is_resident() -> None:
    odd = Inside(
        rss_bytes=20 * MIB, anon_bytes=10 * MIB, library_used_bytes=4 * MIB,
        library_free_bytes=1 << 50, library_resident_bytes=1 << 50,
        arena_bytes=1 << 50, arena_used_bytes=MIB,
    )  # fmt: skip

    found = composed(odd)

    assert found.free_bytes <= 5 * MIB
    assert 0 <= (found.fragmentation or 0) <= 1
    assert 0 <= (found.heap_fragmentation or 0) <= 1


_ANYTHING: st.SearchStrategy[object] = st.sampled_from(
    [None, True, -1, 10**400, 1.5, math.inf, math.nan, "x", [], [None], {}, {"bytes": 5}, [[]]]
)
_KEYS = ("rss_bytes", "heap", "collector", "caches", "components", "running_tasks")


@given(st.fixed_dictionaries({}, optional=dict.fromkeys(_KEYS, _ANYTHING)))
def test_a_report_may_be_anything(told: dict[str, object]) -> None:
    assert read_inside(told).composition is None


@given(st.dictionaries(st.sampled_from([*Inside._fields]), st.integers()))
def test_figures_that_cannot_be_right_are_unknown(heap: dict[str, int]) -> None:
    inside = read_inside({"rss_bytes": -1, "heap": heap, "collector": heap})

    assert inside.rss_bytes is None
    assert all(value is None or value >= 0 for value in inside[:12] if not isinstance(value, tuple))


def test_names_of_strangers_are_fit_to_be_shown() -> None:
    caches = [{"name": "a\n\x1b[31m" * 100, "bytes": 5}, {"name": 7, "bytes": 5}, "x"]

    ((name, size),) = read_inside({"caches": caches}).caches

    assert size == 5
    assert name.isprintable()
    assert len(name) < 200
