"""Remote channels from end to end: the applet's outbox, real children, real receivers."""

from __future__ import annotations

import re
import secrets
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from tests.campaigns.receivers import deliver_once
from tests.delivery.telling import (
    HOSTILE,
    MailServer,
    Receiver,
    Webhook,
    black_hole,
    free_port,
    serving,
    transition,
    wait_until,
)
from trayapp.applet.children import memtray_command, package_parent
from trayapp.delivery.answer_limits import ADDRESS_SPACE_BYTES
from trayapp.delivery.child import Child, start_child
from trayapp.delivery.remote_child import find_address
from trayapp.delivery.sinks.remote import Outbox, RemoteChannel
from trayapp.delivery.spool import Spool
from trayapp.domain.records.levels import Level
from trayapp.errors import ChannelError, DeliveryError

SECRET = f"secret{secrets.token_hex(8)}"


class Applet:
    """What the applet does for remote channels; its clock can be put forward."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.settings_file = home / "memtray.toml"
        self.folder = home / "outbox"
        self.ahead_seconds = 0.0
        self.children: list[Child] = []
        self.outbox = self._make()

    def configure(self, *channels: str) -> None:
        """Each is the name of a channel and a line of its settings."""
        blocks = [
            f"[[channels]]\nname = '{name}'\n{line}\n" for name, line in self._split(channels)
        ]
        self.settings_file.write_text("\n".join(blocks))
        self.settings_file.chmod(0o600)
        self.use([name for name, _ in self._split(channels)])

    def use(self, names: Sequence[str]) -> None:
        self.outbox.set_channels([RemoteChannel(name=name) for name in names])

    def restart(self, *names: str) -> None:
        self.outbox.close()
        self.outbox = self._make()
        self.use(names)

    def look_until(self, is_true: Callable[[], object]) -> None:
        def looked() -> object:
            self.outbox.tick()
            return is_true()

        wait_until(looked)

    def waiting(self, name: str) -> int:
        return len(Spool(self.folder).entries(name))

    def _make(self) -> Outbox:
        return Outbox(self.folder, self._start, clock=lambda: time.monotonic() + self.ahead_seconds)

    def _start(self, name: str) -> Child:
        command = [*memtray_command(), "deliver", "--config", str(self.settings_file), "--", name]
        self.children.append(start_child(command, package_parent()))
        return self.children[-1]

    @staticmethod
    def _split(channels: Sequence[str]) -> list[tuple[str, str]]:
        return [(name, line) for name, _, line in (each.partition(": ") for each in channels)]


@pytest.fixture
def applet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Applet]:
    monkeypatch.setenv("MEMTRAY_HOME", str(tmp_path))
    for name in (
        "http_proxy",
        "https_proxy",
        "HTTP_PROXY",
        "HTTPS_PROXY",
        "all_proxy",
        "ALL_PROXY",
    ):
        monkeypatch.delenv(name, raising=False)
    applet = Applet(tmp_path)
    yield applet
    applet.outbox.close()


def command_lines() -> str:
    """Those of all processes, as anybody can read them."""
    lines = []
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            lines.append(file.read_text(errors="replace"))
        except OSError:
            continue
    return "\n".join(lines)


def json_url(port: int) -> str:
    return f"json://me:{SECRET}@127.0.0.1:{port}/hook"


def test_the_story_of_a_leak_arrives_as_mail(
    applet: Applet, caplog: pytest.LogCaptureFixture
) -> None:
    """In order, readable, with nothing of a stranger's acting, and the password nowhere seen."""
    seen: list[str] = []
    with serving(MailServer("me", SECRET)) as server:
        server.while_taking = lambda: seen.append(command_lines())
        applet.configure(
            f"mail: url = 'mailto://me:{SECRET}@127.0.0.1:{server.port}"
            "?from=memtray@example.org&to=you@example.org'"
        )
        title = "<b>web</b> keeps growing"
        for told in (
            transition(title=title, body=HOSTILE),
            transition(title=title, kind="escalated", level=Level.CRITICAL),
            transition(title=title, kind="resolved", level=Level.CRITICAL),
        ):
            applet.outbox.send(told)
            applet.look_until(lambda: not applet.waiting("mail"))
            # Apprise would let the next one wait for seconds in the same child.
            applet.look_until(lambda: applet.children[-1].poll() is not None)
    subjects = [str(mail["Subject"]).replace("\u200b", "") for mail in server.mails]
    assert subjects == [title, title, f"Resolved: {title}"]
    first = server.mails[0]
    assert first["To"] == "you@example.org"
    body = first.get_body()
    assert body is not None
    text = body.get_content()
    assert "\x1b" not in text
    assert "\u202e" not in text
    if body.get_content_type() == "text/html":
        assert "<b>" not in text
    assert re.search(r": warning since \d{4}-\d\d-\d\d ..:..:.. [+-]\d{4}, raised 20", text)
    assert any("deliver" in lines for lines in seen)
    assert not any(SECRET in lines for lines in seen)
    assert SECRET not in caplog.text
    assert applet.outbox.problems == ()


