"""Normal forms of texts, to compare a sent text with one that a service composed, escaped, cut or stripped."""

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
    """Normalize what a service may change in a text that it stores: the composition of letters, and white space."""
    return " ".join(unicodedata.normalize("NFC", text).split())


@lru_cache(REMEMBERED)
def letters(text: str) -> str:
    """Keep the letters and digits, in one case."""
    return "".join(one for one in unicodedata.normalize("NFKC", text).casefold() if one.isalnum())


@lru_cache(REMEMBERED)
def spellings_sent(text: str) -> frozenset[str]:
    """Return the letters of a sent text as a service may keep them: all, without accents, or only those of ASCII.

    Empty if the text has no letter or digit.
    """
    dropped = text.encode("ascii", "ignore").decode()
    without_accents = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    spelled = {letters(one) for one in (text, dropped, without_accents, html.unescape(text))}
    return frozenset(spelled - {""}) if letters(dropped) or letters(text) else frozenset()


@lru_cache(REMEMBERED)
def spellings_found(text: str) -> frozenset[str]:
    """Return the letters of a returned text, and of the texts that it may have been before escaping or misreading."""
    texts = {text, _CUT_ENTITY.sub("", text), html.unescape(text), html.unescape(html.unescape(text))}
    for encoding in ("latin-1", "cp1252"):
        try:
            texts.add(text.encode(encoding).decode("utf-8", "ignore"))
        except UnicodeError:
            continue
    texts |= {html.unescape(_CUT_ENTITY.sub("", one)) for one in texts}
    return frozenset({letters(one) for one in texts} - {""})


def customer_of(text: str) -> str:
    """Return the customer of a request in one spelling: an e-mail address, or an id."""
    return address(text) if "@" in text else text.strip()


@lru_cache(REMEMBERED)
def address(text: str) -> str:
    """Return an e-mail address in one spelling, whatever its case, its entities, and the form of its domain."""
    name, _, domain = unicodedata.normalize("NFKC", html.unescape(text)).strip().casefold().rpartition("@")
    with suppress(UnicodeError):  # it is not in punycode
        domain = domain.encode("ascii").decode("idna").casefold()
    return f"{name}@{domain}"
