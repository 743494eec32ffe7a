"""Guesses which of the names that went away became which of those that came."""

from __future__ import annotations

import re
from collections.abc import Mapping
from difflib import SequenceMatcher
from typing import NamedTuple

from .shapes import Node, Shape, Shapes

ENOUGH = 0.5


class Rename(NamedTuple):
    """One old name and one new one; for filters, several may have become one."""

    old: tuple[str, ...]
    new: tuple[str, ...]


def alike(old: str, new: str) -> float:
    """How much two names have in common: 1 when one is a part of the other, word by word."""
    a, b = (set(re.findall(r"[a-z0-9]+", re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower())) for name in (old, new))
    words = len(a & b) / min(len(a), len(b)) if a and b else 0
    first, second = sorted((old.lower(), new.lower()))  # the ratio of two texts depends on their order
    return max(words, SequenceMatcher(None, first, second).ratio())


def likeness(old: str, was: Shape, new: str, now: Shape) -> float:
    """How likely the one became the other: 0 when the one cannot be under the other's name."""
    if was.types != now.types:
        return 0
    names, others = set(was.properties), set(now.properties)
    if 2 * len(names & others) < len(names | others):
        return 0
    score = alike(old, new)
    # A text that became a date has changed its name as well only if the names say so.
    return score if was.rules.get("kind") == now.rules.get("kind") or score == 1 else 0


def guess(
    removed: Mapping[str, Node], added: Mapping[str, Node], before: Shapes, after: Shapes, *, several: bool = False
) -> list[Rename]:
    """The likeliest pairs. SEVERAL lets names that are left over join a pair: two filters may have become one."""
    scores = {
        (old, new): likeness(old, before.of(was), new, after.of(now))
        for old, was in removed.items()
        for new, now in added.items()
    }
    # Equals are ordered by their names, in whichever direction the documents are compared.
    likely = sorted(
        (pair for pair, score in scores.items() if score >= ENOUGH), key=lambda pair: (-scores[pair], sorted(pair))
    )
    groups: list[tuple[list[str], list[str]]] = []
    for old, new in likely:
        if not any(old in olds or new in news for olds, news in groups):
            groups.append(([old], [new]))
    if several:
        _join_what_is_left(groups, likely)
    return [Rename(tuple(sorted(olds)), tuple(sorted(news))) for olds, news in groups]


def _join_what_is_left(groups: list[tuple[list[str], list[str]]], likely: list[tuple[str, str]]) -> None:
    for old, new in likely:
        has_old = next((group for group in groups if old in group[0]), None)
        has_new = next((group for group in groups if new in group[1]), None)
        if has_new and has_old is None and len(has_new[1]) == 1:
            has_new[0].append(old)
        elif has_old and has_new is None and len(has_old[0]) == 1:
            has_old[1].append(new)
