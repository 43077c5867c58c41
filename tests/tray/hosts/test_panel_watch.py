"""Light or dark panel: what each desktop says of it, also when that changes."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from jeepney import (
    DBusAddress,
    HeaderFields,
    Message,
    MessageType,
    new_error,
    new_method_call,
    new_method_return,
    new_signal,
)
from jeepney.io.blocking import DBusConnection, open_dbus_connection

from tests.desktop.desktop import wait_until
from tests.tray.systems import FakeRegistry, FakeStatusButton
from trayapp.platforms.panel_background import macos_menu_bar, theme_in_files, windows_taskbar
from trayapp.platforms.session_bus import BUS, BUS_NAME, SessionBus
from trayapp.tray.hosts.panel_watch import (
    APPEARANCE,
    PORTAL,
    PORTAL_PATH,
    PORTAL_SETTINGS,
    XFCE_PANEL,
    XFCONF,
    PanelWatch,
)

pytestmark = pytest.mark.usefixtures("bus_address")


class Services:
    """Portal, xfconf and XFCE's panel, as far as they are asked for here, on a real bus."""

    def __init__(self) -> None:
        self.connection: DBusConnection = open_dbus_connection()
        self.answers: dict[tuple[str, str], tuple[str, Any]] = {}

    def own(self, name: str) -> None:
        """Appear on the bus under this name."""
        self.connection.send_and_get_reply(new_method_call(BUS, "RequestName", "su", (name, 0)))

    def give_up(self, name: str) -> None:
        self.connection.send_and_get_reply(new_method_call(BUS, "ReleaseName", "s", (name,)))

    def serve(self) -> None:
        """Answer what has been asked."""
        with contextlib.suppress(TimeoutError):
            while True:
                message = self.connection.receive(timeout=0.01)
                if message.header.message_type is MessageType.method_call:
                    self.connection.send(self._answer(message))

    def _answer(self, call: Message) -> Message:
        answer = self.answers.get(call.body)
        if answer is None:
            return new_error(call, "org.example.NotFound", "s", ("not there",))
        if call.header.fields[HeaderFields.member] == "Read":
            return new_method_return(call, "v", (("v", answer),))
        return new_method_return(call, "v", (answer,))

    def set_scheme(self, value: int) -> None:
        self.answers[APPEARANCE, "color-scheme"] = ("u", value)
        self._signal(
            PORTAL_PATH, PORTAL_SETTINGS, "SettingChanged", APPEARANCE, "color-scheme", ("u", value)
        )

    def set_xfconf(self, channel: str, key: str, value: tuple[str, Any]) -> None:
        self.answers[channel, key] = value
        self._signal("/org/xfce/Xfconf", XFCONF, "PropertyChanged", channel, key, value)

    def _signal(self, path: str, interface: str, member: str, *body: Any) -> None:
        at = DBusAddress(path, interface=interface)
        self.connection.send(new_signal(at, member, "ssv", body))


class Watching:
    """A watch whose loop the test turns."""

    def __init__(self, services: Services, bus: SessionBus, env: dict[str, str]) -> None:
        self._services, self._bus = services, bus
        self._waiting: dict[int, Callable[[Message], None]] = {}
        self.watch = PanelWatch(env, self._ask)
        self.watch.start()

    def expect(self, panel: str) -> None:
        def is_so() -> bool:
            self._services.serve()
            for message in self._bus.receive():
                self._take(message)
            return self.watch.panel == panel and not self._waiting

        wait_until(is_so, what=panel)

    def _ask(self, call: Message, reply: Callable[[Message], None]) -> None:
        self._waiting[self._bus.send(call)] = reply

    def _take(self, message: Message) -> None:
        if message.header.message_type is MessageType.signal:
            self.watch.on_signal(message)
        else:
            serial = message.header.fields[HeaderFields.reply_serial]
            self._waiting.pop(serial)(message)


@pytest.fixture
def services() -> Iterator[Services]:
    made = Services()
    with contextlib.closing(made.connection):
        yield made