def test_a_webhook_gets_what_there_is_in_order(applet: Applet) -> None:
    with serving(Webhook()) as server:
        applet.configure(f"hook: url = '{json_url(server.port)}'")
        for number in range(3):
            applet.outbox.send(transition(number, level=Level(number + 1)))
        applet.look_until(lambda: len(server.posts) == 3)
    assert [post["title"] for post in server.posts] == [transition(n).title for n in range(3)]
    assert [post["type"] for post in server.posts] == ["warning", "failure", "failure"]
    assert server.posts[0]["message"].startswith("Grew by 80 MiB in 10 min.\n")


def test_a_name_calls_nobody(applet: Applet) -> None:
    """Chats alert a whole room for "@everyone" and "<!channel>"."""
    with serving(Webhook()) as server:
        applet.configure(f"hook: url = '{json_url(server.port)}'")
        applet.outbox.send(transition(title="@everyone <!channel>", body="<@1> @here"))
        applet.look_until(lambda: server.posts)
    told = server.posts[0]["title"] + server.posts[0]["message"]
    assert not any(call in told for call in ("@e", "@h", "<!", "<@"))


def test_a_receiver_that_is_down_gets_it_when_it_comes_up(
    applet: Applet, caplog: pytest.LogCaptureFixture
) -> None:
    port = free_port()
    applet.configure(f"hook: url = '{json_url(port)}'")
    applet.outbox.send(transition(1))
    applet.look_until(lambda: applet.outbox.problems)
    assert applet.outbox.problems == ("Alerts do not reach 'hook': the connection was refused",)
    applet.outbox.send(transition(2))
    with serving(Webhook(port)) as server:
        applet.outbox.tick()
        assert len(applet.children) == 1
        applet.ahead_seconds = 30
        applet.look_until(lambda: len(server.posts) == 2 and not applet.outbox.problems)
    assert [post["title"] for post in server.posts] == [transition(n).title for n in (1, 2)]
    assert SECRET not in caplog.text


def test_a_server_that_refuses_is_named_by_its_answer(
    applet: Applet, caplog: pytest.LogCaptureFixture
) -> None:
    with serving(Webhook()) as server:
        server.status = 503
        applet.configure(f"hook: url = '{json_url(server.port)}'")
        applet.outbox.send(transition(1))
        applet.look_until(lambda: applet.outbox.problems)
    (problem,) = applet.outbox.problems
    assert problem == "Alerts do not reach 'hook': its server answered 503"
    assert applet.waiting("hook") == 1
    assert SECRET not in caplog.text


def test_a_wrong_password_is_said_but_not_shown(
    applet: Applet, caplog: pytest.LogCaptureFixture
) -> None:
    with serving(MailServer("me", "another")) as server:
        applet.configure(
            f"mail: url = 'mailto://me:{SECRET}@127.0.0.1:{server.port}"
            "?from=memtray@example.org&to=you@example.org'"
        )
        applet.outbox.send(transition(1))
        applet.look_until(lambda: applet.outbox.problems)
    (problem,) = applet.outbox.problems
    assert problem.endswith("the user name or password was not accepted")
    assert SECRET not in caplog.text
    assert not server.mails


