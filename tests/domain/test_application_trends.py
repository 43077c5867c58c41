from __future__ import annotations

from tests.domain.building import MIB, facts
from trayapp.domain.application_trends import FOLLOWED_COUNT, ApplicationTrends
from trayapp.domain.applications import ApplicationKey, ApplicationUse
from trayapp.domain.samples import ProcessKey, ProcessUse


def use(name: str, size_mib: float) -> ApplicationUse:
    return ApplicationUse(
        key=ApplicationKey("program", name),
        name=name,
        processes=(ProcessKey(5, 5),),
        rss_bytes=round(size_mib * MIB),
        largest=ProcessUse(facts=facts(5, name), rss_bytes=1),
    )


def test_the_application_that_grows_is_told_by_its_rate() -> None:
    trends = ApplicationTrends(span_seconds=300)
    for look in range(12):
        grower, other = trends.fold(
            10.0 * look, [use("grower", 100 + 20 * look), use("other", 50)], {}
        )
    assert grower.slope_bytes_per_second is not None
    assert abs(grower.slope_bytes_per_second - 2 * MIB) < 0.01 * MIB
    assert other.slope_bytes_per_second == 0
    assert grower.bars[-1] == 320 * MIB


def test_nothing_is_concluded_from_one_look_or_across_a_gap() -> None:
    trends = ApplicationTrends(span_seconds=300)
    (first,) = trends.fold(0.0, [use("a", 100)], {})
    (later,) = trends.fold(3600.0, [use("a", 900)], {})
    assert first.slope_bytes_per_second is None
    assert later.slope_bytes_per_second is None


def test_only_the_largest_are_remembered_however_many_come() -> None:
    trends = ApplicationTrends(span_seconds=300)
    for look in range(50):
        views = trends.fold(10.0 * look, [use(f"{look}-{n}", 1000 - n) for n in range(200)], {})
        assert len(views) == FOLLOWED_COUNT
    assert len(trends._trends) == FOLLOWED_COUNT
