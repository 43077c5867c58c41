"""Advice as JSON: what `memtray advice --json`, the window, the report and the dashboard show."""

from __future__ import annotations

from trayapp.domain.judging.advice.book import AdviceBook
from trayapp.domain.judging.advice.deeds import STAGES, Deed
from trayapp.domain.judging.advice.records import Act, Advice


def advice_status(book: AdviceBook) -> dict[str, object]:
    """All that stands, the most pressing first, and what was done, the newest first."""
    return {
        "advice": [one_status(each, book) for each in book.advice],
        "done": [deed_status(deed) for deed in reversed(book.deeds)],
        "success": {
            kind: {"held": held, "known": known}
            for kind in dict.fromkeys(deed.kind for deed in book.deeds)
            for held, known in (book.success_of(kind),)
        },
    }


def one_status(advice: Advice, book: AdviceBook) -> dict[str, object]:
    """One piece of advice; unknown is null."""
    saving = advice.saving
    held, known = book.record_of(advice.kind, advice.about)
    return {
        "id": advice.id,
        "kind": advice.kind,
        "priority": advice.priority,
        "urgency": advice.urgency,
        "target": advice.name,
        "about": advice.about,
        "title": advice.title,
        "evidence": advice.evidence,
        "unless": advice.unless,
        "actions": [_act(act) for act in advice.acts],
        "expected_saving_bytes": [saving.low_bytes, saving.high_bytes] if saving else None,
        "from": saving.source if saving else None,
        "measurements": saving.samples if saving else 0,
        "confidence": round(advice.confidence, 3),
        "held_before": held,
        "known_before": known,
    }


def deed_status(deed: Deed) -> dict[str, object]:
    """One thing that was done; a look that is still to come, or was missed, is null."""
    return {
        "id": deed.id,
        "at": deed.wall_seconds,
        "kind": deed.kind,
        "target": deed.name,
        "title": deed.title,
        "automatic": deed.is_automatic,
        "text": deed.text,
        "saved_bytes": deed.saved_bytes,
        **{stage: deed.later.get(stage) for stage, _seconds in STAGES},
        "expected_saving_bytes": list(deed.expected) if deed.expected else None,
        "held": deed.held,
        "regret": deed.regret or None,
        "result": deed.sentence(),
        "undo": deed.can_be_undone,
    }


def _act(act: Act) -> dict[str, object]:
    return {
        "what": act.what,
        "does": act.does or None,
        "automatic": act.is_automatic,
        "risk": act.risk,
        "undo": act.undo or None,
        "seconds": act.seconds,
    }
