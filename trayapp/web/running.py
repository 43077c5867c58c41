"""The server that runs already: noted in the runtime folder, and asked before it is trusted.

Another program may have its port by now: a browser sent there would hand over the token.
"""

from __future__ import annotations

import contextlib
import hmac
import json
import os
import secrets
import ssl
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from trayapp.web.tokens import Tokens

PROOF_PATH = "/api/proof"
_NOTE = "web.json"
_TIMEOUT_SECONDS = 3.0
_LONGEST_BYTES = 4096


@contextlib.contextmanager
def noted(runtime: Path, page: str) -> Iterator[None]:
    """Let others find the server under this address as long as the block lasts."""
    note = runtime / _NOTE
    text = json.dumps({"pid": os.getpid(), "page": page})
    with contextlib.suppress(OSError):
        new = note.with_name(f"{_NOTE}.{os.getpid()}")
        new.write_text(text, encoding="utf-8")
        new.replace(note)
    try:
        yield
    finally:
        # Another server may have been started since.
        with contextlib.suppress(OSError):
            if note.read_text(encoding="utf-8") == text:
                note.unlink()


def find_running(runtime: Path, tokens: Tokens) -> str | None:
    """Return the address of the server that runs and has these tokens; None: there is none."""
    try:
        page = json.loads((runtime / _NOTE).read_bytes()[:_LONGEST_BYTES])["page"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    if not isinstance(page, str) or not page.startswith(("http://", "https://")):
        return None
    challenge = secrets.token_hex(16)
    try:
        answer = _fetch(f"{page.rstrip('/')}{PROOF_PATH}?challenge={challenge}")
        proof = json.loads(answer)["proof"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    is_ours = isinstance(proof, str) and hmac.compare_digest(
        proof.encode("utf-8", "replace"), tokens.proof(challenge).encode()
    )
    return page if is_ours else None


def _fetch(address: str) -> bytes:
    """Raises: OSError."""
    # Its proof says who it is, not its certificate, which may be signed by nobody.
    context = ssl._create_unverified_context() if address.startswith("https") else None  # noqa: S323
    opener = urllib.request.build_opener(
        urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context)
    )
    with opener.open(address, timeout=_TIMEOUT_SECONDS) as answer:
        found: bytes = answer.read(_LONGEST_BYTES)
        return found
