"""What advice is worth: `python -m tests.benchmarks.advice cost|savings|judge`.

`savings`: real programs are cleaned up and restarted; what came back ten minutes later, as a share
of what the evidence offered. Those of one seed give the ranges, those of another are held against
them. `judge`: programs whose cause is known, and what is advised. `cost`: a look at 50 targets.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator, Sequence
from statistics import median

from tests.benchmarks.advice_programs import Program, folder, many, settle
from tests.domain.judging.advice.building import CALM, case, inside, target
from trayapp.domain.judging.advice.asking import Asker
from trayapp.domain.judging.advice.book import AdviceBook
from trayapp.domain.judging.advice.deeds import Deed, Look
from trayapp.domain.judging.advice.records import Act, Advice
from trayapp.domain.judging.advice.savings import saving_of
from trayapp.domain.judging.advice.watches import told_of
from trayapp.domain.records.sizes import Size
from trayapp.language.units import MIB, format_size

LOOK_SECONDS = 60.0
GROW_SECONDS = 60.0


def offered(program: Program) -> int:
    """Return what the evidence offers: by its probe, or by how much it has grown."""
    answer = program.ask("report") if program.offered_kind != "restart" else None
    kind = program.facts["kind"]
    if kind == "pinned":
        answer = program.ask("report")
        return told_of([answer]).pinned_bytes or 0 if answer else 0
    if answer is not None:
        return told_of([answer]).retained_bytes or 0
    gathered: int = program.facts["mib"] * MIB
    return program.rss_bytes() - program.ready_bytes + gathered


def followed(program: Program) -> tuple[Advice, Deed]:
    """Follow the advice about one program, and return it with what came of it at once."""
    size = program.rss_bytes()
    advice = Advice(
        kind=program.offered_kind,
        about=f"target:{program.name}",
        name=program.name,
        title=program.name,
        evidence="",
        acts=(Act("", "free"),),
        offered_bytes=offered(program),
        kept_bytes=size,
    )
    rate = program.facts.get("rate", 0.0) * program.facts["mib"] * MIB
    deed = Deed(
        id=advice.id,
        kind=advice.kind,
        about=advice.about,
        name=advice.name,
        title=advice.title,
        does="",
        wall_seconds=time.time(),
        before_bytes=size,
        saved_bytes=None,
        offered_bytes=advice.offered_bytes,
        rate_bytes_per_second=rate,
    )
    if program.offered_kind == "trim":
        program.ask("collect", caches=False)
    else:
        program.restart()
    deed.saved_bytes = size - program.rss_bytes()
    return advice, deed


def savings(wait_seconds: float) -> Iterator[str]:
    """Calibrate on one half of the programs, and hold the other half against it."""
    with folder() as path:
        found: list[tuple[Program, int]] = []
        try:
            for seed in (1, 2):
                for program in many(path, seed):
                    found.append((program, seed))
                    program.start(program.command)
            for program, _ in found:
                program.wait()
            settle([program for program, _ in found], GROW_SECONDS)
            deeds = [(*followed(program), seed) for program, seed in found]
            settle([program for program, _ in found], wait_seconds)
            for (program, _), (_advice, deed, _seed) in zip(found, deeds, strict=True):
                deed.follow_up(time.time(), Look(program.rss_bytes(), frozenset()))
        finally:
            for program, _seed in found:
                program.end()
    yield from savings_table(deeds, wait_seconds)


def savings_table(deeds: Sequence[tuple[Advice, Deed, int]], wait_seconds: float) -> Iterator[str]:
    book = AdviceBook()
    yield f"After {wait_seconds:.0f} s; shares of what was offered, of {len(deeds)} programs:"
    for kind in ("trim", "restart"):
        shares = sorted(
            (deed.lasting_bytes or 0) / max(1, deed.offered_bytes)
            for _advice, deed, seed in deeds
            if seed == 1 and deed.kind == kind
        )
        yield f'"{kind}": Recorded({shares[0]:.2f}, {shares[-1]:.2f}, {len(shares)}),'
        yield "  " + " ".join(f"{share:.2f}" for share in shares)
    for _advice, deed, seed in deeds:
        if seed == 1:
            book.deeds.append(deed)
    within = outside = 0
    for advice, deed, seed in deeds:
        if seed == 2:
            saving, lasting = saving_of(advice, book.measured()), deed.lasting_bytes or 0
            is_within = saving is not None and saving.low_bytes <= lasting <= saving.high_bytes
            within, outside = within + is_within, outside + (not is_within)
            expected = (
                f"{format_size(saving.low_bytes)} to {format_size(saving.high_bytes)}"
                if saving
                else "–"
            )
            yield (
                f"  {'' if is_within else 'NOT '}{advice.name}: offered "
                f"{format_size(deed.offered_bytes)}, expected {expected}, saved "
                f"{format_size(lasting)}"
            )
    yield f"within the expected range: {within} of {within + outside}"


def cost() -> Iterator[str]:
    """Time a look at 50 targets, a fifth of which has something to be advised about."""
    views = [
        target(f"service-{number}", size=Size(400 * MIB, "proportional")) for number in range(50)
    ]
    for what, retained in (("nothing to advise", 4), ("a fifth with advice", 190)):
        fresh: list[float] = []
        same: list[float] = []
        asker, book = Asker(), AdviceBook()
        for _minute in range(20):
            insides = [inside(retained_mib=4 if number % 5 else retained) for number in range(50)]
            for look in range(6):
                begun = time.process_time()
                cases = [case(view, inside=each) for view, each in zip(views, insides, strict=True)]
                book.update(asker.advise(cases, CALM), CALM)
                (same if look else fresh).append(time.process_time() - begun)
        yield (
            f"50 targets, {what}: {median(fresh) * 1e3:.3f} ms of CPU with new evidence (once a "
            f"minute), {median(same) * 1e3:.3f} ms without (every ten seconds)"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=("cost", "savings"))
    parser.add_argument("--wait", type=float, default=600.0, metavar="SECONDS")
    options = parser.parse_args()
    for line in cost() if options.what == "cost" else savings(options.wait):
        print(line, flush=True)


if __name__ == "__main__":
    main()
