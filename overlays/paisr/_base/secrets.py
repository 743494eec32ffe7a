"""Values that no repr, log line, pickle or traceback may show."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Hashable
from contextlib import suppress
from functools import cache
from typing import TYPE_CHECKING, NoReturn
from urllib.parse import unquote, urlsplit

from paisr._base.texts import type_name

if TYPE_CHECKING:
    import os

# A shorter text is likely to be part of an ordinary word, which redaction would damage.
MIN_SEARCHED = 8
# The most escapes of each kind that are decoded: a body full of them must not delay a call.
MAX_UNESCAPED = 100_000
# The most times that a text is searched: decoding one token's escapes can leave another token with fewer of them.
MAX_LAYERS = 5
# UTF-16 and UTF-32 put NULs beside a character. Text that Python quotes twice has two backslashes.
_NULS = ("\0", r"\\u0000", r"\\x00", r"\u0000", r"\x00")


class Secret:
    """A text that only `reveal()` shows.

    It takes any value, so an argument is hidden before it is checked; `is_text` says whether it is text.
    """

    __slots__ = ("_text", "is_text", "kind")

    def __init__(self, value: object) -> None:
        self.is_text: bool = isinstance(value, str)
        self.kind: str = type_name(value)
        self._text = str.__str__(value) if isinstance(value, str) else ""

    def reveal(self) -> str:
        return self._text

    @property
    def owner(self) -> Hashable:
        """A digest that is the same for equal secrets and does not reveal them."""
        return hash(self._text)

    def scrub(self, text: str) -> str:
        """`text` with this secret redacted, in case the service echoed it. A short secret is not searched for.

        The search ignores case, because the case of a header's name can change, and finds a secret that JSON, a URL,
        HTML, UTF-16 or Python has escaped. A text with an escaped secret is returned without any escapes.
        """
        if len(self._text) < MIN_SEARCHED:
            return text
        for _layer in range(MAX_LAYERS):
            scrubbed = self._scrubbed(text)
            if scrubbed == text:
                return text
            text = scrubbed
        return "[secret]"  # nobody escapes a token so often by accident

    def _scrubbed(self, text: str) -> str:
        sought, plain = self._text.lower(), _unescaped(text)
        if plain != text and plain.lower().count(sought) > text.lower().count(sought):
            text = plain
        elif sought not in text.lower():
            return text
        return re.sub(re.escape(self._text), "[secret]", text, flags=re.IGNORECASE)

    def scrub_bytes(self, data: bytes) -> bytes:
        """`scrub` for bytes: tokens are ASCII, and all other bytes stay as they are."""
        return self.scrub(data.decode("latin-1")).encode("latin-1")

    def __repr__(self) -> str:
        return "Secret('…')"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a client's secrets cannot be pickled; make a new client from the settings instead")


class Secrets(Secret):
    """Several secrets in one: `scrub` removes all of them."""

    __slots__ = ("_all",)

    def __init__(self, *secrets: Secret) -> None:
        super().__init__("")
        self._all = secrets

    def scrub(self, text: str) -> str:
        for secret in self._all:
            text = secret.scrub(text)
        return text


def with_login(token: Secret, proxy: Secret | None) -> Secret:
    """The token and the login for the proxy: a proxy that responds inside its tunnel could echo both."""
    login = None
    with suppress(ValueError):  # `choose_proxy` refuses such a URL
        login = None if proxy is None else login_of(proxy)
    if login is None:
        return token
    whole, password = b":".join(login), login[1] or login[0]
    # The longer texts come first, because they contain the shorter ones.
    return Secrets(*(Secret(one.decode()) for one in (b64encode(whole), whole, password)), token)


def login_of(url: Secret) -> tuple[bytes, bytes] | None:
    """The user name and password in a URL, as they are sent; None if it has no user name. May raise `ValueError`."""
    parts = urlsplit(url.reveal())
    return (unquote(parts.username).encode(), unquote(parts.password or "").encode()) if parts.username else None


@cache
def _escapes() -> list[re.Pattern[str]]:
    """Patterns of an escaped character in JSON, in a URL, in HTML, and in bytes that Python quotes.

    They are compiled on first use, because few calls need them. They leave out quotes, backslashes and controls: no
    token has any, and the JSON around a token has to stay readable.
    """
    code = "(?!22|5[cC])([2-7][0-9a-fA-F])"
    return [re.compile(one) for one in (rf"\\\\?u00{code}", f"%{code}", f"&#x{code};", rf"\\\\?x{code}")]


def _unescaped(text: str) -> str:
    """The text with its escapes decoded."""
    text = text.replace("\\/", "/")  # as some servers write a slash in JSON
    for nul in _NULS:
        text = text.replace(nul, "")
    for escape in _escapes():
        text = escape.sub(lambda found: chr(int(found[1], 16)), text, MAX_UNESCAPED)
    return text


def wrap(value: object) -> Secret | None:
    """Wrap a secret argument before anything else is done with it; None stays None."""
    return None if value is None else Secret(value)


def wrap_place(value: str | os.PathLike[str] | None) -> Secret | str | os.PathLike[str] | None:
    """Wrap a journal's location if it is a URL, which may have a password in it; the path of a file stays as it is."""
    return Secret(value) if isinstance(value, str) and "://" in value else value
