"""Guesses which removed names became which added names."""

from __future__ import annotations

import re
from collections.abc import Mapping
from difflib import SequenceMatcher

from .shapes import Node, Shape, Shapes

MIN_LIKENESS = 0.5


def _similarity(old: str, new: str) -> float:
    """The similarity of two names, from 0 to 1; 1 when the words of one are all in the other."""
    a, b = (set(re.findall(r"[a-z0-9]+", re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower())) for name in (old, new))
    words = len(a & b) / min(len(a), len(b)) if a and b else 0
    first, second = sorted((old.lower(), new.lower()))  # the ratio depends on the order of its arguments
    return max(words, SequenceMatcher(None, first, second).ratio())


def _likeness(old: str, was: Shape, new: str, now: Shape) -> float:
    """How likely the old name was renamed to the new one, from 0 to 1; 0 when the schemas do not match."""
    names, others = set(was.properties), set(now.properties)
    if was.types != now.types or 2 * len(names & others) < len(names | others):
        return 0
    score = _similarity(old, new)
    # With another format, it is a rename only if the names match fully.
    return score if was.rules.get("kind") == now.rules.get("kind") or score == 1 else 0


def guess(
    removed: Mapping[str, Node], added: Mapping[str, Node], before: Shapes, after: Shapes
) -> list[tuple[list[str], list[str]]]:
    """The likeliest groups of old and new names: pairs, or several names that were merged or one that was split."""
    scores = {
        (old, new): _likeness(old, before.of(was), new, after.of(now))
        for old, was in removed.items()
        for new, now in added.items()
    }
    # Equal scores are ordered by name, so that the direction of the comparison does not matter.
    likely = sorted(
        (pair for pair, score in scores.items() if score >= MIN_LIKENESS),
        key=lambda pair: (-scores[pair], sorted(pair)),
    )
    groups: list[tuple[list[str], list[str]]] = []
    for old, new in likely:
        if not any(old in group[0] or new in group[1] for group in groups):
            groups.append(([old], [new]))
    for old, new in likely:
        of_old = next((group for group in groups if old in group[0]), None)
        of_new = next((group for group in groups if new in group[1]), None)
        if of_new and of_old is None and len(of_new[1]) == 1:
            of_new[0].append(old)
        elif of_old and of_new is None and len(of_old[0]) == 1:
            of_old[1].append(new)
    return [(sorted(group[0]), sorted(group[1])) for group in groups]
