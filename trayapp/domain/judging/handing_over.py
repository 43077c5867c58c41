"""A target that begins with an application's processes goes on with what was judged of it."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from trayapp.domain.judging.application_follower import ApplicationFollower
from trayapp.domain.judging.incidents import IncidentBook
from trayapp.domain.judging.target_follower import TargetFollower
from trayapp.domain.records.identity import application_key, leak_of_other, target_key
from trayapp.domain.records.samples import ProcessKey


def hand_over(
    met: Mapping[str, Collection[ProcessKey]],
    applications: ApplicationFollower,
    targets: Mapping[str, TargetFollower],
    book: IncidentBook,
) -> set[str]:
    """Give targets the detectors and the open leak of the applications that they were.

    met: the processes of targets that begin with this frame, by name. Returns: the keys of the
    applications that were given away, see `identity`.
    """
    given = set()
    for name, keys in met.items():
        handover = applications.take(keys)
        targets[name].leak.adopt_heap(applications.take_heap(keys), is_whole=len(keys) == 1)
        if handover is None:
            continue
        targets[name].leak.adopt(handover.whole, handover.part)
        book.move(leak_of_other(handover.key), f"leak:{name}", name, target_key(name))
        given.add(application_key(handover.key))
    return given
