"""Values that no repr, log line, pickle or traceback may show."""

from __future__ import annotations

import re
from collections.abc import Hashable
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    import os

# A shorter text is likely to be part of an ordinary word, which redaction would damage.
MIN_SEARCHED = 8


class Secret:
    """A text that only `reveal()` shows.

    It takes whatever was given, so that the value is out of sight before it is looked at; `is_text` tells.
    """

    __slots__ = ("_text", "is_text", "kind")

    def __init__(self, value: object) -> None:
        self.is_text: bool = isinstance(value, str)
        self.kind: str = type(value).__name__
        self._text = str.__str__(value) if isinstance(value, str) else ""

    def reveal(self) -> str:
        return self._text

    @property
    def owner(self) -> Hashable:
        """A digest: the same for equal secrets, and it does not reveal them."""
        return hash(self._text)

    def scrub(self, text: str) -> str:
        """`text` without this secret in it, in case the service echoed it. A short secret is not looked for."""
        if len(self._text) < MIN_SEARCHED:
            return text
        escaped = self._text.replace("/", "\\/")  # as some servers write a slash in JSON
        # In one pass, so that a replacement is not searched again.
        return re.sub(f"{re.escape(self._text)}|{re.escape(escaped)}", "[secret]", text)

    def scrub_bytes(self, data: bytes) -> bytes:
        """The same for bytes, of which all others stay as they are: tokens are ASCII."""
        return self.scrub(data.decode("latin-1")).encode("latin-1")

    def __repr__(self) -> str:
        return "Secret('…')"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a client's secrets are not pickled; make a new client from the settings instead")


def wrap(value: object) -> Secret | None:
    """A secret argument, wrapped before anything else is done with it; None stays None."""
    return None if value is None else Secret(value)


def wrap_place(value: str | os.PathLike[str] | None) -> Secret | str | os.PathLike[str] | None:
    """Where a journal is: the path of a file, or a URL, which may have a password in it."""
    return Secret(value) if isinstance(value, str) and "://" in value else value
