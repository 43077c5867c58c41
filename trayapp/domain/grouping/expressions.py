"""Regular expressions whose search has a bound in time, whoever wrote the pattern and the text.

Python's `re` backtracks: nested repeats take exponential time, several repeats in a row a power of
the text's length, and the interpreter's lock is held meanwhile. Here a search goes to `re` only
where its worst case is short; all others go to a matcher that visits no state twice.
"""

from __future__ import annotations

import math
import re
import warnings
from collections.abc import Iterable, Mapping
from typing import Any, Protocol

from trayapp.dataclass import NamedTuple, dataclass, field
from trayapp.language.catalogue import _

_MOST_STEPS = 4_000_000
"""Of `re`, in the worst case: some tenths of a second."""
_MOST_STATES = 1_000_000
"""Of our matcher: places in the text times instructions, about a second."""
_MOST_INSTRUCTIONS = 3900
_MOST_TEXT = 8192
"""Characters that our matcher searches: a command line and more, or a line of a log."""
_LEAST_TEXT = 256
"""Characters that an expression must be able to search at least, or it is refused."""
_FEW_REPEATS = 8
"""More of them count as any number."""
_CAPTURE, _SPLIT, _LEAF, _END = range(4)
_Steps = list[tuple[int, Any, int]]
"""Instructions: the kind, what it needs, and the one that follows."""


class RefusedExpressionError(ValueError):
    """A pattern that cannot be searched in bounded time; its text continues a sentence."""


class Found(Protocol):
    """A match, as `re.Match` has it."""

    def __getitem__(self, name: str, /) -> str | Any: ...
    def groupdict(self) -> Mapping[str, str | Any]: ...


class Searchable(Protocol):
    """An `Expression`, or a compiled pattern that is known to be harmless."""

    @property
    def pattern(self) -> str: ...
    @property
    def groupindex(self) -> Mapping[str, int]: ...
    def search(self, string: str, /) -> Found | None: ...


class _Cost(NamedTuple):
    """In how many ways part of a pattern can match from one place, at worst."""

    power: float = 0
    """Of the text's length."""
    factor: float = 1
    alone: float = 0
    """The power of what is tried and left again: a lookahead."""

    def then(self, other: _Cost) -> _Cost:
        return _Cost(
            self.power + other.power,
            self.factor * other.factor,
            max(self.alone, self.power + other.alone),
        )

    def steps(self, length: int) -> float:
        power: float = max(self.power, self.alone)
        if power > _FEW_REPEATS:
            return math.inf
        ways: float = float(max(length, 1)) ** power / math.factorial(int(power))
        return self.factor * ways


@dataclass(frozen=True, slots=True)
class Expression:
    """A regular expression that is searched in bounded time; equal if its pattern is."""

    pattern: str
    _compiled: re.Pattern[str] = field(compare=False, repr=False)
    _cost: _Cost = field(compare=False, repr=False)
    _steps: _Steps | None = field(compare=False, repr=False)
    """For our own matcher; None: it cannot do this one, so that long texts are cut."""
    _longest: int = field(compare=False, repr=False)
    """So much of a text is searched."""

    @property
    def groupindex(self) -> Mapping[str, int]:
        return self._compiled.groupindex

    def search(self, string: str, /) -> Found | None:
        """Return the first match, or None; of a very long text only the start is searched."""
        if self._cost.steps(len(string)) <= _MOST_STEPS:
            return self._compiled.search(string)
        string = string[: self._longest]
        if self._steps is None:
            return self._compiled.search(string)
        return _search(self._steps, self._compiled.groupindex, string)


class _Match(NamedTuple):
    groups: Mapping[str, str | None]

    def __getitem__(self, name: Any, /) -> Any:
        return self.groups[name]

    def groupdict(self) -> Mapping[str, str | None]:
        return self.groups


def compile_expression(pattern: str) -> Expression:
    """Return the pattern, ready to be searched in bounded time.

    Raises: re.error where it is no regular expression, RefusedExpressionError where no bound can
        be held.
    """
    try:
        with warnings.catch_warnings():
            # "Possible nested set": the expression works, and nobody reads the warning here.
            warnings.simplefilter("ignore")
            return _analyze(pattern)
    except (OverflowError, RecursionError) as error:
        raise RefusedExpressionError(_("is too complex a regular expression")) from error


