"""The page of settings names every argument of a client, with its default and its environment variables."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import pytest

from paisr import AsyncPaisr, Paisr, RateLimit, _settings
from paisr._transport import tls

ROW = re.compile(
    r"^\| `(?P<name>\w+)` \| `(?P<default>[^`]+)` \| (?P<variables>[^|]*)\| (?P<source>[^|]+) \|$", re.MULTILINE
)


@pytest.fixture
def rows(root: Path) -> dict[str, dict[str, str]]:
    page = (root / "docs" / "reference" / "settings.md").read_text(encoding="utf-8")
    return {found["name"]: found.groupdict() for found in ROW.finditer(page)}


@pytest.mark.parametrize("kind", [Paisr, AsyncPaisr])
def test_every_argument_has_a_row_with_its_default(rows: dict[str, dict[str, str]], kind: type) -> None:
    parameters = inspect.signature(kind).parameters
    assert list(rows) == list(parameters)
    for name, parameter in parameters.items():
        default = parameter.default
        shown = (
            f"RateLimit({default.requests}, per={default.per:g})" if isinstance(default, RateLimit) else repr(default)
        )
        assert rows[name]["default"] == shown


def test_every_environment_variable_is_in_a_row(rows: dict[str, dict[str, str]]) -> None:
    named = {name: re.findall(r"\w+", row["variables"]) for name, row in rows.items()}
    assert {name: found for name, found in named.items() if found} == {
        "token": [_settings.TOKEN_VARIABLE],
        "environment": [_settings.ENVIRONMENT_VARIABLE],
        "base_url": [_settings.BASE_URL_VARIABLE],
        "proxy": ["HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"],  # tested in test_opening.py
        "tls": [tls.FILE_VARIABLE, tls.DIRECTORY_VARIABLE],
    }
