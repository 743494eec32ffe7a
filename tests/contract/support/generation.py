"""The configuration of Schemathesis: generated cases, active checks, and each exception with its reason."""

from __future__ import annotations

import copy
from typing import Any

import schemathesis
from schemathesis.config import SchemathesisConfig

from support.contract import DOCUMENT, OPERATIONS
from support.settings import CASES, SEED
from support.stubs import TOKEN

# A generated id belongs to no invoice, so that 404 is right; an operation without an id must respond with 2xx. The
# suites request existing invoices as well.
EXCEPTIONS_FROM_CHECKS: list[dict[str, Any]] = [
    {
        "include-operation-id": operation.id,
        "checks": {"positive_data_acceptance": {"expected-statuses": ["2xx", "404"]}},
    }
    for operation in OPERATIONS.values()
    if operation.at("path")
]


def configuration(*, generation: dict[str, Any] | None = None, **extra: Any) -> SchemathesisConfig:
    """The phases examples, coverage and fuzzing, with CASES fuzzed cases and no database of earlier failures."""
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
    """The contract with every check, for the suites of the stub."""
    return load(
        headers={"Authorization": f"Bearer {TOKEN}"},
        checks={
            "positive_data_acceptance": {"expected-statuses": ["2xx"]},
            # This check reads numbers as doubles, and an exact total of 1E+309 as null. The suite validates every
            # response itself, with exact numbers.
            "response_schema_conformance": {"enabled": False},
        },
        operations=EXCEPTIONS_FROM_CHECKS,
        **extra,
    )
