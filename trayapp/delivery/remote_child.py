"""The delivery child: sends what waits for one channel through Apprise.

Nothing that it prints or raises holds anything of the address, nor any text of Apprise's, which
may repeat it.
"""

from __future__ import annotations

import logging
import re
import socket
import time
import warnings
from collections.abc import Mapping
from typing import Any

from trayapp.delivery.answer_limits import TOO_LONG, limited_answers
from trayapp.delivery.banner import plain
from trayapp.delivery.spool import Spool
from trayapp.domain.judging.transitions import Transition
from trayapp.domain.records.levels import Level
from trayapp.errors import AlreadyRunningError, ChannelError, DeliveryError
from trayapp.language.catalogue import N_, _
from trayapp.language.extras import KEYRING, REMOTE, what_it_needs
from trayapp.platforms import current_platform

TURN_SECONDS = 300.0
"""Apprise waits 5.5 s between two messages to most services; the rest is for the next child."""

# Chats call everybody for "@everyone" and "<!here>": names of processes are not to do that.
_CALLS = re.compile("[@<]")
_ZERO_WIDTH_SPACE = "\u200b"

_CAUSES = (
    (TOO_LONG, N_("its server's answer is too long")),
    ("timed out", N_("no answer in time")),
    ("timeout", N_("no answer in time")),
    ("refused", N_("the connection was refused")),
    ("name or service not known", N_("its host was not found")),
    ("failed to resolve", N_("its host was not found")),
    ("name resolution", N_("its host was not found")),
    ("getaddrinfo", N_("its host was not found")),
    ("unreachable", N_("its network cannot be reached")),
    ("certificate", N_("its certificate is not trusted")),
    ("authentication", N_("the user name or password was not accepted")),
)
_FOOTERS = {
    "raised": N_("{host}: {level} since {since}, raised {time}"),
    "escalated": N_("{host}: {level} since {since}, escalated {time}"),
    "resolved": N_("{host}: {level} since {since}, resolved {time}"),
}
_STATUS = re.compile(r"error=(\d{3})\b")


def find_address(
    url: str | None, url_env: str | None, url_keyring: str | None, env: Mapping[str, str]
) -> str:
    """Return the address from whichever of the three is set.

    Raises: ChannelError if there is none, DeliveryError if the keyring does not open now.
    """
    if url is not None:
        return url
    if url_env is not None:
        if address := env.get(url_env):
            return address
        raise ChannelError(
            _("the environment variable named by url_env is not set in Memtray's environment")
        )
    service, _slash, user = (url_keyring or "").rpartition("/")
    if address := _from_keyring(service, user):
        return address
    raise ChannelError(_("the keyring has no entry for url_keyring"))


def check_address(address: str) -> None:
    """Check that Apprise knows such addresses; nothing is sent.

    Raises: ChannelError if it does not.
    """
    _listen()
    _open_service(address)


def deliver(spool: Spool, channel: str, address: str, turn_seconds: float = TURN_SECONDS) -> None:
    """Send what waits for the channel, in order, for so long; what was taken is removed at once.

    An alert is sent again if this process ends between the two.
    Raises: ChannelError if that cannot work as it is, DeliveryError if not now.
    """
    if not spool.entries(channel):
        return
    heard = _listen()
    started_seconds = time.monotonic()
    try:
        with current_platform().single_instance_lock(spool.lock_file(channel)):
            service = _open_service(address)
            for entry in spool.entries(channel):
                transition = spool.read(channel, entry)
                if transition is not None:
                    with limited_answers(address):
                        is_sent = _send(service, transition)
                    if not is_sent:
                        raise DeliveryError(heard.cause())
                spool.remove(channel, [entry])
                if time.monotonic() - started_seconds >= turn_seconds:
                    return
    except AlreadyRunningError as error:
        raise DeliveryError(_("another process is already sending to it")) from error


def _from_keyring(service: str, user: str) -> str | None:
    try:
        import keyring
    except ImportError as error:
        raise ChannelError(what_it_needs("url_keyring", KEYRING)) from error
    try:
        address = keyring.get_password(service, user)
    except Exception as error:  # noqa: BLE001 - every keyring brings its own
        reason = type(error).__name__
        raise DeliveryError(
            _("the keyring cannot be opened: {reason}").format(reason=reason)
        ) from None
    return address if isinstance(address, str) else None


def _open_service(address: str) -> Any:
    try:
        import apprise
    except ImportError as error:
        raise ChannelError(what_it_needs(_("a remote channel"), REMOTE)) from error
    # Not `add(address)`: it takes several at once, and one that fails would have all repeat.
    service = apprise.Apprise.instantiate(address)
    if service is None:
        raise ChannelError(_("Apprise does not know this kind of address"))
    services = apprise.Apprise()
    services.add(service)
    return services


def _listen() -> _Listener:
    """Send all that libraries log to a listener and nowhere else, from now on."""
    warnings.simplefilter("ignore")
    heard = _Listener()
    logging.getLogger().handlers = [heard]
    # Apprise logs the cause of a failure at this level only.
    logging.getLogger("apprise").setLevel(logging.DEBUG)
    return heard


def _send(service: Any, transition: Transition) -> bool:
    over = transition.kind == "resolved"
    title = _("Resolved: {title}").format(title=transition.title) if over else transition.title
    try:
        sent = service.notify(
            title=_shown(plain(title, 200)) or "Memtray",
            body=_shown(plain(transition.body, 4000, keep_lines=True) + f"\n{_footer(transition)}"),
            notify_type=_notify_type(transition),
            body_format="text",
        )
    except MemoryError:
        raise DeliveryError(_("its server's answer is too long")) from None
    except Exception as error:  # noqa: BLE001 - a hundred services, each with its own errors
        reason = type(error).__name__
        raise DeliveryError(_("Apprise failed with {reason}").format(reason=reason)) from None
    return bool(sent)


def _notify_type(transition: Transition) -> str:
    if transition.kind == "resolved":
        return "success"
    return "warning" if transition.level <= Level.WARNING else "failure"


def _footer(transition: Transition) -> str:
    """Return which machine it is about and when, as a person far away cannot see that."""
    moments = [transition.since_wall_seconds, transition.wall_seconds]
    since, at = (time.strftime("%Y-%m-%d %H:%M:%S %z", time.localtime(wall)) for wall in moments)
    host = plain(socket.gethostname(), 100)
    return _(_FOOTERS[transition.kind]).format(
        host=host, level=transition.level.said, since=since, time=at
    )


def _shown(text: str) -> str:
    return _CALLS.sub(lambda match: match[0] + _ZERO_WIDTH_SPACE, text)


class _Listener(logging.Handler):
    """Receives what Apprise logs and keeps only the cause, in words of our own."""

    def __init__(self) -> None:
        super().__init__()
        self._causes: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        text = record.getMessage().lower()
        # Below a warning only exceptions: the rest is what is sent, with anybody's words.
        if record.levelno < logging.WARNING and not text.startswith("socket exception"):
            return
        if status := _STATUS.search(text):
            self._causes.append(_("its server answered {status}").format(status=status[1]))
        self._causes += [_(words) for sign, words in _CAUSES if sign in text]

    def cause(self) -> str:
        """Return the last cause that was recognised, as a sentence."""
        return self._causes[-1] if self._causes else _("the message was not accepted")
