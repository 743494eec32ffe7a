"""What is left of a text when a service stores it: composed, escaped, cut, stripped or written in another alphabet."""

from __future__ import annotations

import html
import re
import unicodedata
from contextlib import suppress
from functools import lru_cache

# An entity that was cut off: "pizza &am".
_CUT_ENTITY = re.compile(r"&#?\w*$")
REMEMBERED = 4096


def plain(text: str) -> str:
    """Without what a service may change when it stores a text: how letters are composed, and white space."""
    return " ".join(unicodedata.normalize("NFC", text).split())


@lru_cache(REMEMBERED)
def letters(text: str) -> str:
    """The letters and digits alone."""
    return "".join(one for one in unicodedata.normalize("NFKC", text).casefold() if one.isalnum())


@lru_cache(REMEMBERED)
def spellings_sent(text: str) -> frozenset[str]:
    """The letters of a text that was sent, as a service may keep them: all, without accents, or those of ASCII alone.

    Empty where it has none that could be kept.
    """
    dropped = text.encode("ascii", "ignore").decode()
    without_accents = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    spelled = {letters(one) for one in (text, dropped, without_accents, html.unescape(text))}
    return frozenset(spelled - {""}) if letters(dropped) or letters(text) else frozenset()


@lru_cache(REMEMBERED)
def spellings_found(text: str) -> frozenset[str]:
    """The letters of a text that came back, and those of what it can have been before it was escaped or misread."""
    texts = {text, _CUT_ENTITY.sub("", text), html.unescape(text), html.unescape(html.unescape(text))}
    for encoding in ("latin-1", "cp1252"):
        try:
            texts.add(text.encode(encoding).decode("utf-8", "ignore"))
        except UnicodeError:
            continue
    texts |= {html.unescape(_CUT_ENTITY.sub("", one)) for one in texts}
    return frozenset({letters(one) for one in texts} - {""})


def customer_of(text: str) -> str:
    """The customer that a text names, an address in one spelling."""
    return address(text) if "@" in text else text.strip()


@lru_cache(REMEMBERED)
def address(text: str) -> str:
    """An e-mail address in one spelling: any case, entities, and a domain in letters or in punycode."""
    name, _, domain = unicodedata.normalize("NFKC", html.unescape(text)).strip().casefold().rpartition("@")
    with suppress(UnicodeError):  # it is not in punycode
        domain = domain.encode("ascii").decode("idna").casefold()
    return f"{name}@{domain}"
