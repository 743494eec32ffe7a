"""Decodes JSON into the models, and describes decoding errors."""

from __future__ import annotations

import re
import threading
from contextlib import suppress
from decimal import Decimal
from typing import Any

import msgspec
from attrs import field, frozen

__all__ = ["DECODING_ERRORS", "UnreadableItem", "decoder", "what_and_where"]

DECODING_ERRORS = (msgspec.MsgspecError, ValueError, RecursionError, OverflowError)
_PLACE = re.compile(r"^(?P<what>.*?)(?: - at (?:`key` in )?`(?P<path>\$.*)`)?$", re.DOTALL)
_FIELD = re.compile(r"`(?P<name>\w+)` ")
_decoders: dict[Any, msgspec.json.Decoder[Any]] = {}


@frozen
class UnreadableItem:
    """An item of a list that the contract does not allow."""

    index: int
    """Its index in the list, from 0."""

    path: str
    """The path of the invalid value in the body, such as ``$.data.invoices[3].amount``."""

    reason: str
    """Why the value is invalid."""

    raw: str = field(repr=False)
    """The item as JSON, as it was received."""


def decoder(model: Any) -> msgspec.json.Decoder[Any]:
    """The decoder of a model, which is made on first use.

    It is made in a thread of its own: signal handlers run in the main thread, and msgspec ignores an exception that one
    of them raises in the meantime, such as the `KeyboardInterrupt` of Ctrl-C.
    """
    if model not in _decoders and threading.current_thread() is threading.main_thread():
        thread = threading.Thread(target=_make_if_possible, args=(model,), daemon=True)
        thread.start()
        thread.join()
    return _decoders.get(model) or _make(model)


def _make_if_possible(model: Any) -> None:
    with suppress(Exception):  # `decoder` makes it again, and raises it
        _make(model)


def _make(model: Any) -> msgspec.json.Decoder[Any]:
    # Numbers keep every digit also where the model allows any value.
    made = _decoders[model] = msgspec.json.Decoder(model, float_hook=Decimal)
    return made


def what_and_where(error: Exception) -> tuple[str, str]:
    """The decoder's message, and the path of the value that it refuses."""
    if isinstance(error, RecursionError):
        return "nested too deeply", "$"
    found = _PLACE.match(str(error))
    what: str = found["what"] if found else str(error)
    path: str = (found["path"] if found else None) or "$"
    if named := _FIELD.match(what):
        # A check of a whole object names the invalid field.
        path, what = f"{path}.{named['name']}", what[named.end() :]
    if not what[1:2].isupper():  # as in "JSON is malformed"
        what = what[:1].lower() + what[1:]
    return what, path
