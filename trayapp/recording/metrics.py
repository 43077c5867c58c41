"""Series with labels, as Prometheus and its like name them: which hold memory, and their names.

Of process-exporter's `namedprocess_namegroup_memory_bytes` the resident size of each group is
taken (the proportional one where that was not asked for), and from `…_num_procs` how many
processes it was. Of any other metric every series is taken whose name says memory, or that has no
name because it was summed up; values are bytes.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterator

from trayapp.language.catalogue import _
from trayapp.recording.gathering import Gathered, Gathering
from trayapp.recording.meaning import is_memory_name, meaning_of
from trayapp.recording.records import Kind

GROUP_METRIC = "namedprocess_namegroup_memory_bytes"
_COUNT_METRIC = "namedprocess_namegroup_num_procs"
_KINDS = ("resident", "proportionalResident")
_WHERE = ("instance", "job")
Labels = dict[str, str]


class Metrics:
    """Chooses among the metrics of one file while they are read."""

    def __init__(self, found: Gathering) -> None:
        self._found = found
        self._labels: dict[Hashable, Labels] = {}
        self._counts: dict[Hashable, dict[float, float]] = {}
        self._series: dict[Hashable, Gathered | None] = {}
        self._refused: dict[Hashable, str] = {}

    def add_labels(self, key: Hashable, labels: Labels, *, refused: str = "") -> bool:
        """Take the labels of a series; whether its samples are wanted.

        `refused`: why it is no memory, whatever its name says; "" if nothing is known.
        """
        self._labels[key] = labels
        if refused:
            self._refused[key] = refused
        return not refused and (
            labels.get("__name__") == _COUNT_METRIC or _is_group(labels) or _is_memory(labels)
        )

    def __contains__(self, key: Hashable) -> bool:
        return key in self._labels

    def add_sample(self, key: Hashable, moment: float, value: float) -> None:
        """Take a sample of a series that is wanted, or whose labels come later."""
        if key not in self._series:
            self._series[key] = self._begin(key)
        series = self._series[key]
        if series is not None:
            # process-exporter tells 0 of a group of which nothing runs.
            series.add(moment, value or math.nan)
        elif key in self._counts:
            self._counts[key][moment] = value

    def _begin(self, key: Hashable) -> Gathered | None:
        """Return the series that samples go to; None if they are no sizes."""
        labels = self._labels.get(key)
        if labels is not None and labels.get("__name__") == _COUNT_METRIC:
            self._counts[key] = {}
            return None
        is_wanted = labels is None or (
            key not in self._refused and (_is_group(labels) or _is_memory(labels))
        )
        return self._found.series(key, "") if is_wanted else None

    def finish(self) -> bool:
        everything = [one for one in self._labels.items() if one[0] not in self._refused]
        groups = [one for one in everything if _is_group(one[1])]
        chosen = list(_resident(groups)) or [one for one in everything if _is_memory(one[1])]
        self._leave_out({key for key, _labels in chosen})
        counts = {_place(self._labels[key]): counted for key, counted in self._counts.items()}
        names = _names([labels for _key, labels in chosen])
        for (key, labels), name in zip(chosen, names, strict=True):
            series = self._found.everyone.get(key)
            if series is not None:
                series.name = name
                series.kind = _kind(labels)
                if processes := counts.get(_place(labels)):
                    series.count_children(processes)
        return bool(chosen) or not self._labels

    def _leave_out(self, chosen: set[Hashable]) -> None:
        for key, labels in self._labels.items():
            name = labels.get("__name__", "")
            if key not in chosen:
                if key in self._found:
                    self._found.drop(key)
                if name != _COUNT_METRIC:
                    reason = self._refused.get(key) or meaning_of(name, is_metric=True).reason
                    reason = reason or _("another size of the same programs")
                    self._found.leave_out(f"{name} {labels.get('memtype', '')}".strip(), reason)


def _kind(labels: Labels) -> Kind:
    if labels.get("memtype") == "proportionalResident":
        return "proportional set"
    if labels.get("memtype") is not None:
        return "resident set"
    return meaning_of(labels.get("__name__", ""), is_metric=True).kind or "memory"


def _is_group(labels: Labels) -> bool:
    return labels.get("memtype") is not None and (
        labels.get("__name__", GROUP_METRIC) == GROUP_METRIC
    )


def _resident(
    groups: list[tuple[Hashable, Labels]],
) -> Iterator[tuple[Hashable, Labels]]:
    """Of each group the best size that was asked for."""
    places: dict[tuple[tuple[str, str], ...], dict[str, tuple[Hashable, Labels]]] = {}
    for number, labels in groups:
        places.setdefault(_place(labels), {})[labels["memtype"]] = number, labels
    for kinds in places.values():
        best = next((kinds[kind] for kind in _KINDS if kind in kinds), None)
        if best is not None:
            yield best


def _is_memory(labels: Labels) -> bool:
    name = labels.get("__name__")
    # What was summed up has lost its name.
    return labels.get("memtype") is None and (name is None or is_memory_name(name, is_metric=True))


def _place(labels: Labels) -> tuple[tuple[str, str], ...]:
    """Which group on which machine."""
    return tuple(sorted((k, v) for k, v in labels.items() if k not in ("memtype", "__name__")))


def _names(everyone: list[Labels]) -> list[str]:
    """The group, or the metric, with whatever labels tell it from the others."""
    telling = {
        label
        for labels in everyone
        for label in labels
        if label not in ("__name__", "groupname", "memtype")
        and len({other.get(label) for other in everyone}) > 1
    }
    names = []
    for labels in everyone:
        name = labels.get("groupname") or labels.get("__name__") or ""
        order = sorted(telling & labels.keys(), key=lambda label: (label in _WHERE, label))
        details = ", ".join(labels[label] for label in order)
        names.append(f"{name} {details}".strip() or "memory")
    return names
