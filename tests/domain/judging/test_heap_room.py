"""Growth of a heap is no news while most of it is free."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.domain.building import MIB
from tests.domain.judging.judges.test_heap import HEAP, last_of
from trayapp.domain.judging.heap_room import has_heap_room, heaps_fit, may_wait_for_proof
from trayapp.domain.records.limits import Headroom, Limit, LimitSource


@pytest.mark.parametrize(
    ("source", "kept_mib", "room_mib", "has_room"),
    [
        ("runtime", 20, 10, True),  # the rest that is not free is garbage, perhaps
        ("runtime", 22, 10, False),
        ("runtime", None, 10, True),
        ("direct", None, 50, True),
        ("direct", None, 40, False),
        ("machine", 20, 60, False),
        ("cgroup", 20, 60, False),
    ],
)
def test_a_third_of_a_heap_is_in_use_before_its_growth_is_news(
    source: LimitSource, kept_mib: int | None, room_mib: int, has_room: bool
) -> None:
    kept_bytes = None if kept_mib is None else kept_mib * MIB
    view, _ = last_of(HEAP._replace(kept_bytes=kept_bytes, full_collections=1))
    headroom = Headroom(limit_bytes=64 * MIB, source=source, room_bytes=room_mib * MIB)
    assert has_heap_room(replace(view, headroom=headroom)) is has_room
    assert not has_heap_room(replace(view, headroom=None))


@pytest.mark.parametrize(
    ("source", "seconds_left", "may_wait"),
    [
        ("runtime", 500, False),
        ("runtime", 700, True),
        ("direct", 700, True),
        ("machine", 700, False),
    ],
)
def test_a_leak_is_hinted_at_before_its_proof_where_a_heap_is_full_soon(
    source: LimitSource, seconds_left: int, may_wait: bool
) -> None:
    view, _ = last_of(HEAP._replace(kept_bytes=30 * MIB, full_collections=1))
    headroom = Headroom(
        limit_bytes=64 * MIB,
        source=source,
        room_bytes=20 * MIB,
        rate_bytes_per_second=20 * MIB / seconds_left,
    )
    assert may_wait_for_proof(replace(view, headroom=headroom)) is may_wait


def test_a_heap_whose_maximum_fits_in_fills_no_other_limit() -> None:
    half_grown = HEAP._replace(touched_bytes=32 * MIB)
    machine = Limit(limit_bytes=4096 * MIB, source="machine", used_bytes=4000 * MIB)
    group = Limit(limit_bytes=100 * MIB, source="cgroup", used_bytes=80 * MIB)
    assert heaps_fit([half_grown], [machine])
    assert heaps_fit([half_grown, half_grown], [machine])
    assert not heaps_fit([half_grown] * 4, [machine])
    assert not heaps_fit([half_grown], [machine, group])
    assert heaps_fit([HEAP], [machine, group])  # all of it is in use already
    assert not heaps_fit([half_grown._replace(limit_bytes=None)], [machine])
    assert not heaps_fit([], [machine])
    assert not heaps_fit([half_grown], [])
