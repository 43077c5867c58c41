"""How a program reacts to memory pressure and alerts, as it calls that; the rest is loaded then."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress


def on_pressure(level: str, function: Callable[[str], object]) -> bool:
    """Have `function` called with the level whenever memory pressure reaches this one.

        trayapp.probe.on_pressure("high", lambda level: pool.shrink())

    The levels are "low", "medium", "high" and "critical": 50, 200, 500 and 1,000 MB of the program,
    or 10, 5 and 2% of the machine's memory available for the last three. It is called in a thread
    of the probe's, again only after the pressure was below the level; what it raises is ignored.
    From the first call on, garbage is collected while the pressure is at least medium, every 5 s
    at most. Works whether or not `start` was called. Linux. Any thread.

    Returns: whether there is such a level; never raises.
    """
    with suppress(Exception):
        from trayapp.probe.pressure import add_wish

        return add_wish(level, function)
    return False


def pressure_levels(
    *,
    low_bytes: int | None = None,
    medium_bytes: int | None = None,
    high_bytes: int | None = None,
    critical_bytes: int | None = None,
) -> bool:
    """Set at which sizes of the program the levels begin; None leaves one as it is. Any thread.

    Returns: whether they are in order, or else nothing was set; never raises.
    """
    with suppress(Exception):
        from trayapp.probe.pressure import set_level_bytes

        given = (low_bytes, medium_bytes, high_bytes, critical_bytes)
        return set_level_bytes(dict(zip(("low", "medium", "high", "critical"), given, strict=True)))
    return False


def on_alert(level: str, function: Callable[[Mapping[str, object]], object]) -> bool:
    """Have `function` called when Memtray has an alert of at least this level about this program.

        trayapp.probe.on_alert("critical", lambda alert: stop_taking_orders())

    The levels are "warning", "critical" and "emergency". The alert is a dict: "level", "phase"
    ("active", or "resolved" when it is over), "kind", "title" and "body". The program has to be
    tracked, and `start` called. It is called in a thread of the probe's; what it raises is ignored.
    Any thread.

    Returns: whether there is such a level; never raises.
    """
    with suppress(Exception):
        from trayapp.probe.alerts import add_listener

        return add_listener(level, function)
    return False