@pytest.fixture
def watch(services: Services, tmp_path: Path) -> Iterator[Callable[..., Watching]]:
    with contextlib.ExitStack() as stack:

        def start(**env: str) -> Watching:
            bus = stack.enter_context(contextlib.closing(SessionBus()))
            return Watching(services, bus, {"XDG_CONFIG_HOME": str(tmp_path)} | env)

        yield start


def test_where_nothing_is_known_it_stays_unknown_and_nothing_is_started(
    watch: Callable[..., Watching], services: Services
) -> None:
    watch().expect("auto")
    reply = services.connection.send_and_get_reply(new_method_call(BUS, "ListNames"))
    assert [name for name in reply.body[0] if not name.startswith(":")] == [BUS_NAME]


def test_the_portals_colour_scheme_is_followed(
    watch: Callable[..., Watching], services: Services
) -> None:
    services.own(PORTAL)
    services.set_scheme(1)
    watching = watch(XDG_CURRENT_DESKTOP="X-Cinnamon")
    watching.expect("dark")
    services.set_scheme(2)
    watching.expect("light")
    services.set_scheme(0)
    watching.expect("auto")


def test_a_portal_that_starts_later_is_asked_then(
    watch: Callable[..., Watching], services: Services
) -> None:
    watching = watch()
    watching.expect("auto")
    services.answers[APPEARANCE, "color-scheme"] = ("u", 1)
    services.own(PORTAL)
    watching.expect("dark")


def test_xfces_panel_is_dark_by_its_own_switch_or_by_the_theme(
    watch: Callable[..., Watching], services: Services
) -> None:
    services.own(XFCONF)
    services.own(XFCE_PANEL)
    services.own(PORTAL)
    services.set_scheme(1)
    services.set_xfconf("xsettings", "/Net/ThemeName", ("s", "Greybird"))
    watching = watch(XDG_CURRENT_DESKTOP="XFCE")
    watching.expect("light")
    services.set_xfconf("xfce4-panel", "/panels/dark-mode", ("b", True))
    watching.expect("dark")
    services.set_xfconf("xfce4-panel", "/panels/dark-mode", ("b", False))
    watching.expect("light")
    services.set_xfconf("xsettings", "/Net/ThemeName", ("s", "Greybird-dark"))
    watching.expect("dark")


def test_settings_of_xfce_do_not_count_under_another_panel(
    watch: Callable[..., Watching], services: Services
) -> None:
    services.own(XFCONF)
    services.own(XFCE_PANEL)
    services.set_xfconf("xfce4-panel", "/panels/dark-mode", ("b", True))
    watching = watch()
    watching.expect("dark")
    services.give_up(XFCE_PANEL)
    watching.expect("auto")


@pytest.mark.parametrize(
    ("desktop", "panel"),
    [("GNOME", "dark"), ("ubuntu:GNOME", "dark"), ("GNOME-Classic:GNOME", "light")],
)
def test_gnomes_bar_is_dark_in_a_light_scheme(
    watch: Callable[..., Watching], services: Services, desktop: str, panel: str
) -> None:
    services.own(PORTAL)
    services.set_scheme(2)
    watch(XDG_CURRENT_DESKTOP=desktop).expect(panel)


@pytest.mark.parametrize(
    ("desktop", "file", "text", "panel"),
    [
        ("KDE", "plasmarc", "[PlasmaToolTips]\nname=x\n\n[Theme]\nname=breeze-dark\n", "dark"),
        ("KDE", "plasmarc", "[Theme]\nname=default\n", "light"),
        ("LXQt", "lxqt/lxqt.conf", "[General]\ntheme=dark\n", "dark"),
        ("LXQt", "lxqt/lxqt.conf", "[General]\ntheme=ambiance\n", "light"),
        ("LXQt", "lxqt/none.conf", "", "light"),
    ],
)
def test_a_panel_with_a_theme_of_its_own_may_be_dark_in_a_light_scheme(
    watch: Callable[..., Watching],
    services: Services,
    tmp_path: Path,
    desktop: str,
    file: str,
    text: str,
    panel: str,
) -> None:
    (tmp_path / file).parent.mkdir(exist_ok=True)
    (tmp_path / file).write_text(text)
    services.own(PORTAL)
    services.set_scheme(2)
    watch(XDG_CURRENT_DESKTOP=desktop).expect(panel)


