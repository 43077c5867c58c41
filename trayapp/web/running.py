"""The server that runs already: noted in the runtime folder, and asked before it is trusted.

Another program may have its port by now: a browser sent there would hand over the token.
"""

from __future__ import annotations

import contextlib
import hmac
import json
import os
import secrets
from collections.abc import Iterator
from pathlib import Path

from trayapp.web.tokens import Tokens

PROOF_PATH = "/api/proof"
_NOTE, _MOST_NOTES = "web-", 20
_TIMEOUT_SECONDS = 3.0
_LONGEST_BYTES = 4096


@contextlib.contextmanager
def noted(runtime: Path, page: str) -> Iterator[None]:
    """Let others find the server under this address as long as the block lasts."""
    note = runtime / f"{_NOTE}{os.getpid()}.json"
    with contextlib.suppress(OSError):
        note.write_text(json.dumps({"page": page}), encoding="utf-8")
    try:
        yield
    finally:
        note.unlink(missing_ok=True)


def find_running(runtime: Path, tokens: Tokens) -> str | None:
    """Return the address of a server that runs and has these tokens; None: there is none.

    Notes of servers that were killed are removed.
    """
    for note in sorted(runtime.glob(f"{_NOTE}*.json"))[:_MOST_NOTES]:
        page = _page_in(note)
        if page is not None and _is_ours(page, tokens):
            return page
        with contextlib.suppress(OSError):
            note.unlink()
    return None


def _page_in(note: Path) -> str | None:
    try:
        page = json.loads(note.read_bytes()[:_LONGEST_BYTES])["page"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    is_address = isinstance(page, str) and page.startswith(("http://", "https://"))
    return page if is_address else None


def _is_ours(page: str, tokens: Tokens) -> bool:
    """Return whether who listens there proves that it has the token."""
    challenge = secrets.token_hex(16)
    try:
        answer = _fetch(f"{page.rstrip('/')}{PROOF_PATH}?challenge={challenge}")
        proof = json.loads(answer)["proof"]
    except (OSError, ValueError, KeyError, TypeError):
        return False
    return isinstance(proof, str) and hmac.compare_digest(
        proof.encode("utf-8", "replace"), tokens.proof(challenge).encode()
    )


def _fetch(address: str) -> bytes:
    """Raises: OSError."""
    import ssl
    import urllib.request

    # Its proof says who it is, not its certificate, which may be signed by nobody.
    context = ssl._create_unverified_context() if address.startswith("https") else None  # noqa: S323
    opener = urllib.request.build_opener(
        urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context)
    )
    with opener.open(address, timeout=_TIMEOUT_SECONDS) as answer:
        found: bytes = answer.read(_LONGEST_BYTES)
        return found
