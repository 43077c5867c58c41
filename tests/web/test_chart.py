"""The dashboard's charts, drawn by a real Chromium from data that is hard to draw."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.web.chromium import Chromium, Page
from tests.web.serving import Served

pytestmark = pytest.mark.desktop

MIB = 2**20


@pytest.fixture(scope="module")
def page(browser: Chromium, served: Served) -> Page:
    """A page with the styles of trends."""
    found = browser.page()
    found.resize(1000, 700)
    found.open(served.address)
    found.wait("document.querySelector('.state.live')")
    found.run("location.hash = '#/trends'")
    found.wait("document.querySelector('#views [aria-current][data-view=trends]')")
    for module in ("chart", "marks"):
        found.run(f"import('/page/{module}.js').then((one) => {{ window.{module} = one; }})")
    return found


def draw(page: Page, **data: Any) -> None:
    """Draw one chart of an hour, alone in the view."""
    page.run(
        f"""(() => {{
            const drawn = new chart.Chart('Chart', {{ ...marks, onWindow() {{}}, onReset() {{}} }});
            document.querySelector('#view').replaceChildren(drawn.element);
            drawn.show({json.dumps({"since": 0, "until": 3600, **data})});
        }})()"""
    )
    page.wait("document.querySelector('#view .plot path.line')")

    page.wait("document.querySelectorAll('#view .plot').length === 1")


def task(at: float) -> dict[str, object]:
    return {"t": at, "kind": "task", "text": f"task {at}"}


CLIMB = {
    "key": "one",
    "name": "one",
    "slot": 0,
    "points": [[at, *[at / 36 * MIB] * 3] for at in range(0, 3601, 60)],
}


def test_two_tasks_a_second_leave_the_curve_in_sight(page: Page) -> None:
    """One mark for all of them, one for the one that stands alone, and the curve above both."""
    marks = [task(at / 2) for at in range(2000, 4000)] + [task(3000.5)]
    draw(page, curves=[CLIMB], marks=marks)
    assert page.run("document.querySelectorAll('#view .mark').length") == 2
    assert page.run("document.querySelectorAll('#view .mark line').length") == 1
    assert page.run("document.querySelector('#view .mark rect').getBBox().height") < 10
    assert "2,000 × Task" in page.run("document.querySelector('#view .mark title').textContent")
    above = "document.querySelector('#view .marks').compareDocumentPosition(line)"
    line = "const line = document.querySelector('#view .lines');"
    assert page.run(f"(() => {{ {line} return {above}; }})()") == 4


@pytest.mark.parametrize("slope", [MIB, -MIB, 0])
def test_the_line_of_growth_stays_inside(page: Page, slope: float) -> None:
    growth = {"key": "one", "since": 0, "bytes_per_second": slope}
    draw(page, curves=[CLIMB], growths=[growth])
    inside: bool = page.run(
        """(() => {
            const box = document.querySelector('#view .growth').getBBox();
            const all = document.querySelector('#view .plot').viewBox.baseVal;
            return box.y > 20 && box.y + box.height < all.height - 20 && box.width > 0;
        })()"""
    )
    assert inside
