"""A few of the recorded programs, and that a verdict rests on nothing that comes after it."""

from __future__ import annotations

import pytest

from tests.benchmarks.leak_traces import TRACES, Trace, read_traces
from tests.benchmarks.leaks import judge
from tests.benchmarks.long_leaks import LONG, called, read_long, told
from trayapp.domain.judging.leaks import LeakDetector


@pytest.fixture(scope="module")
def traces() -> dict[str, Trace]:
    return {trace.name: trace for trace in read_traces(TRACES, "rss_bytes")}


@pytest.mark.parametrize(
    "name", ["redis_ttl", "varnish_fill", "prometheus", "h2_jvm", "flask_restart", "pg_pgbench"]
)
def test_healthy_programs(traces: dict[str, Trace], name: str) -> None:
    assert judge(traces[name]).first is None


@pytest.mark.parametrize(
    "name", ["flask_lru_unbounded", "openpyxl_staircase", "express_formdata", "redis_eval_late"]
)
def test_leaking_programs_within_a_quarter_of_an_hour(traces: dict[str, Trace], name: str) -> None:
    outcome = judge(traces[name])
    assert outcome.is_hit
    assert outcome.first is not None
    assert outcome.first - outcome.trace.onset <= 900
    assert outcome.rate == pytest.approx(outcome.trace.rate, rel=0.2)


def test_a_fast_leak_within_three_minutes(traces: dict[str, Trace]) -> None:
    first = judge(traces["orjson_labels"]).first
    assert first is not None
    assert first <= 180


def test_the_beginning_of_a_file_gives_the_same_answer(traces: dict[str, Trace]) -> None:
    trace = traces["ujson_cve"]
    first = judge(trace).first
    assert first is not None
    short, long = LeakDetector(), LeakDetector()
    for at, size, _ in trace.rows:
        long.fold(at, size)
        if at <= first:
            short.fold(at, size)
            assert short.verdict == long.verdict
    assert short.verdict.level == "leaking"


@pytest.fixture(scope="module")
def long_traces() -> dict[str, Trace]:
    return {trace.name: trace for trace in read_long(LONG)}


@pytest.mark.parametrize(
    "name", ["squid_memcache", "tmux_scrollback", "puma_warm", "jvm_g1_orders"]
)
def test_caches_that_fill_for_an_hour(long_traces: dict[str, Trace], name: str) -> None:
    course, detector = called(long_traces[name])
    assert course.first is None
    assert detector.refresh().level == "healthy"
    assert told(long_traces[name], as_target=True)[0].first is None


@pytest.mark.parametrize(
    "name",
    ["beanstalkd_buried", "php_static_array", "sanic_slow_saw", "webrick_late", "shm_frames"],
)
def test_leaks_beside_them_are_called_so_at_the_end(
    long_traces: dict[str, Trace], name: str
) -> None:
    course, detector = called(long_traces[name])
    assert course.is_hit
    assert detector.refresh().level == "leaking"
