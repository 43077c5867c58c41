"""Memory against performance in words, and as JSON."""

from __future__ import annotations

from collections.abc import Sequence

from trayapp.domain.judging.performance import Connection, Measure
from trayapp.language.catalogue import N_, _, format_count, format_number, ngettext
from trayapp.language.units import format_duration

_NAMES: dict[Measure, str] = {
    "tasks": N_("Duration of tasks"),
    "stalls": N_("Time stalled on memory"),
    "cpu": N_("Processor time"),
}
_UP = {
    "together": N_("rises with memory"),
    "memory first": N_("rises {time} after memory"),
    "memory later": N_("rises {time} before memory"),
}
_DOWN = {
    "together": N_("falls when memory rises"),
    "memory first": N_("falls {time} after memory has risen"),
    "memory later": N_("falls {time} before memory rises"),
}


def connection_line(found: Connection) -> str:
    """Return one line: "Duration of tasks: rises with memory (correlation 0.71, 84 pairs)"."""
    if found.finding == "too little":
        said = _("too little to say")
    elif found.finding == "none":
        said = _("no connection seen")
    elif found.finding == "trend":
        said = _("changes steadily, as memory does; whether one follows the other cannot be told")
    else:
        texts = _UP if (found.correlation or 0.0) > 0 else _DOWN
        said = _(texts[found.finding]).format(time=format_duration(found.lag_seconds))
    count = ngettext("{count} pair of values", "{count} pairs of values", found.pairs)
    figures = [count.format(count=format_count(found.pairs))]
    if found.correlation is not None and found.finding != "none":
        # Translators: how well two curves go together, from -1 to 1.
        text = _("correlation {number}")
        figures.insert(0, text.format(number=format_number(found.correlation, 2)))
    return _("{name}: {text} ({details})").format(
        name=_(_NAMES[found.measure]), text=said, details=", ".join(figures)
    )


def connection_lines(found: Sequence[Connection]) -> list[str]:
    """Return a line for each, or a single one where there is too little to say of all."""
    if found and all(one.finding == "too little" for one in found):
        return [_("Memory and performance: too little to say")]
    return [connection_line(one) for one in found]


def connection_json(found: Connection) -> dict[str, object]:
    """Return a connection as JSON; unknown is null."""
    return {
        "measure": found.measure,
        "finding": found.finding,
        "pairs": found.pairs,
        "correlation": found.correlation,
        "probability": None if found.probability is None else round(found.probability, 4),
        "lag_seconds": None if found.lag_seconds is None else round(found.lag_seconds, 1),
        "with_little_memory": found.with_little,
        "with_much_memory": found.with_much,
        "text": connection_line(found),
    }
