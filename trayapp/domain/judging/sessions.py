"""What one run of a target leaves for later runs to be judged by, as events of the history."""

from __future__ import annotations

from trayapp.domain.judging.leaks import SessionPrior
from trayapp.domain.records.series import Event
from trayapp.language.catalogue import _
from trayapp.language.units import format_size

SESSION = "session"
"""The kind of the events that keep what a run of a target did."""
PRIORS_SECONDS = 30 * 86_400.0
"""How long that is worth knowing."""


def session_event(name: str, prior: SessionPrior, wall_seconds: float) -> Event:
    """Return what the history keeps of a run of a target that has ended."""
    return Event(
        wall_seconds=wall_seconds,
        kind=SESSION,
        subject=name,
        text=_("{name} used up to {size}").format(
            name=name, size=format_size(prior.peak_floor_bytes)
        ),
        data={
            "peak_floor_bytes": prior.peak_floor_bytes,
            "warm_up_seconds": prior.warm_up_seconds,
            "leaked": prior.leaked,
        },
    )


def prior_of(event: Event) -> SessionPrior | None:
    """Return what such an event tells; None: it is not of this kind."""
    peak, warm_up = event.data.get("peak_floor_bytes"), event.data.get("warm_up_seconds")
    if not isinstance(peak, int | float) or not isinstance(warm_up, int | float):
        return None
    return SessionPrior(
        peak_floor_bytes=peak, warm_up_seconds=warm_up, leaked=bool(event.data.get("leaked"))
    )
