"""The check of an invoice's id: it must not change the path of a request."""

from __future__ import annotations

import re

from paisr._base.errors import InvalidArgumentError
from paisr._base.texts import safe_repr
from paisr._inputs.checks import checked
from paisr_generated.api import operation_named
from paisr_generated.rules import Text

_FORBIDDEN = re.compile(r"[\x00-\x20\x7f/\\]")


def checked_invoice_id(value: object) -> str:
    """The id, if it fits the contract's rule and has no character that changes a path."""
    parameter = operation_named("get_invoice").parameter("invoice_id")
    text = str(checked(parameter.rule if parameter else Text(min_length=1), value, "invoice_id"))
    if _FORBIDDEN.search(text):
        raise InvalidArgumentError(
            f"invoice_id={safe_repr(text)} has a slash, a space or a control character, which no id has; "
            "give it unchanged."
        )
    return text
