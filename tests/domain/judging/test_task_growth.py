"""Growth by task: known amounts kept by known tasks are found among noise, also side by side."""

from __future__ import annotations

import random
from collections.abc import Mapping

import pytest

from trayapp.domain.judging.task_growth import GrowthByTask

HOURS = 4
KB = 1000.0


class Program:
    """Tasks at random times, each holding some megabytes while it runs, of which some keep some."""

    def __init__(self, seed: int, every_seconds: Mapping[str, float], kept: Mapping[str, float]):
        self.random = random.Random(seed)
        self.every_seconds, self.kept = every_seconds, kept
        self.really: dict[str, float] = dict.fromkeys(every_seconds, 0.0)

    def run(self, noise_bytes: float = 0.0) -> GrowthByTask:
        growth = GrowthByTask()
        base, held = 20e6, dict[object, float]()

        def level() -> float:
            return base + sum(held.values()) + self.random.gauss(0, noise_bytes)

        for _at, begins, key, name in sorted(self._moments()):
            if begins:
                growth.start(key, name, level())
                held[key] = self.random.uniform(1e6, 5e6)
            else:
                del held[key]
                kept = self.kept.get(name, 0.0) * self.random.uniform(0.7, 1.3)
                self.really[name] += kept
                base += kept
                growth.end(key, level())
        growth.observe(level())
        growth.finish()
        return growth

    def _moments(self) -> list[tuple[float, bool, int, str]]:
        found: list[tuple[float, bool, int, str]] = []
        for name, every in self.every_seconds.items():
            at = self.random.expovariate(1 / every)
            while at < HOURS * 3600:
                end = at + self.random.uniform(1, 20)
                found += [(at, True, len(found), name), (end, False, len(found), name)]
                at = end + self.random.expovariate(1 / every)
        return found


def guilty(growth: GrowthByTask) -> list[str]:
    return sorted(growth.tasks, key=lambda name: -growth.tasks[name].guilt)


@pytest.mark.parametrize("seed", range(8))
def test_two_tasks_side_by_side_are_told_apart(seed: int) -> None:
    program = Program(seed, {"leaks": 30, "works": 40}, {"leaks": 40 * KB})
    growth = program.run(noise_bytes=2000)
    assert growth.tasks["leaks"].beside_count > 50
    assert guilty(growth)[0] == "leaks"
    assert growth.tasks["leaks"].kept_bytes == pytest.approx(program.really["leaks"], rel=0.1)
    assert abs(growth.tasks["works"].kept_bytes) < 0.1 * program.really["leaks"]


@pytest.mark.parametrize("seed", range(8))
def test_the_guilty_of_five_is_found_where_most_runs_overlap(seed: int) -> None:
    every = {"a": 10.0, "leaks": 10.0, "c": 25.0, "slightly": 60.0, "e": 100.0}
    program = Program(seed, every, {"leaks": 40 * KB, "slightly": 3 * KB})
    growth = program.run()
    leaks = growth.tasks["leaks"]
    assert leaks.beside_count > 5 * leaks.alone.count
    assert guilty(growth)[0] == "leaks"
    assert leaks.kept_bytes == pytest.approx(program.really["leaks"], rel=0.1)


def test_a_program_that_never_rests_still_has_its_guilty() -> None:
    every = {"a": 2.0, "leaks": 3.0, "c": 5.0, "d": 6.0}
    firsts = [guilty(Program(seed, every, {"leaks": 400 * KB}).run())[0] for seed in range(8)]
    assert firsts.count("leaks") >= 7


def test_what_an_inner_task_keeps_is_not_the_outer_ones() -> None:
    growth = GrowthByTask()
    for at in range(10):
        level = 1000.0 * KB + at * 45 * KB
        growth.start(f"o{at}", "outer", level)
        growth.start(f"i{at}", "inner", level + 3 * KB, inside=f"o{at}")
        growth.end(f"i{at}", level + 43 * KB)
        growth.end(f"o{at}", level + 45 * KB)
    growth.finish()
    assert growth.tasks["inner"].median_bytes == 40 * KB
    assert growth.tasks["outer"].kept_bytes == pytest.approx(50 * KB)


def test_what_is_freed_right_after_the_end_is_not_kept() -> None:
    """A function's variables are in use until it is left, after its task was cleared."""
    growth = GrowthByTask()
    level = 10_000 * KB
    for at in range(20):
        growth.start(at, "digest", level)
        growth.end(at, level + 4000 * KB)
    growth.observe(level)
    growth.finish()
    assert growth.tasks["digest"].kept_bytes == 0
    assert growth.idle_bytes == 0


def test_growth_while_nothing_runs_is_no_tasks() -> None:
    growth = GrowthByTask()
    for at in range(10):
        growth.start(at, "work", at * 100 * KB)
        growth.end(at, at * 100 * KB)
    growth.finish()
    assert growth.tasks["work"].kept_bytes == 0
    assert growth.total_bytes == growth.idle_bytes == 900 * KB


def test_a_cache_that_fills_once_is_not_guiltier_than_a_leak() -> None:
    growth = GrowthByTask()
    level = 0.0
    for at in range(40):
        for name, kept in (("cache", 5000 * KB if at == 0 else 0.0), ("leak", 40 * KB)):
            growth.start((at, name), name, level)
            level += kept
            growth.end((at, name), level)
    growth.finish()
    assert guilty(growth) == ["leak", "cache"]
    assert growth.tasks["cache"].kept_bytes == 5000 * KB


def test_runs_known_only_together_and_those_of_another_life_count() -> None:
    growth = GrowthByTask()
    growth.add_runs("short", 100, 400 * KB)
    growth.start(1, "short", 0.0)
    growth.restart()
    growth.finish()
    assert growth.tasks["short"].median_bytes == 4 * KB
    assert growth.tasks["short"].kept_bytes == pytest.approx(404 * KB)


def test_an_end_without_figures_takes_those_of_the_next_line() -> None:
    growth = GrowthByTask()
    growth.start(1, "bare", 100.0)
    growth.end(1, None)
    growth.observe(140.0)
    growth.finish()
    assert growth.tasks["bare"].kept_bytes == 40.0


def test_millions_of_tasks_take_no_more_room_than_thousands() -> None:
    growth = GrowthByTask()
    for at in range(30_000):
        growth.start(at, f"task {at % 300}", float(at))
        if at > 5:
            growth.end(at - 5, float(at))
    assert len(growth._compositions) <= 2000
    growth.finish()
    assert len(growth.tasks) == 300
