"""The error classes form the tree in their module's docstring and in the reference, and every error pickles."""

from __future__ import annotations

import copy
import inspect
import pickle
import re
import traceback
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

import paisr
from paisr._base import errors
from paisr._base.errors import PaisrError, status_error_type
from paisr._recovery.attempts import Attempt
from paisr_generated.models import CreateInvoiceRequest, Invoice, InvoiceStatus

PUBLIC = [getattr(paisr, name) for name in paisr.__all__]
CLASSES = [one for one in PUBLIC if inspect.isclass(one) and issubclass(one, PaisrError)]
ATTEMPT = Attempt.of(
    CreateInvoiceRequest(customer="cus_1", summary="Pizza", due="In 3 days"),
    datetime(2024, 5, 1, tzinfo=UTC),
    "https://api.example/v2",
)


def example(cls: type[PaisrError]) -> PaisrError:
    more: dict[str, Any] = {}
    if issubclass(cls, paisr.APIStatusError):
        more = {"status_code": 418, "message": "no"}
    elif cls is paisr.UnexpectedResponseError:
        more = {"path": "$.data", "status_code": 200, "excerpt": "x"}
    elif cls is paisr.OutcomeUnknownError:
        more = {"attempt": ATTEMPT, "candidates": [Invoice(id="inv_1", status=InvoiceStatus.PAID)]}
    elif cls is paisr.WebhookError:
        more = {"reason": "signature"}
    error = cls("It was so; do it so.", **more)
    if isinstance(error, paisr.RateLimitError):
        error.retry_after = 7.0
    return error


PAGE = (Path(__file__).parents[3] / "docs" / "reference" / "errors.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("text", [f"{errors.__doc__}", PAGE.partition("\n```\n")[0]], ids=["docstring", "reference"])
def test_the_drawn_tree_is_the_tree_of_the_classes(text: str) -> None:
    drawn: dict[str, str] = {}
    above: list[str] = []
    for line in text.splitlines():
        found = re.match(r"^([│ ]*)([├└]── )?(?=\w*Error)(.*)$", line)
        if not found:
            continue
        depth = (len(found[1]) // 4) + 1 if found[2] else 0
        names = re.findall(r"\b[A-Z]\w*Error\b", found[3].partition("   ")[0] if depth < 2 else found[3])
        for name in names:
            drawn[name] = above[depth - 1] if depth else "Exception"
        above[depth:] = [names[0]]
    assert drawn == {
        cls.__name__: next(base.__name__ for base in cls.__bases__ if base is not ValueError) for cls in CLASSES
    }


def test_an_error_of_the_caller_is_also_a_value_error() -> None:
    assert {cls.__name__ for cls in CLASSES if issubclass(cls, ValueError)} == {
        "ConfigurationError",
        "InvalidArgumentError",
    }


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)
@pytest.mark.parametrize(
    "travel",
    [
        *(lambda error, protocol=protocol: pickle.loads(pickle.dumps(error, protocol)) for protocol in range(2, 6)),
        copy.copy,
        copy.deepcopy,
    ],
)
def test_every_error_pickles_without_loss(cls: type[PaisrError], travel: Any) -> None:
    error = example(cls)
    error.add_note("a note")
    cause = OSError(111, "refused")
    cause.__cause__ = ValueError("deeper")
    error.__cause__ = cause
    there = travel(error)
    assert type(there) is cls
    assert there is not error
    assert (str(there), there.args, there.outcome, vars(there)) == (str(error), error.args, error.outcome, vars(error))
    assert (type(there.__cause__), there.__cause__.args) == (ConnectionRefusedError, (111, "refused"))


def test_an_error_pickles_without_a_cause_that_does_not_pickle() -> None:
    error = example(paisr.APIConnectionError)
    error.__cause__ = OSError(lambda: None)
    assert pickle.loads(pickle.dumps(error)).__cause__ is None
    assert error.__cause__ is not None


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)
def test_every_error_has_an_outcome_and_a_docstring_of_its_own(cls: type[PaisrError]) -> None:
    assert example(cls).outcome in {"not_sent", "rejected", "unknown"}
    assert cls.__doc__
    assert cls.__dict__.get("__doc__"), "the docstring is the parent's"
    assert str(example(cls)) == "It was so; do it so."


def test_an_outcome_comes_from_the_argument_or_the_class() -> None:
    assert PaisrError("x").outcome == "not_sent"
    assert PaisrError("x", outcome="unknown").outcome == "unknown"
    assert PaisrError.outcome == "not_sent"


@pytest.mark.parametrize(
    ("status", "name"),
    [
        (302, "APIStatusError"),
        (400, "BadRequestError"),
        (401, "AuthenticationError"),
        (403, "PermissionDeniedError"),
        (404, "NotFoundError"),
        (405, "APIStatusError"),
        (408, "APIStatusError"),
        (409, "ConflictError"),
        (418, "APIStatusError"),
        (422, "UnprocessableEntityError"),
        (429, "RateLimitError"),
        (500, "ServerError"),
        (520, "ServerError"),
        (599, "ServerError"),
        (999, "ServerError"),
    ],
)
def test_each_status_has_its_error_class(status: int, name: str) -> None:
    assert status_error_type(status).__name__ == name


def test_a_traceback_names_an_error_by_its_public_module() -> None:
    error = paisr.NotFoundError("none", status_code=404, message=None)
    assert traceback.format_exception_only(error) == ["paisr.NotFoundError: none\n"]

    class Own(paisr.NotFoundError):
        """A subclass by a user."""

    assert Own.__module__ == __name__
