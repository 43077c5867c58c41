"""What a notification says fits into it, whatever the figures are and in every language."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import product

import pytest

from trayapp.domain.judging.brief import MOST_CHARACTERS, brief
from trayapp.domain.judging.growth_tracker import Spike
from trayapp.domain.judging.inside_course import InsideView
from trayapp.domain.judging.judges import JUDGES
from trayapp.domain.judging.judges.forecast import forecast_text
from trayapp.domain.judging.judges.growth import growth_text
from trayapp.domain.judging.judges.heap import heap_text
from trayapp.domain.judging.judges.inside import fragmentation_text
from trayapp.domain.judging.judges.leak import leak_text
from trayapp.domain.judging.judges.limit import limit_text
from trayapp.domain.judging.judges.oom_kill import kill_text
from trayapp.domain.judging.judges.outside import outside_text
from trayapp.domain.judging.judges.pressure import pressure_text
from trayapp.domain.judging.judges.size import size_text
from trayapp.domain.judging.judges.spike import spike_text
from trayapp.domain.judging.judges.unusual import unusual_text
from trayapp.domain.judging.leaks import Verdict
from trayapp.domain.judging.outside_follower import OutsideFinding
from trayapp.domain.judging.view import TargetView
from trayapp.domain.records.inside import Composition
from trayapp.domain.records.levels import Amounts, Level
from trayapp.domain.records.limits import LIMIT_SOURCES, Headroom
from trayapp.domain.records.names import short_name
from trayapp.domain.records.oom_kills import OomKill, Victim
from trayapp.domain.records.outside import LargestFile
from trayapp.domain.records.runtimes import RuntimeHeap
from trayapp.domain.records.samples import SystemSample
from trayapp.language.catalogue import LANGUAGES
from trayapp.language.startup import speak
from trayapp.language.units import use_units

Text = tuple[str, str]

LONG = "a-very-long-program-name-" * 10 + "-of-worker-12"
NAMES = ("x", LONG, "\u05d0" * 300, "長い名前" * 40)
BYTES = (1, 1023 * 1024, 1023 * 1024**3, 999 * 1024**4)
SECONDS = (1.0, 3599.0, 99_999_999.0)
RATES = (0.6, 1023.0 * 1024, 1023.0 * 1024**3)


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    yield
    speak("en")
    use_units("binary")


def headrooms() -> Iterator[Headroom | None]:
    yield None
    for source, room, rate in product(LIMIT_SOURCES, BYTES, RATES):
        yield Headroom(limit_bytes=room, source=source, room_bytes=room, rate_bytes_per_second=rate)


def views() -> Iterator[TargetView]:
    for name, size, headroom in product(NAMES, BYTES, headrooms()):
        for rate in (-1e9, None, headroom.rate_bytes_per_second if headroom else 0.0):
            yield TargetView(
                name=name, pids=(1,), rss_bytes=size, slope_bytes_per_second=rate,
                limit_bytes=size, limit_share=12.34, headroom=headroom,
                limit_source=headroom.source if headroom else "machine",
            )  # fmt: skip


def heaps() -> Iterator[TargetView]:
    for size, headroom in product(BYTES, headrooms()):
        heap = RuntimeHeap(
            runtime="java", collector="G1", live_bytes=size, kept_bytes=size, used_bytes=size,
            committed_bytes=size, limit_bytes=size, metaspace_bytes=size, collections=1,
            full_collections=1,
        )  # fmt: skip
        yield TargetView(name=LONG, heap=heap, headroom=headroom)


def systems() -> Iterator[SystemSample]:
    for size, stall in product(BYTES, (None, 0.0, 99.9)):
        yield SystemSample(
            total_bytes=size, available_bytes=size // 3, swap_total_bytes=size,
            swap_used_bytes=size, stall_full_percent=stall,
        )  # fmt: skip


def verdicts() -> Iterator[Verdict]:
    for grown, seconds, rate, headroom in product(BYTES, SECONDS, RATES, headrooms()):
        yield Verdict(
            level="leaking", score=0.999, growth_bytes=float(grown), grown_seconds=seconds,
            rate_bytes_per_second=rate, headroom=headroom, signal="resident set",
        )  # fmt: skip


def leaks() -> Iterator[Text]:
    for verdict in verdicts():
        yield leak_text(LONG, verdict, 4_194_304, 0.999)
        yield leak_text(LONG, verdict, None, None)


def forecasts() -> Iterator[Text]:
    for system, seconds, rate in product(systems(), SECONDS, RATES):
        yield forecast_text(system, seconds, rate, NAMES)
        yield forecast_text(system, seconds, rate, ())


def shortages() -> Iterator[Text]:
    for system, size, level in product(systems(), BYTES, (Level.WARNING, Level.EMERGENCY)):
        amounts = Amounts(warning=2.0 * BYTES[-1])
        yield pressure_text(system, [(name, size) for name in NAMES], level, amounts)
        yield pressure_text(system, [], level)


def outside() -> Iterator[Text]:
    for verdict, name in product(verdicts(), NAMES):
        for key in (f"tmpfs:/{name}", "unexplained"):
            yield outside_text(OutsideFinding(key, verdict))
        largest = LargestFile(f"/dev/shm/{name}", 1023 * 1024**3, f"{name} (pid 4194304)")  # noqa: S108
        yield outside_text(OutsideFinding("tmpfs:/dev/shm", verdict, largest))


def growths() -> Iterator[Text]:
    for view, seconds in product(views(), SECONDS):
        yield growth_text(view, seconds, BYTES[-1], 123_456e6)


def kills() -> Iterator[Text]:
    for name, size, certain, cgroup in product(NAMES, (None, *BYTES), (True, False), (True, False)):
        victim = Victim(
            name=name, pid=4_194_304, target=None, rss_bytes=size, is_certain=certain,
            by_cgroup=cgroup,
        )  # fmt: skip
        full = replace(victim, cgroup="/" + name, cgroup_limit_bytes=size)
        for each in (victim, full):
            yield kill_text(OomKill(count=1, victims=(each,)))
            yield kill_text(OomKill(count=12_345, victims=(each,) * 9, is_missed=True))
    yield kill_text(OomKill(count=12_345, counted_in=NAMES * 9, is_missed=True))
    yield kill_text(OomKill(count=2, counted_in=NAMES[:2]))


def fragmentations() -> Iterator[Text]:
    for name, free in product(NAMES, BYTES):
        for retained, pinned in ((free, 0), (0, free)):
            composition = Composition(
                rss_bytes=2 * free,
                live_bytes=free,
                library_bytes=free,
                retained_bytes=retained,
                pinned_bytes=pinned,
                other_bytes=0,
                large_count=None,
            )
            yield fragmentation_text(TargetView(name=name, inside=InsideView(composition)))


def jumps() -> Iterator[Text]:
    for name, before, after in product(NAMES, BYTES, BYTES):
        yield spike_text(name, Spike(before_bytes=before, after_bytes=after))


TEXTS: dict[str, Callable[[], Iterator[Text]]] = {
    "pressure": shortages,
    "forecast": forecasts,
    "leak": leaks,
    "growth": growths,
    "fragmentation": fragmentations,
    "heap": lambda: (heap_text(view) for view in heaps()),
    "limit": lambda: (limit_text(view) for view in views()),
    "size": lambda: (size_text(view, 999.0 * 1024**4) for view in views()),
    "spike": jumps,
    "oom": kills,
    "unusual": lambda: (unusual_text(n, size, size, size) for n, size in product(NAMES, BYTES)),
    "outside": outside,
}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", TEXTS)
def test_every_body_fits_into_a_notification(kind: str, language: str) -> None:
    speak(language)
    for units in ("binary", "decimal"):
        use_units(units)
        for title, body in TEXTS[kind]():
            assert title
            assert body
            assert len(body) <= MOST_CHARACTERS, body


def test_the_texts_of_every_judge_are_among_them() -> None:
    assert {judge.key.partition("-of-")[0] for judge in JUDGES} == set(TEXTS)


def test_a_leak_says_the_figure_the_time_left_and_what_helps() -> None:
    headroom = Headroom(
        limit_bytes=4 << 30, source="machine", room_bytes=12_000 << 20,
        rate_bytes_per_second=float(1 << 20),
    )  # fmt: skip
    verdict = Verdict(
        level="leaking", score=0.95, growth_bytes=1106.0 * (1 << 20), grown_seconds=780.0,
        rate_bytes_per_second=1.5 * (1 << 20), headroom=headroom, signal="resident set",
    )  # fmt: skip
    assert leak_text("leaky.py", verdict) == (
        "leaky.py is probably leaking memory",
        "+1.08 GiB in 13 min (1.50 MiB/s). Memory full in about 3 h 20 min. "
        "Restarting it frees the memory.",
    )


def test_whole_sentences_are_left_out_what_matters_most_never() -> None:
    first, long, short = "a" * 130, "b" * 118 + ".", "c."
    assert brief(first, long, short) == first
    assert brief("One.", long, short) == "One. c."
    assert brief("One.", (long, "d."), short) == "One. d. c."


def test_a_long_name_lacks_its_middle() -> None:
    assert short_name("python-worker-number-1", 12) == "python…ber-1"
    assert len(short_name(LONG)) == 40
    assert short_name(LONG).endswith("worker-12")
