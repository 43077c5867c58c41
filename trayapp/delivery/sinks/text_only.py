"""The common part of desktop sinks without D-Bus, which show a title and a text."""

from __future__ import annotations

from trayapp.delivery.banner import Banner, DeliveryResult, plain, presentable
from trayapp.delivery.sinks import DesktopSink
from trayapp.language.catalogue import _

# Windows has room for 64 and 256 UTF-16 units, the terminating zero included, and refuses more.
_TITLE_UNITS = 63
_BODY_UNITS = 255


class TextOnlySink(DesktopSink):
    """A `DesktopSink` without buttons, replacing and withdrawing."""

    def __init__(self, name: str) -> None:
        self._name = name
        self.status = _("notifications through {service}").format(service=name)
        self.is_ready = True

    def send(self, banner: Banner, /) -> DeliveryResult:
        shown = presentable(banner, title_units=_TITLE_UNITS, body_units=_BODY_UNITS)
        try:
            self._show(shown)
        except Exception as error:  # noqa: BLE001 - anything comes out of plyer and of tray icons
            detail = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
            text = _("{service} failed: {reason}").format(service=self._name, reason=detail)
            self.status, self.is_ready = plain(text, 200), False
            return DeliveryResult(False, self.status)
        self.status = _("notifications through {service}").format(service=self._name)
        self.is_ready = True
        return DeliveryResult(True, self._name)

    def _show(self, shown: Banner) -> None:
        raise NotImplementedError
