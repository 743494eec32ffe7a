# Generated from openapi/paisr-invoices.yaml by scripts/generate.py. Do not edit: change the contract.
from __future__ import annotations

from attrs import frozen

from ..base_model import BaseModel
from ..types import refuse_other_constants


@frozen(kw_only=True)
class ErrorResponse(BaseModel):
    """The envelope of every response that is not a success."""

    success: bool
    """False in every error."""

    message: str | None = None
    """What went wrong, for a person to read."""

    def __attrs_post_init__(self) -> None:
        refuse_other_constants(success=(self.success, False))
