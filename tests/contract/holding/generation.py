"""Schemathesis, set up: what is generated, which checks are on, and each alarm that is known, with its reason."""

from __future__ import annotations

import copy
from typing import Any

import schemathesis
from schemathesis.config import SchemathesisConfig

from holding.contract import DOCUMENT
from holding.settings import CASES, SEED
from holding.worlds import TOKEN

KNOWN_ALARMS: list[dict[str, Any]] = [
    # An invoice id that was made up belongs to no invoice: 404 is right, where in the other operations only 2xx is.
    {
        "include-operation-id": "getInvoice",
        "checks": {"positive_data_acceptance": {"expected-statuses": ["2xx", "404"]}},
    },
]


def configuration(*, generation: dict[str, Any] | None = None, **extra: Any) -> SchemathesisConfig:
    """Examples, coverage and fuzzing with CASES fuzzed cases; nothing is remembered from one run to the next."""
    return SchemathesisConfig.from_dict(
        {
            "seed": SEED,
            "generation": {"max-examples": CASES, "database": "none", **(generation or {})},
            **extra,
        }
    )


def load(document: dict[str, Any] | None = None, **extra: Any) -> Any:
    """The document as a Schemathesis schema; the contract when none is given."""
    return schemathesis.openapi.from_dict(
        copy.deepcopy(DOCUMENT if document is None else document), config=configuration(**extra)
    )


def for_the_stub(**extra: Any) -> Any:
    """The contract with every check, to be held against the stand-in."""
    return load(
        headers={"Authorization": f"Bearer {TOKEN}"},
        checks={
            "positive_data_acceptance": {"expected-statuses": ["2xx"]},
            # It reads numbers as doubles, and calls an exact total of 1E+309 null. The gate validates every answer
            # itself, with exact numbers.
            "response_schema_conformance": {"enabled": False},
        },
        operations=KNOWN_ALARMS,
        **extra,
    )
