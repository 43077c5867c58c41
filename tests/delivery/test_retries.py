"""When a channel is tried again."""

from __future__ import annotations

from trayapp.delivery.retries import Retries


def test_waits_grow_to_ten_minutes() -> None:
    retries, waits = Retries(), []
    for _ in range(7):
        assert retries.is_due(max(0.0, retries.not_before_seconds))
        before = max(0.0, retries.not_before_seconds)
        retries = retries.after_failure(before)
        waits.append(retries.not_before_seconds - before)
        assert not retries.is_due(retries.not_before_seconds - 0.001)
    assert waits == [30, 60, 120, 300, 600, 600, 600]


def test_what_cannot_work_is_tried_every_ten_minutes() -> None:
    assert Retries().after_refusal(100.0).not_before_seconds == 700.0
    assert Retries(3, 50.0).after_refusal(100.0).not_before_seconds == 700.0


def test_the_first_time_is_now_whatever_the_clock_says() -> None:
    assert Retries().is_due(-1e9)
