"""Caches that a program tells of: one to empty while memory is short, one that only grows."""

from __future__ import annotations

from trayapp.domain.judging.advice.case import Case, Machine
from trayapp.domain.judging.advice.kinds.protocol import ProgramKind
from trayapp.domain.judging.advice.records import EMPTY, Act, Advice
from trayapp.domain.records.names import shown_name
from trayapp.language.catalogue import _, listed
from trayapp.language.units import MIB, format_duration, format_percent, format_size

LEAST_BYTES = 32 * MIB
LEAST_SHARE = 0.2
NEAR_LIMIT_SHARE = 0.8
LEAST_SECONDS = 900.0
LEAST_GROWTH = 0.5
_MOST_NAMES = 3


class EmptyCache(ProgramKind):
    """Only where memory is short: a cache is there to be used."""

    key = "empty_cache"

    def advise(self, case: Case, machine: Machine) -> Advice | None:
        inside, target = case.inside, case.target
        if inside is None or not inside.caches:
            return None
        is_near = bool(
            target and target.has_own_limit and (target.limit_share or 0.0) >= NEAR_LIMIT_SHARE
        )
        caches = [cache for cache in inside.caches if cache.can_empty]
        held = sum(cache.now_bytes for cache in caches)
        if held < max(LEAST_BYTES, LEAST_SHARE * inside.rss_bytes):
            return None
        if not machine.is_short and not is_near:
            return None
        caches.sort(key=lambda cache: -cache.now_bytes)
        names = listed(shown_name(cache.name) for cache in caches[:_MOST_NAMES])
        text = _("Memory is short, and its caches hold {size}: {caches}.")
        if is_near:
            text = _("It is near its limit, and its caches hold {size}: {caches}.")
        return self.made(
            case,
            _("Empty the caches of {name}").format(name=shown_name(case.name)),
            text.format(size=format_size(held), caches=names),
            _("Not if it would have to compute or fetch it all again at once."),
            Act(_("Empty its caches"), EMPTY, "medium", seconds=2.0),
            offered_bytes=held,
            confidence=0.8,
        )


class BoundCache(ProgramKind):
    """One that grows and never shrinks has no bound, or none in reach."""

    key = "bound_cache"

    def advise(self, case: Case, _machine: Machine) -> Advice | None:
        inside = case.inside
        if inside is None or not inside.caches:
            return None
        cache = max(inside.caches, key=lambda each: each.now_bytes)
        grown = cache.now_bytes - cache.first_bytes
        if cache.shrank or cache.since_seconds < LEAST_SECONDS or grown < LEAST_BYTES:
            return None
        if grown < LEAST_GROWTH * cache.first_bytes or cache.now_bytes < 0.1 * inside.rss_bytes:
            return None
        evidence = _(
            "Its cache {cache} grew from {before} to {now} in {time} without ever shrinking; that "
            "is {share} of the program."
        ).format(
            cache=shown_name(cache.name),
            before=format_size(cache.first_bytes),
            now=format_size(cache.now_bytes),
            time=format_duration(cache.since_seconds),
            share=format_percent(cache.now_bytes / max(1, inside.rss_bytes)),
        )
        return self.made(
            case,
            _("Limit the cache {cache} of {name}").format(
                cache=shown_name(cache.name), name=shown_name(case.name)
            ),
            evidence,
            _("Not if it will stop at a size that the machine has room for."),
            Act(_("Give the cache a maximum size in the program")),
            *((Act(_("Empty its caches"), EMPTY, "medium"),) if cache.can_empty else ()),
            offered_bytes=grown,
            confidence=0.75,
        )