def _analyze(pattern: str) -> Expression:
    compiled = re.compile(pattern)
    # The parser is private, but the same since Python 3.11; tests would notice.
    parsed: Any = re._parser.parse(pattern)  # type: ignore[attr-defined]
    cost = _cost(parsed)
    if not _begins_at_start(parsed, compiled.flags):
        cost = _Cost(1).then(cost)
    steps: _Steps | None = None
    try:
        steps = _Program(parsed.state).of(parsed)
        longest = min(_MOST_TEXT, _MOST_STATES // len(steps))
    except _UnsupportedError as error:
        fitting = (size for size in _lengths() if cost.steps(size) <= _MOST_STEPS)
        longest = next(fitting, 0)
        if longest < _LEAST_TEXT:
            text = _(
                "could take forever to match; use fewer repeats, and no lookaround or "
                "back-reference"
            )
            raise RefusedExpressionError(text) from error
    return Expression(pattern, compiled, cost, steps, longest)


def _lengths() -> Iterable[int]:
    return (2**power for power in range(20, 7, -1))


def _begins_at_start(parsed: Any, flags: int) -> bool:
    if not len(parsed) or str(parsed[0][0]) != "AT":
        return False
    where = str(parsed[0][1])
    return where == "AT_BEGINNING_STRING" or (where == "AT_BEGINNING" and not flags & re.MULTILINE)


def _cost(parsed: Any, following: str | None = None) -> _Cost:
    """Return the cost of a sequence; `following`: the letter that must come next, where known."""
    total = _Cost()
    for item in reversed(list(parsed)):
        total = _cost_of(str(item[0]), item[1], following).then(total)
        following = _first_letter(item)
    return total


def _first_letter(item: Any) -> str | None:
    match str(item[0]), item[1]:
        case "LITERAL", code:
            return chr(code)
        case "SUBPATTERN", (_group, 0, 0, body) if len(body):
            return _first_letter(body[0])
    return None


def _is_ended_by(body: Any, letter: str) -> bool:
    """Return whether a repeat of one character can go no further than before a letter."""
    if len(body) != 1 or str(body[0][0]) not in _PLAIN:
        return False
    of_body = re._compiler.compile(body)  # type: ignore[attr-defined]
    return not any(of_body.match(each) for each in {letter, letter.lower(), letter.upper()})


def _cost_of(kind: str, value: Any, following: str | None = None) -> _Cost:
    match kind:
        case "MAX_REPEAT" | "MIN_REPEAT":
            if following is not None and _is_ended_by(value[2], following):
                return _Cost(alone=1)
            return _repeated(*value)
        case "POSSESSIVE_REPEAT":
            return _left(_repeated(*value))
        case "SUBPATTERN":
            _group, added, taken, body = value
            return _cost(body, None if added or taken else following)
        case "ATOMIC_GROUP":
            return _left(_cost(value))
        case "ASSERT" | "ASSERT_NOT":
            return _left(_cost(value[1]))
        case "BRANCH":
            return _either([_cost(branch) for branch in value[1]])
        case "GROUPREF_EXISTS":
            return _either([_cost(branch) for branch in value[1:] if branch])
        case "GROUPREF":
            return _Cost(alone=1)
        case _:
            return _Cost()


def _left(cost: _Cost) -> _Cost:
    return _Cost(factor=cost.factor, alone=max(cost.power, cost.alone))


def _either(costs: list[_Cost]) -> _Cost:
    return _Cost(
        max(cost.power for cost in costs),
        sum(cost.factor for cost in costs),
        max(cost.alone for cost in costs),
    )


def _repeated(least: int, most: Any, body: Any) -> _Cost:
    cost = _cost(body)
    if int(least) > _LEAST_TEXT and body.getwidth()[0] == 0:
        return _Cost(math.inf)  # what matches nothing is repeated all the same
    is_plain = cost.power == 0 and cost.factor == 1
    if int(most) - int(least) > _FEW_REPEATS:
        return _Cost(1 if is_plain else math.inf, alone=1 + cost.alone)
    if int(most) > _FEW_REPEATS and not is_plain:
        return _Cost(math.inf)
    times = 1 if is_plain else int(most)
    ways = (int(most) - int(least) + 1) * cost.factor**times
    return _Cost(cost.power * times, ways, cost.power * times + cost.alone)


class _UnsupportedError(Exception):
    pass


class _Program:
    """Turns a parsed pattern into instructions, from its end to its start."""

    def __init__(self, state: Any) -> None:
        self._state = state
        self._steps: _Steps = []

    def of(self, parsed: Any) -> _Steps:
        """Return the instructions; the last one is the first to be carried out."""
        start = self._sequence(parsed, self._add(_END, None, 0), (0, 0))
        self._add(_SPLIT, (start,), 0)
        return self._steps

    def _add(self, kind: int, value: Any, follows: int) -> int:
        if len(self._steps) >= _MOST_INSTRUCTIONS:
            raise _UnsupportedError
        self._steps.append((kind, value, follows))
        return len(self._steps) - 1

    def _sequence(self, parsed: Any, follows: int, flags: tuple[int, int]) -> int:
        plain: list[Any] = []
        for item in reversed(list(parsed)):
            if str(item[0]) in _PLAIN:
                plain.insert(0, item)
                continue
            follows = self._item(item, self._leaf(plain, follows, flags), flags)
            plain = []
        return self._leaf(plain, follows, flags)

    def _leaf(self, items: list[Any], follows: int, flags: tuple[int, int]) -> int:
        """Let `re` do what can match in one way only."""
        if not items:
            return follows
        sub = re._parser.SubPattern  # type: ignore[attr-defined]
        inner = sub(self._state, items)
        group = re._constants.SUBPATTERN  # type: ignore[attr-defined]
        whole = sub(self._state, [(group, (None, *flags, inner))])
        compiled = re._compiler.compile(whole)  # type: ignore[attr-defined]
        return self._add(_LEAF, compiled.match, follows)

    def _item(self, item: Any, follows: int, flags: tuple[int, int]) -> int:
        kind, value = str(item[0]), item[1]
        match kind:
            case "BRANCH":
                ways = [self._sequence(branch, follows, flags) for branch in value[1]]
                return self._add(_SPLIT, tuple(ways), 0)
            case "SUBPATTERN":
                group, added, taken, body = value
                inner = (flags[0] & ~taken) | added, (flags[1] & ~added) | taken
                if group is None:
                    return self._sequence(body, follows, inner)
                end = self._add(_CAPTURE, 2 * group + 1, follows)
                return self._add(_CAPTURE, 2 * group, self._sequence(body, end, inner))
            case "MAX_REPEAT" | "MIN_REPEAT":
                return self._repeat(value, follows, flags, is_greedy=kind == "MAX_REPEAT")
            case "ASSERT" | "ASSERT_NOT" | "ATOMIC_GROUP" | "POSSESSIVE_REPEAT":
                # Each is tried once at each place.
                cost = _cost_of(kind, value)
                if cost.steps(_LEAST_TEXT) > 8 * _LEAST_TEXT or _holds_groups(value):
                    raise _UnsupportedError
                return self._leaf([item], follows, flags)
            case _:
                raise _UnsupportedError

    def _repeat(self, value: Any, follows: int, flags: tuple[int, int], *, is_greedy: bool) -> int:
        least, most, body = value
        end = follows
        if most == re._constants.MAXREPEAT:  # type: ignore[attr-defined]
            loop = self._add(_SPLIT, (), 0)
            again = self._sequence(body, loop, flags)
            self._steps[loop] = (_SPLIT, (again, end) if is_greedy else (end, again), 0)
            follows = loop
        else:
            for _each in range(int(most) - int(least)):
                again = self._sequence(body, follows, flags)
                follows = self._add(_SPLIT, (again, end) if is_greedy else (end, again), 0)
        for _each in range(int(least)):
            before, follows = follows, self._sequence(body, follows, flags)
            if follows == before:
                break
        return follows


_PLAIN = {"LITERAL", "NOT_LITERAL", "ANY", "IN", "AT", "RANGE", "CATEGORY"}


def _holds_groups(value: Any) -> bool:
    """Return whether part of a pattern captures, or needs what was captured."""
    if isinstance(value, tuple) and value and str(value[0]) in ("GROUPREF", "GROUPREF_EXISTS"):
        return True
    if isinstance(value, tuple) and value and str(value[0]) == "SUBPATTERN":
        return value[1][0] is not None or _holds_groups(value[1][3])
    if isinstance(value, tuple | list) or hasattr(value, "state"):
        return any(_holds_groups(each) for each in value)
    return False


def _search(steps: _Steps, groups: Mapping[str, int], text: str) -> _Match | None:
    """Return the first match as `re` prefers it. O(instructions · characters)."""
    width = len(text) + 1
    visited = bytearray(width * len(steps))
    for start in range(width):
        # What is to be tried next is last: instruction, place, and what it is to undo.
        waiting: list[tuple[int, int, Any]] = [(len(steps) - 1, start, None)]
        captured: dict[int, int] = {}
        while waiting:
            at, place, undone = waiting.pop()
            if at < 0:
                captured[~at] = undone
                continue
            if visited[at * width + place]:
                continue
            visited[at * width + place] = 1
            kind, value, follows = steps[at]
            if kind == _LEAF:
                found = value(text, place)
                if found is not None:
                    waiting.append((follows, found.end(), None))
            elif kind == _SPLIT:
                waiting.extend((way, place, None) for way in reversed(value))
            elif kind == _CAPTURE:
                waiting.append((~value, 0, captured.get(value, -1)))
                waiting.append((follows, place, None))
                captured[value] = place
            else:
                spans = {
                    name: (captured.get(2 * group, -1), captured.get(2 * group + 1, -1))
                    for name, group in groups.items()
                }
                return _Match(
                    {
                        name: text[first:last] if 0 <= first <= last else None
                        for name, (first, last) in spans.items()
                    }
                )
    return None
