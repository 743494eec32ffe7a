"""Schemathesis, set up: what is generated, which checks are on, and each alarm that is known, with its reason."""

from __future__ import annotations

import copy
from typing import Any

import schemathesis
from schemathesis.config import SchemathesisConfig

from support.contract import DOCUMENT, OPERATIONS
from support.settings import CASES, SEED
from support.stubs import TOKEN

# An id that was made up belongs to nothing: 404 is right, where in operations without an id only 2xx is. What is
# there is asked for besides.
KNOWN_ALARMS: list[dict[str, Any]] = [
    {
        "include-operation-id": operation.id,
        "checks": {"positive_data_acceptance": {"expected-statuses": ["2xx", "404"]}},
    }
    for operation in OPERATIONS.values()
    if operation.at("path")
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
    """The contract with every check, to compare the stub with."""
    return load(
        headers={"Authorization": f"Bearer {TOKEN}"},
        checks={
            "positive_data_acceptance": {"expected-statuses": ["2xx"]},
            # It reads numbers as doubles, and calls an exact total of 1E+309 null. The suite validates every response
            # itself, with exact numbers.
            "response_schema_conformance": {"enabled": False},
        },
        operations=KNOWN_ALARMS,
        **extra,
    )
