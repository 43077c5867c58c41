"""Settings that must be in order, the milder level before the worse."""

from __future__ import annotations

from collections.abc import Container, Iterator

from trayapp.dataclass import NamedTuple
from trayapp.language.catalogue import _
from trayapp.settings.kinds import RefusedError
from trayapp.settings.records import TARGETS_TABLE, AlertSettings, Settings, fields_of


class _Order(NamedTuple):
    table: str
    keys: tuple[str, str, str]
    falls: bool = False
    """The worse, the smaller."""


_ORDERS = (
    _Order("alerts", ("warning_available", "critical_available", "emergency_available"), True),
    _Order("alerts", ("target_warning", "target_critical", "target_emergency")),
    _Order(
        "growth", ("warning_mb_per_second", "critical_mb_per_second", "emergency_mb_per_second")
    ),
    _Order("heap", ("warning_percent", "critical_percent", "emergency_percent")),
    _Order(
        "heap",
        (
            "fragmentation_warning_percent",
            "fragmentation_critical_percent",
            "fragmentation_emergency_percent",
        ),
    ),
    _Order("leak", ("warning_percent", "critical_percent", "emergency_percent")),
)
_OF_TARGETS = _Order(TARGETS_TABLE, ("warning_size", "critical_size", "emergency_size"))


def order_mistakes(settings: Settings, flawed: Container[str]) -> Iterator[RefusedError]:
    """Yield where a worse level begins before a milder one; what is 0 or not set is none.

    flawed: tables of which not all could be read. Each error has both settings and what fits.
    """
    if "alerts" not in flawed:
        yield from _percent_mistakes(settings.alerts)
    for order in _ORDERS:
        if order.table not in flawed:
            yield from _mistakes(order, getattr(settings, order.table), "")
    for number, target in enumerate(() if TARGETS_TABLE in flawed else settings.targets, 1):
        # Translators: which of several targets in the settings file.
        where = _(" (target {number}, {name})")
        yield from _mistakes(
            _OF_TARGETS, target, where.format(number=number, name=f'"{target.name}"')
        )


def _percent_mistakes(alerts: AlertSettings) -> Iterator[RefusedError]:
    for lower, higher in (
        ("rearm_percent", "warning_percent"),
        ("warning_percent", "critical_percent"),
        ("critical_percent", "emergency_percent"),
    ):
        low, high = getattr(alerts, lower), getattr(alerts, higher)
        if low >= high:
            text = _(
                "{higher} = {high} is not above {lower} = {low}; write rearm_percent"
                " < warning_percent < critical_percent < emergency_percent"
            )
            shown = {"high": f"{high:g}", "low": f"{low:g}"}
            yield RefusedError(text.format(higher=f"alerts.{higher}", lower=lower, **shown))


def _mistakes(order: _Order, record: object, where: str) -> Iterator[RefusedError]:
    fields = fields_of(order.table)
    last: tuple[str, float] | None = None
    for key in order.keys:
        value = getattr(record, fields[key].attribute)
        if not value:
            continue
        if last is not None and (value >= last[1] if order.falls else value <= last[1]):
            text = _("{setting} = {value} is not above {other} = {low}; write a larger one")
            if order.falls:
                text = _("{setting} = {value} is not below {other} = {low}; write a smaller one")
            yield RefusedError(
                text.format(
                    setting=f"{order.table}.{key}{where}",
                    value=fields[key].kind.write(value),
                    other=last[0],
                    low=fields[last[0]].kind.write(last[1]),
                )
            )
        last = key, value
