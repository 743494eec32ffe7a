"""Where a response has moved on from the contract: fields and enumeration values that it does not know.

Neither is an error: a field is skipped and stays in the raw response, a value is kept as its text. Who wants to be told
gives the client `on_drift`, and who gives it ``unreadable="report"`` is told there of optional fields that do not fit.
"""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, cast

import msgspec
from msgspec.inspect import DataclassType, EnumType, ListType, UnionType, type_info

from paisr._base.forks import register_after_fork

if TYPE_CHECKING:
    from paisr._base.secrets import Secret

OnDrift = Callable[[str, str], object]

# A service that makes names up must not fill the memory; beyond this many, nothing more is told.
MAX_TOLD = 1000
log = logging.getLogger("paisr")


class DriftWatch:
    """Tells `on_drift` of each difference once, by operation and path; without it, a warning is logged.

    `takes_unreadable`: whether optional fields that do not fit are such differences, and no errors.
    """

    def __init__(self, on_drift: OnDrift | None, *, takes_unreadable: bool = False) -> None:
        self.on_drift = on_drift
        self.takes_unreadable = takes_unreadable
        self._told: set[tuple[str, str]] = set()
        self.after_fork()
        register_after_fork(self)

    def after_fork(self) -> None:
        self._lock = threading.Lock()

    def look(self, operation: str, content: bytes, response: type, secret: Secret) -> None:
        """Compare a body that was decoded with its model, where somebody asked; an echo of the token is hidden."""
        if self.on_drift is not None:
            self.tell(operation, map(secret.scrub, _unknown_in(content, response)))

    def tell(self, operation: str, paths: Iterable[str]) -> None:
        """Tell of what is new among the paths. Whatever goes wrong here is logged, and the call goes on."""
        try:
            for path in paths:
                if self._is_new(operation, path):
                    (self.on_drift or _log_difference)(operation, path)
        except Exception:
            log.exception("looking for drift in the response to %s failed", operation)

    def _is_new(self, operation: str, path: str) -> bool:
        with self._lock:
            if (operation, path) in self._told or len(self._told) >= MAX_TOLD:
                return False
            self._told.add((operation, path))
            return True


def _log_difference(operation: str, path: str) -> None:
    log.warning("the response to %s differs from the contract: %s", operation, path)


def _unknown_in(content: bytes, response: type) -> Iterator[str]:
    yield from unknown_paths(json.loads(content), type_info(response))


def unknown_paths(value: object, kind: msgspec.inspect.Type, path: str = "$") -> Iterator[str]:
    """The path of what the model does not know: ``$.data.invoices[].line_items``, ``$.data.status=refunded``.

    Items of a list have one path, since what is true of one is true of all.
    """
    match kind:
        case UnionType(types=kinds):
            for one in kinds:
                yield from unknown_paths(value, one, path)
        case ListType(item_type=item) if isinstance(value, list):
            for member in cast("list[object]", value):
                yield from unknown_paths(member, item, f"{path}[]")
        case EnumType(cls=enumeration) if isinstance(value, str):
            if value not in [str(known) for known in enumeration]:
                yield f"{path}={value}"
        case DataclassType(fields=fields) if isinstance(value, dict):
            known = {field.encode_name: field.type for field in fields}
            for name, member in cast("dict[str, object]", value).items():
                below = f"{path}.{name}" if name.isidentifier() else f"{path}[{json.dumps(name)}]"
                if name in known:
                    yield from unknown_paths(member, known[name], below)
                else:
                    yield below
        case _:
            return
