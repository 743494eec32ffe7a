"""Escapes and wraps texts of the contract for docstrings."""

from __future__ import annotations

import re
from textwrap import fill

from openapi_python_client.strings import safe_for_docstring

WIDTH = 112


def docstring(text: object) -> str:
    """Escape a text for a docstring: nothing in it ends the docstring or is read as an escape."""
    # Escape a quote at the end, unless it is escaped already.
    return re.sub(r'(?<!\\)((?:\\\\)*)"\Z', r'\1\\"', safe_for_docstring(text).rstrip())


def paragraphs(*texts: str) -> str:
    """The texts as paragraphs of a docstring: escaped, wrapped, and separated by empty lines."""
    return "\n\n".join(fill(docstring(text), WIDTH) for text in texts if text)
