"""The server does what its description says, and nothing else: schemathesis tries both."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.web.serving import PATIENCE_SECONDS, Served, serving, settled
from tests.windows.past import courses, write_past

EXAMPLES = 10
"""Of each operation and kind. All of one run are derived from the description: no chance in it."""
SETTINGS = """
[[targets]]
name = "full"
match = "full_program_of_the_description"
limit = "20MiB"
"""
FULL = "kept = bytearray(b'x') * (40 * 2**20); input()"
CONFIGURATION = """
suppress-health-check = ["all"]
continue-on-failure = true
request-timeout = 120
warnings = false
[headers]
Authorization = "Bearer {token}"
[generation]
deterministic = true
max-examples = {examples}
# Texts that mean something here are tried, too.
dictionaries.string = {{ dictionary = "programs", probability = 0.3 }}
[dictionaries.programs]
values = [{names}]
[checks.negative_data_rejection]
# What is too long is refused as such, too.
expected-statuses = [
    "400", "401", "403", "404", "405", "406", "409", "413", "414", "415", "422", "428", "429",
    "431", "5xx",
]
[checks.ignored_auth]
# After ten wrong tokens a minute the answer is 429, which this check does not expect.
enabled = false
[[operations]]
include-path-regex = "/api/alerts/.*"
parameters = {{ id = {incident} }}
# A command is run at each that fits: few are enough.
[[operations]]
include-path = ["/api/report", "/api/downloads", "/api/where"]
phases.coverage.generation.mode = "negative"
generation.max-examples = 3
"""


@pytest.fixture(scope="module")
def described(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server with a history, and an open incident."""
    home = tmp_path_factory.mktemp("described") / "home"
    home.mkdir()
    write_past(home / "history.sqlite3", 2, 0.5, end=time.time(), raw_hours=2)
    command = [sys.executable, "-c", FULL, "full_program_of_the_description"]
    with subprocess.Popen(command, stdin=subprocess.PIPE) as full:
        with serving(home, settings=SETTINGS) as found:
            settled(found)
            yield found
        full.kill()


def _open_incident(served: Served) -> str:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not (found := served.ask("/api/status").json["incidents"]):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return str(found[0]["key"])


def test_schemathesis_finds_no_difference(described: Served, tmp_path: Path) -> None:
    """Requests that fit are answered as described; those that do not are refused."""
    quoted = json.dumps
    told = CONFIGURATION.format(
        token=described.token,
        examples=EXAMPLES,
        names=", ".join(map(quoted, courses(2))),
        incident=quoted(_open_incident(described)),
    )
    file = tmp_path / "schemathesis.toml"
    file.write_text(told)
    program = str(Path(sys.executable).with_name("schemathesis"))
    options = ("--config-file", str(file), "--no-color", "run", "--output-sanitize", "false")
    done = subprocess.run(
        [program, *options, f"{described.origin}/api/openapi.json"],
        cwd=tmp_path,
        env={**os.environ, "COLUMNS": "200"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
