"""Use every part of a generated package once: `python probe.py FOLDER/PACKAGE`. A failure ends it with a traceback."""

from __future__ import annotations

import importlib
import pkgutil
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import msgspec


def modules_of(package: ModuleType) -> list[ModuleType]:
    found = pkgutil.walk_packages(package.__path__, f"{package.__name__}.")
    return [package, *(importlib.import_module(one.name) for one in found)]


def sample(rule: Any, depth: int = 0) -> Any:  # noqa: PLR0911 - one line for each kind of rule
    """A plain value of the type that a rule asks for; its bounds are ignored."""
    match type(rule).__name__:
        case "Choice":
            return next(iter(rule.values)).value
        case "Constant":
            return rule.value
        case "ListOf":
            return [sample(rule.item, depth + 1)] if depth < 3 else []
        case "MapOf":
            return {"key": sample(rule.value, depth + 1)} if depth < 3 else {}
        case "Named":
            return sample(rule.look_up(), depth + 1)
        case "Object":
            known = {one.json_name: sample(one.rule, depth + 1) for one in rule.fields if one.required or depth < 3}
            return known | ({rule.tag[0]: rule.tag[1]} if rule.tag else {})
        case "OneOf":
            return sample(rule.rules[0], depth + 1)
        case "Integer" | "Number":
            return 1
        case "Boolean":
            return True
        case _:
            return "text"


def probe(package: ModuleType) -> None:
    """Import every module, make every decoder and every request, and load every exported name."""
    operation_type = importlib.import_module(f"{package.__name__}.operations").Operation
    for module in modules_of(package):
        for name, value in vars(module).items():
            if isinstance(value, type) and value.__module__ == module.__name__ and is_model(value):
                msgspec.json.Decoder(value)
            if name == "OPERATION" and isinstance(value, operation_type):
                probe_operation(value)
    for name in package.__all__:
        getattr(package, name)


def is_model(kind: type) -> bool:
    inside = ".models." in f"{kind.__module__}."
    return inside and (hasattr(kind, "__attrs_attrs__") or issubclass(kind, msgspec.Struct))


def probe_operation(operation: Any) -> None:
    for response in operation.responses.values():
        if response.model is not None:
            msgspec.json.Decoder(response.model)
    request = operation.request({one.name: sample(one.rule) for one in operation.parameters})
    assert "{" not in request.target, f"{request.target} has a placeholder without a parameter"


if __name__ == "__main__":
    place = Path(sys.argv[1])
    sys.path.insert(0, str(place.parent))
    probe(importlib.import_module(place.name))
