"""What a client of the control socket asks for: checked, as it may be anything."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from trayapp.control.protocol import REQUEST_LIMIT_BYTES, decode, encode
from trayapp.errors import ControlError, MemtrayError, UsageError
from trayapp.language.catalogue import _

T = TypeVar("T")


def parse_request(
    line: bytes, handlers: Mapping[str, T], token: str | None
) -> tuple[T, Mapping[str, object]]:
    """Return the handler and arguments of a request. Raises: ControlError, UsageError."""
    if len(line) > REQUEST_LIMIT_BYTES:
        template = _("The request is longer than {size} KiB")
        raise ControlError(template.format(size=REQUEST_LIMIT_BYTES // 1024))
    try:
        request = decode(line)
    except ValueError as error:
        template = _("The request is not a JSON object: {reason}")
        raise ControlError(template.format(reason=error)) from error
    if token is not None and not _is_same(request.get("token"), token):
        raise ControlError(_("The request does not have this Memtray's token"))
    verb, arguments = request.get("verb"), request.get("arguments", {})
    if not isinstance(verb, str):
        raise ControlError(_("The request has no command"))
    handler = handlers.get(verb)
    if handler is None:
        template = _("The running Memtray has no command {verb}")
        raise UsageError(template.format(verb=repr(verb[:50])))
    if not isinstance(arguments, dict):
        raise ControlError(_("The request's arguments are not a JSON object"))
    return handler, arguments


def refusal(error: MemtrayError) -> bytes:
    """Return the answer that says why something was not done."""
    return encode({"error": str(error), "exit_code": error.exit_code})


def _is_same(given: object, token: str) -> bool:
    import hmac  # Costs memory, and is needed on loopback only.

    return isinstance(given, str) and hmac.compare_digest(
        given.encode("utf-8", "replace"), token.encode()
    )
