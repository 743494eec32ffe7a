"""Texts of the contract as docstrings have them."""

from __future__ import annotations

import re
from textwrap import fill

from openapi_python_client.strings import safe_for_docstring

WIDTH = 112


def docstring(text: object) -> str:
    """A text as a docstring can have it: nothing in it ends the docstring or is an escape."""
    # A quote at the end, unless it is escaped already.
    return re.sub(r'(?<!\\)((?:\\\\)*)"\Z', r'\1\\"', safe_for_docstring(text).rstrip())


def paragraphs(*texts: str) -> str:
    """Texts for a docstring, each wrapped, with an empty line between; what could end the docstring is escaped."""
    return "\n\n".join(fill(docstring(text), WIDTH) for text in texts if text)
