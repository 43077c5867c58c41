"""One server for all tests that leave it as it was, and a browser for each file of tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.web.chromium import Chromium, chromium
from tests.web.serving import Served, serving, settled


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving(tmp_path_factory.mktemp("served") / "home") as found:
        settled(found)
        yield found


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chromium]:
    with chromium(tmp_path_factory.mktemp("browser")) as found:
        yield found
