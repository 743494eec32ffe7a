"""The page of settings is made from the constructor: a new argument needs no other edit to be on it."""

from __future__ import annotations

import inspect
import re

import pytest
import settings_page as page

from paisr import AsyncPaisr, Paisr, _settings
from paisr._base_client import BaseClient
from paisr._transport import tls

ROW = re.compile(
    r"^\| `(?P<name>\w+)` \| `(?P<default>[^`]+)` \| (?P<variables>[^|]*)\| (?P<meaning>[^|]+) \|$", re.MULTILINE
)


def rows() -> dict[str, dict[str, str]]:
    return {found["name"]: found.groupdict() for found in ROW.finditer(page.settings_page())}


@pytest.mark.parametrize("kind", [Paisr, AsyncPaisr])
def test_every_argument_has_a_row(kind: type) -> None:
    assert list(rows()) == list(inspect.signature(kind).parameters)


def test_a_row_has_the_default_and_the_first_sentence_of_the_description() -> None:
    shown = rows()
    assert shown["rate_limit"]["default"] == "RateLimit(250, per=60)"
    assert shown["unreadable"]["default"] == "'raise'"
    assert shown["timeout"] == {
        "name": "timeout",
        "default": "30.0",
        "variables": " ",
        "meaning": "Seconds for a whole call, from its beginning to its result",
    }


def test_every_environment_variable_is_in_the_row_of_its_argument() -> None:
    named = {name: re.findall(r"\w+", row["variables"]) for name, row in rows().items()}
    assert {name: found for name, found in named.items() if found} == {
        "token": [_settings.TOKEN_VARIABLE],
        "environment": [_settings.ENVIRONMENT_VARIABLE],
        "base_url": [_settings.BASE_URL_VARIABLE],
        "proxy": ["HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"],  # tested in test_opening.py
        "tls": [tls.FILE_VARIABLE, tls.DIRECTORY_VARIABLE],
    }


def test_a_new_argument_is_on_the_page_after_one_edit(monkeypatch: pytest.MonkeyPatch) -> None:
    def constructor(self: object, *, region: str = "here") -> None:
        """Check the settings.

        Args:
            region: Where the service runs. ``PAISR_REGION`` when not given.
        """

    monkeypatch.setattr(BaseClient, "__init__", constructor)
    assert list(rows().values()) == [
        {"name": "region", "default": "'here'", "variables": "`PAISR_REGION` ", "meaning": "Where the service runs"}
    ]
