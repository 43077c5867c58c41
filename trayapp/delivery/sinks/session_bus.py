"""Desktop notifications over the session bus, loaded once there is a bus to ask.

Many machines that run the applet without a tray have none; what speaks D-Bus takes 0.6 MiB.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from trayapp.delivery.banner import Banner, DeliveryResult, plain
from trayapp.delivery.sinks import Available, ButtonPressed, DesktopSink, Surroundings
from trayapp.language.catalogue import _
from trayapp.platforms.bus_places import addresses


def open_sink(surroundings: Surroundings) -> AwaitedBus:
    return AwaitedBus(icon_file=surroundings.icon_file)


class AwaitedBus(DesktopSink):
    """Looks for a session bus, and is `FreedesktopNotifications` from when there is one."""

    def __init__(
        self, *, icon_file: Path | None = None, env: Mapping[str, str] = os.environ
    ) -> None:
        """`icon_file` is shown in the banners; `env` may have the address of the session bus."""
        self._icon_file = icon_file
        self._env = env
        self._found: DesktopSink | None = None
        self._status = _("notifications not started yet")

    # mypy: attributes there, which may be properties here
    @property
    def status(self) -> str:  # type: ignore[override]
        return self._found.status if self._found else self._status

    @property
    def is_ready(self) -> bool:  # type: ignore[override]
        return self._found is not None and self._found.is_ready

    def prepare(self) -> None:
        if sink := self._sink():
            sink.prepare()

    def send(self, banner: Banner, /) -> DeliveryResult:
        sink = self._sink()
        return sink.send(banner) if sink else DeliveryResult(False, self._status)

    def withdraw(self, key: str) -> None:
        if self._found:
            self._found.withdraw(key)

    def finish(self, banner: Banner) -> None:
        if self._found:
            self._found.finish(banner)

    def fileno(self) -> int | None:
        return self._found.fileno() if self._found else None

    def take_events(self) -> list[ButtonPressed | Available]:
        return self._found.take_events() if self._found else []

    def close(self) -> None:
        if self._found:
            self._found.close()
        self._status = _("notifications stopped")

    def _sink(self) -> DesktopSink | None:
        if self._found is None and next(addresses(self._env), None) is not None:
            from trayapp.delivery.sinks.freedesktop import FreedesktopNotifications

            self._found = FreedesktopNotifications(icon_file=self._icon_file, env=self._env)
        if self._found is None:
            why = _("no D-Bus session bus (DBUS_SESSION_BUS_ADDRESS is not set)")
            self._status = plain(_reason(why), 200)
        return self._found


def _reason(why: str) -> str:
    return _("no notifications: {reason}").format(reason=why)