def test_a_dead_channel_does_not_delay_a_living_one(applet: Applet) -> None:
    with black_hole() as port, serving(Webhook()) as server:
        applet.configure(
            f"dead: url = 'json://127.0.0.1:{port}/?cto=60&rto=60'",
            f"living: url = '{json_url(server.port)}'",
        )
        applet.outbox.send(transition(1))
        applet.look_until(lambda: server.posts and not applet.waiting("living"))
        assert applet.children[0].poll() is None
        assert applet.waiting("dead") == 1
        applet.outbox.close()


def test_a_restart_in_between_loses_nothing(applet: Applet) -> None:
    with serving(Webhook()) as server:
        server.status = 500
        applet.configure(f"hook: url = '{json_url(server.port)}'")
        applet.outbox.send(transition(1))
        applet.outbox.send(transition(2))
        applet.look_until(lambda: applet.outbox.problems)
        server.status = 200
        applet.restart("hook")
        applet.outbox.send(transition(3))
        applet.look_until(lambda: len(server.posts) == 3)
    assert [post["title"] for post in server.posts] == [transition(n).title for n in (1, 2, 3)]


def test_a_child_that_outlives_its_applet_and_a_new_one_do_not_send_twice(applet: Applet) -> None:
    with serving(Webhook()) as server:
        applet.configure(f"hook: url = '{json_url(server.port)}'")
        second: list[str] = []

        def start_another() -> None:
            if not second:
                other = applet._start("hook")
                wait_until(lambda: other.poll() is not None)
                second.append(other.complaint())

        server.while_posting = start_another
        applet.outbox.send(transition(1))
        applet.look_until(lambda: not applet.waiting("hook"))
    assert second == ["another process is already sending to it"]
    assert len(server.posts) == 1


def test_a_child_takes_turns(applet: Applet) -> None:
    """After its time it ends well, with the rest for the next; it never ends within a message."""
    spool = Spool(applet.folder)
    for number in range(3):
        spool.put("hook", transition(number))
    with serving(Webhook()) as server:
        code = (
            "from pathlib import Path; from trayapp.delivery.remote_child import deliver;"
            "from trayapp.delivery.spool import Spool;"
            f"deliver(Spool(Path({str(applet.folder)!r})), 'hook', {json_url(server.port)!r}, 0)"
        )
        subprocess.run([sys.executable, "-c", code], check=True)
    assert len(server.posts) == 1
    assert applet.waiting("hook") == 2


def refusal(applet: Applet, *channels: str) -> str:
    """What is said about a channel that cannot work."""
    applet.configure(*channels)
    applet.outbox.send(transition(1))
    applet.look_until(lambda: applet.outbox.problems)
    (problem,) = applet.outbox.problems
    assert applet.children[-1].poll() == 2
    assert SECRET not in problem
    return problem.removeprefix("Alerts do not reach 'x': ")


@pytest.mark.parametrize(
    "address",
    [f"nothing://{SECRET}", f"mailto://{SECRET}", f"slack://{SECRET}"],
    ids=["nothing", "mailto", "slack"],  # each of several workers has a secret of its own
)
def test_an_address_that_apprise_does_not_know_is_told_without_it(
    applet: Applet, address: str
) -> None:
    assert refusal(applet, f"x: url = '{address}'") == "Apprise does not know this kind of address"


def test_a_variable_that_is_not_set_is_told(applet: Applet) -> None:
    told = refusal(applet, "x: url_env = 'MEMTRAY_NO_SUCH_VARIABLE'")
    assert told == "the environment variable named by url_env is not set in Memtray's environment"


def test_without_apprise_it_says_what_to_install(
    applet: Applet, monkeypatch: pytest.MonkeyPatch
) -> None:
    (applet.home / "modules").mkdir()
    (applet.home / "modules" / "apprise.py").write_text("raise ImportError('none here')")
    monkeypatch.setenv("PYTHONPATH", str(applet.home / "modules"))
    told = refusal(applet, f"x: url = 'json://{SECRET}'")
    assert told.startswith("a remote channel needs the package apprise; install it with: ")


@pytest.mark.skipif(sys.platform == "win32", reason="modes of POSIX")
def test_an_address_that_others_can_read_is_not_used(applet: Applet) -> None:
    applet.configure(f"x: url = 'json://{SECRET}'")
    applet.settings_file.chmod(0o644)
    applet.outbox.send(transition(1))
    applet.look_until(lambda: applet.outbox.problems)
    assert f"chmod 600 {applet.settings_file}" in applet.outbox.problems[0]


