"""Advice in lines of text, from its JSON: for terminals, the window and the report."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from trayapp.domain.judging.advice.records import Advice, priority_said, risk_said
from trayapp.language.catalogue import N_, _, ngettext, paragraph
from trayapp.language.units import format_size

_SOURCES = {
    "this target": N_("measured at this program before"),
    "its kind": N_("measured at other programs before"),
    "recorded programs": N_("measured at recorded programs"),
    "evidence": N_("by its own account"),
}


def advice_lines(told: Mapping[str, Any]) -> Iterator[str]:
    """Yield one piece of advice: title, evidence, what to do, when not to."""
    yield f"{told['title']}  [{priority_said(str(told['priority']))}]"
    yield f"  {told['evidence']}"
    if saving := saving_line(told):
        yield f"  {saving}"
    for act in told["actions"]:
        yield f"  → {act_line(act)}"
    if told["unless"]:
        yield f"  {told['unless']}"
    yield f"  ID: {told['id']}"


def saving_line(told: Mapping[str, Any]) -> str:
    """Return what it gives back, and how that is known; empty: it saves nothing by itself."""
    saving = told.get("expected_saving_bytes")
    if not saving:
        return ""
    text = _expected(saving[0], saving[1], str(told.get("from")))
    known = told.get("known_before")
    if not known:
        return text
    held = ngettext(
        "It held {held} of {count} time before.", "It held {held} of {count} times before.", known
    ).format(held=told.get("held_before"), count=known)
    return paragraph(text, held)


def expected_line(advice: Advice) -> str:
    """Return the same of advice in the running applet, without its record."""
    saving = advice.saving
    return _expected(saving.low_bytes, saving.high_bytes, saving.source) if saving else ""


def _expected(low_bytes: float, high_bytes: float, source: str) -> str:
    return _("Expected saving: {low} to {high} ({source}).").format(
        low=format_size(low_bytes),
        high=format_size(high_bytes),
        source=_(_SOURCES[source]) if source in _SOURCES else "–",
    )


def act_line(act: Mapping[str, Any]) -> str:
    """Return what to do, who does it, and what it risks."""
    who = _("Memtray can do it") if act["automatic"] else _("by hand")
    parts = [who, risk_said(str(act["risk"]))]
    if act["undo"]:
        parts.append(_("undo: {how}").format(how=act["undo"]))
    return f"{act['what']} ({', '.join(parts)})"


def deed_line(told: Mapping[str, Any]) -> str:
    """Return what was done and what came of it."""
    return f"{told['title']}. {told['result']}"
