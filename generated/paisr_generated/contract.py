# Generated from openapi/paisr-invoices.yaml by scripts/generate.py. Do not edit: change the contract.
"""The title and version of the contract, and the servers of the service."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal

__all__ = ["DEFAULT_ENVIRONMENT", "SERVERS", "TITLE", "VERSION", "Environment"]

TITLE: Final = "Paisr invoices API"
VERSION: Final = "1.0.0"
Environment = Literal["live", "staging"]
DEFAULT_ENVIRONMENT: Final = "live"
SERVERS: Final[Mapping[str, str]] = {
    "live": "https://api.live.paisr.tech/v2",
    "staging": "https://api.staging.paisr.tech/v2",
}
"""The base URL of each environment, with the defaults of its variables."""
