"""What was learned of targets: once a day, frozen, forgotten, and kept over a restart."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.domain.building import MIB
from tests.domain.judging.advice.test_evidence import History
from trayapp.applet.lessons import Lessons
from trayapp.domain.judging.learned import Learned
from trayapp.errors import UsageError
from trayapp.history.learned_file import load_lessons

NOW = 1_700_000_000.0
DAY = 86_400.0
WEEK = History({"rss_bytes": [200.0 * MIB] * (8 * 96)})


def known(lessons: Lessons) -> list[str]:
    return [each["target"] for each in lessons.status()["learned"]]  # type: ignore[attr-defined]


def test_a_week_is_needed_and_a_day_between_two_lessons(tmp_path: Path) -> None:
    published: list[list[str]] = []

    def publish(learned: dict[str, Learned]) -> None:
        published.append(list(learned))

    lessons = Lessons(tmp_path / "learned.json", publish)  # type: ignore[arg-type]
    assert not lessons.learn(History({"rss_bytes": [1.0] * 96}), "web", NOW)
    assert lessons.learn(WEEK, "web", NOW)
    assert not lessons.learn(WEEK, "web", NOW + DAY - 1)
    assert lessons.learn(WEEK, "web", NOW + DAY)
    assert published == [[], ["web"], ["web"]]
    assert (tmp_path / "learned.json").stat().st_size < 4096
    assert list(load_lessons(tmp_path / "learned.json")) == ["web"]


def test_what_is_frozen_stays_and_what_is_reset_is_gone(tmp_path: Path) -> None:
    file = tmp_path / "learned.json"
    lessons = Lessons(file, lambda _learned: None)
    with pytest.raises(UsageError, match="Nothing was learned about 'web'"):
        lessons.freeze("web", frozen=True)
    lessons.learn(WEEK, "web", NOW)
    lessons.freeze("web", frozen=True)
    assert not Lessons(file, lambda _learned: None).learn(WEEK, "web", NOW + 9 * DAY)
    lessons.freeze("web", frozen=False)
    assert lessons.learn(WEEK, "web", NOW + 9 * DAY)
    lessons.reset("web")
    assert known(lessons) == []
    assert load_lessons(file) == {}


@pytest.mark.parametrize("text", ["", "[]", '{"targets": 7}', '{"targets": {"a": {"band": "x"}}}'])
def test_a_damaged_file_holds_nothing(tmp_path: Path, text: str) -> None:
    (tmp_path / "learned.json").write_text(text)
    assert load_lessons(tmp_path / "learned.json") == {}
