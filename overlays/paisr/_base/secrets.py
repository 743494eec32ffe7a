"""Values that no repr, log line, pickle or traceback may show."""

from __future__ import annotations

import re
from collections.abc import Hashable
from functools import cache
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    import os

# A shorter text is likely to be part of an ordinary word, which redaction would damage.
MIN_SEARCHED = 8
# Of each kind of escape so many are undone: a body of nothing else must not hold a call up.
MAX_UNDONE = 100_000
# In UTF-16 and UTF-32, a character has NULs beside it. What Python quotes twice has two backslashes.
_NULS = ("\0", r"\\u0000", r"\\x00", r"\u0000", r"\x00")


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
        """`text` without this secret in it, in case the service echoed it. A short secret is not looked for.

        In upper and lower case, since a header's name can come back in another, and however JSON, a URL, HTML, UTF-16
        or Python can have written it. Of a text that had it escaped, everything is shown without escapes.
        """
        if len(self._text) < MIN_SEARCHED:
            return text
        sought, plain = self._text.lower(), _undone(text)
        if plain != text and plain.lower().count(sought) > text.lower().count(sought):
            text = plain
        elif sought not in text.lower():
            return text
        # In one pass, so that a replacement is not searched again.
        return re.sub(re.escape(self._text), "[secret]", text, flags=re.IGNORECASE)

    def scrub_bytes(self, data: bytes) -> bytes:
        """The same for bytes, of which all others stay as they are: tokens are ASCII."""
        return self.scrub(data.decode("latin-1")).encode("latin-1")

    def __repr__(self) -> str:
        return "Secret('…')"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a client's secrets are not pickled; make a new client from the settings instead")


@cache
def _escapes() -> list[re.Pattern[str]]:
    """How a character is written in JSON, in a URL, in HTML, and in bytes that Python quotes.

    Made when first needed, since few calls need it. No token has quotes, backslashes or controls, and the JSON around
    it has to stay readable.
    """
    code = "(?!22|5[cC])([2-7][0-9a-fA-F])"
    return [re.compile(one) for one in (rf"\\\\?u00{code}", f"%{code}", f"&#x{code};", rf"\\\\?x{code}")]


def _undone(text: str) -> str:
    """The text with each character as itself."""
    text = text.replace("\\/", "/")  # as some servers write a slash in JSON
    for nul in _NULS:
        text = text.replace(nul, "")
    for escape in _escapes():
        text = escape.sub(lambda found: chr(int(found[1], 16)), text, MAX_UNDONE)
    return text


def wrap(value: object) -> Secret | None:
    """A secret argument, wrapped before anything else is done with it; None stays None."""
    return None if value is None else Secret(value)


def wrap_place(value: str | os.PathLike[str] | None) -> Secret | str | os.PathLike[str] | None:
    """Where a journal is: the path of a file, or a URL, which may have a password in it."""
    return Secret(value) if isinstance(value, str) and "://" in value else value