@pytest.mark.parametrize(
    ("theme", "background", "panel"),
    [
        ("", "42,46,50", "dark"),
        ("default", "239,240,241", "light"),
        ("breeze-light", "42,46,50", "light"),
        ("default", "42,46", "auto"),
        ("default", "", "auto"),
    ],
)
def test_plasmas_default_theme_has_the_colours_of_programs(
    tmp_path: Path, theme: str, background: str, panel: str
) -> None:
    """No portal need run for it."""
    (tmp_path / "plasmarc").write_text(f"[Theme]\nname={theme}\n")
    colors = (
        f"[Colors:View]\nBackgroundNormal=1,1,1\n\n[Colors:Window]\nBackgroundNormal={background}"
    )
    (tmp_path / "kdeglobals").write_text(colors)
    env = {"XDG_CONFIG_HOME": str(tmp_path), "XDG_CURRENT_DESKTOP": "KDE"}
    assert theme_in_files(env) == panel
    assert theme_in_files(env | {"XDG_CURRENT_DESKTOP": "LXQt"}) == "auto"


def test_nonsense_from_a_service_is_nothing_known(
    watch: Callable[..., Watching], services: Services
) -> None:
    services.own(PORTAL)
    services.answers[APPEARANCE, "color-scheme"] = ("s", "dark")
    watching = watch()
    watching.expect("auto")
    services.set_scheme(99)
    watching.expect("auto")


@pytest.mark.parametrize(
    ("settings", "env", "panel"),
    [
        ("", {}, "auto"),
        ("[Settings]\ngtk-theme-name = Arc-Dark\n", {}, "dark"),
        ("[Settings]\ngtk-theme-name=Arc\n", {}, "light"),
        ("[Other]\ngtk-theme-name=Arc\n", {}, "auto"),
        ("[Settings]\ngtk-theme-name=Arc\n", {"GTK_THEME": "Adwaita:dark"}, "dark"),
        (
            "[Settings]\ngtk-theme-name=Arc\ngtk-application-prefer-dark-theme=true\n",
            {},
            "dark",
        ),
        ("\0\xff[[[", {}, "auto"),
    ],
)
def test_gtks_theme_is_read_where_no_service_tells(
    tmp_path: Path, settings: str, env: dict[str, str], panel: str
) -> None:
    file = tmp_path / "gtk-3.0" / "settings.ini"
    file.parent.mkdir()
    file.write_text(settings, "latin-1")
    assert theme_in_files({"XDG_CONFIG_HOME": str(tmp_path)} | env) == panel


@pytest.mark.parametrize(
    ("values", "panel"),
    [
        ({}, "auto"),
        ({"AppsUseLightTheme": 1}, "auto"),
        ({"AppsUseLightTheme": 1, "SystemUsesLightTheme": 0}, "dark"),
        ({"AppsUseLightTheme": 0, "SystemUsesLightTheme": 1}, "light"),
    ],
)
def test_windows_taskbar_has_a_value_of_its_own(values: dict[str, int], panel: str) -> None:
    assert windows_taskbar(FakeRegistry(values)) == panel


@pytest.mark.parametrize(
    ("appearance", "panel"),
    [
        ("NSAppearanceNameAqua", "light"),
        ("NSAppearanceNameVibrantDark", "dark"),
        ("NSAppearanceNameDarkAqua", "dark"),
        ("NSAppearanceNameOfTheFuture", "auto"),
    ],
)
def test_macos_menu_bar_is_asked_at_the_button(appearance: str, panel: str) -> None:
    button = FakeStatusButton()
    button.appearance = appearance
    assert macos_menu_bar(button) == panel
