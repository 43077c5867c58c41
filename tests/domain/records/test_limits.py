"""Which limit matters, and how near it is."""

from __future__ import annotations

import pytest

from trayapp.domain.records.limits import Headroom, Limit, LimitSource, headroom_of, tightest

MIB = 1024**2
MACHINE = Limit(limit_bytes=1000, source="machine")


@pytest.mark.parametrize(
    ("used", "reclaimable", "share"),
    [(None, None, None), (None, 5, None), (50, None, 0.5), (50, 20, 0.3), (50, 60, 0.0)],
)
def test_cache_that_the_kernel_can_drop_is_not_taken(
    used: int | None, reclaimable: int | None, share: float | None
) -> None:
    limit = Limit(limit_bytes=100, source="cgroup", used_bytes=used, reclaimable_bytes=reclaimable)
    assert limit.share == share


def test_nothing_is_a_share_of_0() -> None:
    assert Limit(limit_bytes=0, source="cgroup", used_bytes=5).share is None


def test_of_several_limits_the_nearest_matters() -> None:
    small = Limit(limit_bytes=100, source="cgroup", used_bytes=10, path="/small")
    full = Limit(limit_bytes=500, source="cgroup", used_bytes=450, path="/full")
    assert tightest([MACHINE, small, full]) == full
    assert tightest([MACHINE, small]) == small
    assert tightest([MACHINE, Limit(limit_bytes=200, source="cgroup")]) != MACHINE
    assert tightest([]) is None


def used(source: LimitSource, limit: int, taken: int | None) -> Limit:
    return Limit(limit_bytes=limit, source=source, used_bytes=taken)


@pytest.mark.parametrize(
    ("limits", "source", "room"),
    [
        ([used("settings", 200, 144), used("machine", 9000, 5000)], "settings", 56),
        ([used("settings", 200, 144), used("machine", 9000, 8990)], "machine", 10),
        ([used("settings", 500, 100), used("cgroup", 300, 250)], "cgroup", 50),
        ([used("cgroup", 300, 250), used("rlimit", 9000, 8980)], "rlimit", 20),
        ([used("runtime", 256, 250), used("cgroup", 300, 260)], "runtime", 6),
        ([used("cgroup", 300, None), used("machine", 9000, 5000)], "machine", 4000),
        ([used("settings", 200, 230), used("machine", 9000, 5000)], "settings", 0),
    ],
)
def test_the_limit_with_the_least_room_is_reached_first(
    limits: list[Limit], source: str, room: int
) -> None:
    headroom = headroom_of(limits, 2.0)
    assert headroom is not None
    assert (headroom.source, headroom.room_bytes) == (source, room)
    assert headroom.seconds_to_limit == room / 2


@pytest.mark.parametrize("rate", [None, 0.0, -5.0])
def test_what_does_not_grow_reaches_nothing(rate: float | None) -> None:
    headroom = headroom_of([used("settings", 200, 144)], rate)
    assert headroom is not None
    assert headroom.seconds_to_limit is None
    assert (headroom.sentence, headroom.clause, headroom.label) == ("", "", "")
    assert headroom_of([used("cgroup", 200, None)], 5.0) is None


def test_the_time_comes_with_whose_limit_it_is() -> None:
    def said(source: LimitSource) -> Headroom:
        return Headroom(
            limit_bytes=200 * MIB,
            source=source,
            room_bytes=56 * MIB,
            rate_bytes_per_second=118 * 1024,
        )

    assert said("settings").sentence == (
        "At this rate, it reaches its limit of 200 MiB (from the settings) in about 8 min."
    )
    assert said("cgroup").clause == (
        "it reaches its limit of 200 MiB (of its cgroup) in about 8 min"
    )
    assert said("rlimit").label == "limit in 8 min"
    assert said("machine").sentence == "At this rate, memory will be full in about 8 min."
    assert said("machine").label == "memory full in 8 min"
