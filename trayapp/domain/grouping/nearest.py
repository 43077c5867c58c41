"""What a target that matches nothing was probably meant to match: the most alike that runs."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence, Sized

from trayapp.dataclass import NamedTuple, dataclass
from trayapp.domain.grouping.expressions import Searchable
from trayapp.domain.grouping.targets import TargetRule
from trayapp.domain.records.names import process_label
from trayapp.domain.records.samples import ProcessFacts
from trayapp.domain.records.unmatched import Unmatched

UNMATCHED_SECONDS = 60.0
"""A rule that has matched nothing for so long is told of."""
LONGEST_PAUSE_SECONDS = 960.0
"""Between two searches; the first few come sooner: one takes milliseconds."""
_LEAST_ALIKE = 0.5
_LEAST_COMMON = 3
"""Pieces, unless it has fewer: one or two are found in anything."""
_LONGEST_TEXT = 400
_ESCAPES = re.compile(r"\\[AbBdDsSwWZ]")
_LITERALS = re.compile(r"[\w./-]{3,}")
_SIGNS = re.compile(r"[\W_]+")


def nearest_match(rule: TargetRule, processes: Iterable[ProcessFacts]) -> ProcessFacts | None:
    """Return the process whose name or command line is most like what the rule wants; else None.

    O(letters of all command lines): some ten milliseconds for a thousand processes.
    """
    text = _wanted_text(rule)
    wanted = _Wanted(_pieces(text, 3), _pieces(text, 2))
    if not wanted.triples:
        return None
    best, best_score = None, 0.0
    for facts in processes:
        score = _likeness(wanted, facts)
        if score > best_score:
            best, best_score = facts, score
    return best


def _wanted_text(rule: TargetRule) -> str:
    """The rule's text, or what its regular expression has of plain text."""
    if rule.match is not None:
        return rule.match
    if rule.regex is None:
        return rule.exe or ""
    plain = _ESCAPES.sub(" ", rule.regex.pattern).replace("\\", "")
    return " ".join(_LITERALS.findall(plain))


class _Wanted(NamedTuple):
    """A text as its pieces: what is alike shares most of them."""

    triples: frozenset[str]
    pairs: frozenset[str]


def _likeness(wanted: _Wanted, facts: ProcessFacts) -> float:
    """Return how much of it the command line and above all the name have; 0: too little."""
    common = wanted.triples & _pieces(facts.command_line, 3)
    found = len(common) / len(wanted.triples)
    # A name is short: two letters in a row say enough, and survive a slip of the keyboard.
    name = _pieces(process_label(facts.arguments, facts.name), 2)
    shared = wanted.pairs & name
    alike = 2 * len(shared) / max(1, len(wanted.pairs) + len(name))
    is_found = found >= _LEAST_ALIKE and len(common) >= min(_LEAST_COMMON, len(wanted.triples))
    is_alike = alike >= _LEAST_ALIKE and len(shared) >= _LEAST_COMMON
    return found + alike if is_found or is_alike else 0.0


def _pieces(text: str, length: int) -> frozenset[str]:
    """All so many letters in a row, without case and signs."""
    plain = _SIGNS.sub("", text[:_LONGEST_TEXT].casefold())
    if len(plain) < length:
        return frozenset({plain} if plain else ())
    return frozenset(plain[at : at + length] for at in range(len(plain) - length + 1))


@dataclass(slots=True, repr=False)
class _Search:
    since: float
    due: float
    pause: float = UNMATCHED_SECONDS
    nearest: ProcessFacts | None = None


_Rule = tuple[str, str | None, Searchable | None]
"""What makes a rule another one: its name, and what it wants."""


class UnmatchedWatch:
    """Follows which targets match nothing, and when to search again for what is like them."""

    def __init__(self) -> None:
        self._searches: dict[_Rule, _Search] = {}
        self._found: set[_Rule] = set()
        self._rules: Sequence[TargetRule] = ()
        self._identities: list[_Rule] = []
        """Of the rules of the latest update."""

    def update(
        self, now: float, members: Mapping[str, Sized], rules: Sequence[TargetRule]
    ) -> list[TargetRule]:
        """Update with what each target holds; return the rules for which a search is due.

        A target that ran and has ended is no such: there was something to match. now: monotonic
        seconds; rules: not to be changed later.
        """
        if rules is not self._rules:
            self._rules, self._identities = rules, list(map(_identity, rules))
        due = []
        before, self._searches = self._searches, {}
        found, self._found = self._found, set()
        for rule, identity in zip(rules, self._identities, strict=True):
            if identity in found or members.get(rule.name):
                self._found.add(identity)
                continue
            search = before.get(identity) or _Search(now, now + UNMATCHED_SECONDS)
            self._searches[identity] = search
            if now >= search.due:
                search.due = now + search.pause
                search.pause = min(LONGEST_PAUSE_SECONDS, 2 * search.pause)
                due.append(rule)
        return due

    def note(self, rule: TargetRule, nearest: ProcessFacts | None) -> None:
        """Keep what a search has found."""
        if search := self._searches.get(_identity(rule)):
            search.nearest = nearest

    def unmatched(
        self, rule: TargetRule, now: float, *, hides_processes: bool = False
    ) -> Unmatched | None:
        """Return what to report of a target; None: it has matched, or may still do so.

        hides_processes: the system shows only those of this user.
        """
        search = self._searches.get(_identity(rule)) if self._searches else None
        if search is None or (now - search.since < UNMATCHED_SECONDS and not hides_processes):
            return None
        return Unmatched(
            lasted_seconds=now - search.since,
            nearest=search.nearest,
            may_be_hidden=hides_processes,
        )


def _identity(rule: TargetRule) -> _Rule:
    return rule.name, rule.text, rule.regex
