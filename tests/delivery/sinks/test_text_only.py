"""Banners without D-Bus, through foreign code that may raise anything."""

from __future__ import annotations

import warnings

import pytest

from trayapp.delivery.banner import Banner
from trayapp.delivery.sinks import Surroundings, open_sinks
from trayapp.delivery.sinks.plyer import PlyerNotifications
from trayapp.delivery.sinks.tray_icon import IconNotifications
from trayapp.domain.records.levels import Level

BANNER = Banner("k", "worker grows", "512 MiB, +200 KiB/s", Level.WARNING, (("trends", "Trends"),))


class FakePlyer:
    """Does what plyer's `notification` does: the same arguments, limits, warnings and errors."""

    def __init__(self, failure: BaseException | None = None) -> None:
        self.failure = failure
        self.shown: list[tuple[str, str, str]] = []

    def notify(
        self,
        title: str = "",
        message: str = "",
        app_name: str = "",
        app_icon: str = "",
        timeout: int = 10,
        ticker: str = "",
        toast: bool = False,
        hints: dict[str, object] | None = None,
    ) -> None:
        del app_icon, ticker, toast, hints
        warnings.warn("The Python dbus package is not installed.\nTry …", stacklevel=2)
        if self.failure:
            raise self.failure
        if not isinstance(timeout, int):
            raise TypeError("timeout: whole seconds")
        for text, room in ((title, 64), (message, 256)):
            if len(text.encode("utf-16-le")) // 2 >= room:
                raise ValueError("string too long")
        self.shown.append((app_name, title, message))


def test_plyer_shows_the_text_and_its_warning_is_not_heard() -> None:
    plyer = FakePlyer()
    channel = PlyerNotifications(plyer)
    assert channel.send(BANNER).delivered
    assert plyer.shown == [("Memtray", "worker grows", "512 MiB, +200 KiB/s")]
    assert channel.status == "notifications through plyer"


@pytest.mark.parametrize("name", ["x" * 65536, "😀" * 500, "", "-rm", "a\0b\n\ud800"])
def test_plyer_gets_only_what_windows_takes(name: str) -> None:
    """Too long a text would be lost in a thread of plyer's, where nobody sees the error."""
    plyer = FakePlyer()
    result = PlyerNotifications(plyer).send(Banner("k", name, name, Level.EMERGENCY))
    assert result.delivered
    ((_, title, _),) = plyer.shown
    assert title
    assert not title.startswith("-")


@pytest.mark.parametrize(
    "failure",
    [
        NotImplementedError("No usable implementation found!"),
        AttributeError("'NoneType' object has no attribute 'scheduleNotification_'"),
        ModuleNotFoundError("No module named 'pyobjus'"),
        Exception("org.freedesktop.DBus.Error\nline 2"),
    ],
)
def test_whatever_plyer_raises_is_a_reason(failure: Exception) -> None:
    """The person reads it in one line; the notifier goes on."""
    channel = PlyerNotifications(FakePlyer(failure))
    result = channel.send(BANNER)
    assert not result.delivered
    assert result.reason.startswith(f"plyer failed: {type(failure).__name__}: ")
    assert "\n" not in result.reason
    assert channel.status == result.reason


def test_the_tray_icon_shows_title_and_text() -> None:
    shown: list[tuple[str, str]] = []
    channel = IconNotifications(lambda title, text: shown.append((title, text)))
    assert channel.send(BANNER).delivered
    assert channel.send(Banner("k", "only a title", "", Level.NORMAL)).delivered
    assert shown == [
        ("worker grows", "512 MiB, +200 KiB/s"),
        ("only a title", "only a title"),
    ]


def test_a_tray_icon_that_cannot_is_a_reason() -> None:
    def notify(title: str, text: str) -> None:
        raise NotImplementedError

    result = IconNotifications(notify).send(BANNER)
    assert not result.delivered
    assert result.reason == "the tray icon failed: NotImplementedError"


@pytest.mark.parametrize(
    ("platform", "names"),
    [
        ("linux", ["AwaitedBus", "IconNotifications"]),
        ("darwin", ["PlyerNotifications", "IconNotifications"]),
        ("win32", ["PlyerNotifications", "IconNotifications"]),
    ],
)
def test_the_best_way_comes_first(platform: str, names: list[str]) -> None:
    here = Surroundings(icon_notify=lambda _title, _text: None, platform=platform)
    channels = open_sinks("desktop", here)
    assert [type(channel).__name__ for channel in channels] == names
    assert len(open_sinks("desktop", Surroundings(platform=platform))) == 1
