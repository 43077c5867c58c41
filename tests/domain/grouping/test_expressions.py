"""A search ends in time, whoever wrote the pattern and the text, and finds what `re` finds."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trayapp.domain.grouping.expressions import RefusedExpressionError, compile_expression

#: The text takes `re` seconds, not hours.
SLOW = (
    (r"(a+)+$", "a" * 27 + "b"),
    (r"^(aa|a)+$", "a" * 27 + "b"),
    (r"(\w*-?)*:", "a" * 27),
    (r"a.*a.*a.*a.*b", "a" * 150),
    (r"(?i)^(?:A{0,30}){0,30}$", "a" * 27 + "b"),
    (r"(?:(?:a?){20}){2}a{40}b", "a" * 44),
)
COMMAND_LINES = (
    ("/usr/bin/python3 /srv/app/worker.py --queue=mail --name=w1@host-7", True),
    ("java -Xmx2g -jar /opt/kafka/kafka.jar --port 9092", True),
    ("node /home/me/site/server.js\n--inspect", True),
    ("", False),
    ("x" * 4096, False),
)
USUAL = (
    r"python3? .*worker\.py", r"(?i)JAVA.*kafka", r"^/usr/bin/", r"worker-(?P<queue>\w+)",
    r"--queue=(?P<queue>[^ ]+)(?: --name=(?P<name>\S+))?", r"(?:python|node|java)\b.*",
    r"^(?!.*test).*worker", r"(?<=/)kafka(?!-)", r"(?:/\w+)+/server\.js$", r"(\d{1,3}\.){3}\d{1,3}",
    r"(\w)\1", r"\.(?:js|py)(?s:.*)inspect", r"(?:[a-z]{1,20}-){1,20}\d", r"^(?:.*\s)?-jar\s.*$",
)  # fmt: skip


@pytest.mark.parametrize(("pattern", "text"), SLOW)
def test_what_takes_re_exponential_time_is_searched_at_once(pattern: str, text: str) -> None:
    expression = compile_expression(pattern)
    for each in (text, text * 150):
        started = time.thread_time()
        assert expression.search(each) is None
        assert time.thread_time() - started < 2.0


@pytest.mark.parametrize("pattern", USUAL)
def test_usual_patterns_find_what_re_finds(pattern: str) -> None:
    expression = compile_expression(pattern)
    for text, _ in COMMAND_LINES:
        known, found = re.search(pattern, text), expression.search(text)
        assert (found is None) == (known is None)
        if known and found:
            assert found.groupdict() == known.groupdict()


@pytest.mark.parametrize("pattern", [r"(a+)+\1$", r"(?=(a+)+b)a", r"(.*),(.*),(.*),\1"])
def test_a_pattern_without_a_bound_is_refused_in_a_line(pattern: str) -> None:
    with pytest.raises(RefusedExpressionError, match=r"^could take forever"):
        compile_expression(pattern)


def test_a_pattern_that_is_too_deep_is_refused() -> None:
    with pytest.raises(RefusedExpressionError, match="too complex"):
        compile_expression("(?:" * 3000 + "a" + ")" * 3000)


_PIECES = st.sampled_from(["a", "b", ".", r"\w", "[ab]", "[^a]", r"\b", "-", "(?i:A)", "^", "$"])
_PATTERNS = st.recursive(
    _PIECES,
    lambda inner: st.one_of(
        st.lists(inner, min_size=2, max_size=3).map("".join),
        st.lists(inner, min_size=2, max_size=2).map(lambda two: f"(?:{'|'.join(two)})"),
        st.tuples(inner, st.sampled_from(["*", "+", "?", "*?", "{2}", "{0,12}"])).map(
            lambda two: f"(?:{two[0]}){two[1]}"
        ),
    ),
    max_leaves=6,
)


@settings(max_examples=150, deadline=None)
@given(st.tuples(_PATTERNS, _PATTERNS), st.text("ab-A\n", max_size=12))
def test_our_matcher_agrees_with_re(patterns: tuple[str, str], text: str) -> None:
    """Nested repeats are never for `re`: the first of them makes it ours."""
    for pattern in (f"(?:a+)*{patterns[0]}", f"{patterns[0]}(?P<one>{patterns[1]})"):
        assert (compile_expression(pattern).search(text) is None) == (
            re.search(pattern, text) is None
        )
