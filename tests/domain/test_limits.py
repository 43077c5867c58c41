"""Which limit matters, and how near it is."""

from __future__ import annotations

import pytest

from trayapp.domain.limits import Limit, tightest

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