def test_an_address_in_the_environment_is_used(
    applet: Applet, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving(Webhook()) as server:
        monkeypatch.setenv("MEMTRAY_HOOK", json_url(server.port))
        applet.configure("x: url_env = 'MEMTRAY_HOOK'")
        applet.outbox.send(transition(1))
        applet.look_until(lambda: server.posts)


KEYRING = """
def get_password(service, user):
    if service == "locked":
        raise RuntimeError("{secret}")
    return {{("memtray/hooks", "me"): "{address}"}}.get((service, user))
"""


@pytest.fixture
def keyring(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """A keyring of the package's interface that holds one address."""

    def hold(address: str) -> None:
        (tmp_path / "modules").mkdir()
        text = KEYRING.format(secret=SECRET, address=address)
        (tmp_path / "modules" / "keyring.py").write_text(text)
        monkeypatch.setenv("PYTHONPATH", str(tmp_path / "modules"))
        monkeypatch.syspath_prepend(str(tmp_path / "modules"))
        monkeypatch.delitem(sys.modules, "keyring", raising=False)

    return hold


def test_an_address_in_the_keyring_is_used(applet: Applet, keyring: Callable[[str], None]) -> None:
    with serving(Webhook()) as server:
        keyring(json_url(server.port))
        applet.configure("x: url_keyring = 'memtray/hooks/me'")
        applet.outbox.send(transition(1))
        applet.look_until(lambda: server.posts)


def test_a_keyring_that_has_nothing_or_does_not_open_is_told(
    keyring: Callable[[str], None],
) -> None:
    keyring("json://x")
    with pytest.raises(ChannelError, match="has no entry for"):
        find_address(None, None, "memtray/you", {})
    with pytest.raises(DeliveryError, match="cannot be opened: RuntimeError") as refused:
        find_address(None, None, "locked/me", {})
    assert SECRET not in str(refused.value)


def test_without_the_keyring_package_it_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "keyring.py").write_text("raise ImportError")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "keyring", raising=False)
    with pytest.raises(ChannelError, match="needs the package keyring"):
        find_address(None, None, "memtray/me", {})


def test_the_verb_is_not_offered_to_people(capsys: pytest.CaptureFixture[str]) -> None:
    from trayapp.cli.main import main

    with pytest.raises(SystemExit):
        main(["--help"])
    assert "deliver" not in capsys.readouterr().out


def test_the_resident_process_does_not_pay_for_remote_channels() -> None:
    code = (
        "import sys, trayapp.delivery.sinks.remote;"
        "import trayapp.delivery.sinks.journal, trayapp.delivery.sinks.json_lines;"
        "print({'apprise', 'requests', 'subprocess', 'asyncio', 'http', 'smtplib'}"
        " & set(sys.modules))"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout == "set()\n"


@pytest.mark.parametrize(
    ("how", "complaint"),
    [
        ("stream", "its server's answer is too long"),
        ("bomb", "its server's answer is too long|the message was not accepted"),
        ("drip", "no answer in time"),
        ("elsewhere", "its server answered 307"),
    ],
)
def test_a_receiver_cannot_fill_or_hold_the_child(tmp_path: Path, how: str, complaint: str) -> None:
    with serving(Receiver(how)) as receiver:
        delivery = deliver_once(f"json://127.0.0.1:{receiver.port}/", tmp_path)
    assert re.fullmatch(f"memtray: (?:{complaint})", delivery.complaint)
    assert delivery.code == 1
    assert delivery.peak_bytes < ADDRESS_SPACE_BYTES
    assert delivery.seconds < 60
    assert len(Spool(tmp_path / "outbox").entries("hook")) == 1


@pytest.mark.parametrize("query", ["", "?redirect=yes"])
def test_a_redirect_to_another_host_is_followed_if_the_address_says_so(
    tmp_path: Path, query: str
) -> None:
    with serving(Webhook()) as other:
        target = f"http://localhost:{other.port}/"
        with serving(Receiver("elsewhere", target)) as receiver:
            delivery = deliver_once(f"json://127.0.0.1:{receiver.port}/{query}", tmp_path)
        assert len(other.posts) == bool(query)
    assert delivery.code == (0 if query else 1)
