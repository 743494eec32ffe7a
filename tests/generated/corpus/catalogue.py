"""Every variant, by its name."""

from __future__ import annotations

from . import bodies, composition, names, operations, parameters, refusals, responses, rules, statuses, tags, unions
from .variants import Variant, both

SINGLE: list[Variant] = [
    one
    for module in (
        parameters,
        bodies,
        responses,
        statuses,
        composition,
        unions,
        names,
        tags,
        operations,
        rules,
        refusals,
    )
    for one in module.VARIANTS
]
NUMBER_OF_PAIRS = 40


def _pairs() -> list[Variant]:
    """Changes that go together, two at a time: each with one that is far from it in the list."""
    together = [one for one in SINGLE if not one.place and not one.alone]
    step = len(together) // 2 - 1
    return [
        both(together[index], together[(index + step) % len(together)])
        for index in range(0, len(together), max(1, len(together) // NUMBER_OF_PAIRS))
    ]


VARIANTS: dict[str, Variant] = {one.name: one for one in [*SINGLE, *_pairs()]}
