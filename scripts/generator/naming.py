"""Chooses the Python names of properties, headers, classes, modules, methods and enumeration members."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from keyword import iskeyword
from typing import Any

from openapi_python_client.strings import ClassName, PythonIdentifier, pascal_case, snake_case

from .shapes import UnsupportedContractError

# Names that generated modules import; a model of the same name would hide them.
IMPORTED = {
    "Annotated", "Any", "ApiResponse", "AsyncCaller", "AwareDatetime", "BaseModel", "Caller", "Decimal", "Final",
    "IfPresent", "ClassVar", "Iterable", "Literal", "Mapping", "ModelList", "NotRequired", "Number", "OpenIntEnum",
    "OpenStrEnum", "Operation", "Parameter", "Response", "Sequence", "Struct", "TypedDict", "UUID",
}  # fmt: skip
# A field with one of these names would hide a type from the annotations below it.
RESERVED_FIELDS = IMPORTED | {"field", "frozen", "property", "datetime", "msgspec", "builtins"}
# The methods of every model.
RESERVED_FIELDS |= {"from_dict", "from_json", "to_dict", "to_json"}
BUILTIN_TYPES = ("bool", "dict", "int", "list", "str")
PREFIX = "field_"


def field_name(json_name: str) -> str:
    """The Python name of a property: its JSON name where that is usable, else a similar name."""
    usable = json_name.isidentifier() and not json_name.startswith("_") and json_name not in RESERVED_FIELDS | {"self"}
    return json_name if usable and not iskeyword(json_name) else _valid_name(json_name)


def field_names(properties: Mapping[str, str | None]) -> dict[str, str]:
    """The unique Python name of each property of an object. `properties`: the contract's `x-python-name`, or None."""
    kept = {name: chosen or name for name, chosen in properties.items() if chosen or field_name(name) == name}
    for name in properties:
        if name not in kept:
            kept[name] = unique(field_name(name), kept.values())
    return kept


def chosen_name(node: Mapping[str, Any], pointer: str) -> str | None:
    """The contract's `x-python-name`; None where there is none. Raises when it is not usable."""
    if "x-python-name" not in node:
        return None
    name = str(node["x-python-name"])
    if not name.isidentifier() or iskeyword(name) or name.startswith("_") or name in RESERVED_FIELDS | {"self"}:
        raise UnsupportedContractError(pointer, f"the x-python-name {name!r} is not a usable name in Python")
    return name


def header_name(name: str) -> str:
    """The name of a header as an argument: ``Idempotency-Key`` is ``idempotency_key``."""
    return _valid_name(name.lower()) if not iskeyword(name.lower()) else f"{name.lower()}_"


def _valid_name(name: str) -> str:
    if iskeyword(name) or name == "self" or name in RESERVED_FIELDS:
        return f"{name}_"
    text = re.sub(r"\W+", "_", name, flags=re.ASCII).strip("_").lower()
    if not text or not text[0].isalpha():
        text = f"{PREFIX}{text}"
    return f"{text}_" if iskeyword(text) or text in RESERVED_FIELDS | {"self"} else text


def class_name(name: str, reserved: Collection[str] = ()) -> str:
    """The name of a class, in PascalCase."""
    text = pascal_case(name)
    if not text[:1].isalpha():
        text = f"Model{text}"
    # The generator names the files by its own rule, so this follows it: a builtin's name gets an underscore. Names that
    # end in Dict are for the TypedDicts beside the models.
    text = str(ClassName(text, "Model"))
    if text.endswith(("_", "Dict")) or text in IMPORTED or text in reserved:
        text = f"{text.strip('_')}Model"
    return str(ClassName(text, "Model"))


def module_name(name: str) -> str:
    """The name of a module, a package or a client's attribute, by the generator's rule for its files."""
    return str(PythonIdentifier(name, PREFIX))


def unique(name: str, taken: Iterable[str]) -> str:
    """The name; with the lowest number that makes it unique if it is taken."""
    used = {one.lower() for one in taken}
    if name.lower() not in used:
        return name
    separator = "_" if name.islower() else ""
    return next(
        candidate for number in range(2, 10_000) if (candidate := f"{name}{separator}{number}").lower() not in used
    )


def method_name(operation_id: str, tag: str) -> str:
    """An operation's id without the tag's noun: with the tag ``invoices``, ``listInvoices`` becomes ``list``."""
    words, noun = snake_case(operation_id).split("_"), snake_case(tag).split("_")
    for start in range(len(words) - len(noun) + 1):
        rest = words[:start] + words[start + len(noun) :]
        if rest and _same_noun(words[start : start + len(noun)], noun):
            words = rest
            break
    name = "_".join(words)
    return f"{name}_" if iskeyword(name) else _valid_name(name)


def _same_noun(words: Sequence[str], noun: Sequence[str]) -> bool:
    return list(words[:-1]) == list(noun[:-1]) and bool(_singular_forms(words[-1]) & _singular_forms(noun[-1]))


def _singular_forms(word: str) -> set[str]:
    """The word, and its possible singular forms."""
    forms = {word}
    for ending, singular in (("ies", "y"), ("es", ""), ("s", "")):
        if word.endswith(ending) and len(word) > len(ending) + 1:
            forms.add(word.removesuffix(ending) + singular)
    return forms


def member_names(values: Sequence[str | int]) -> list[str]:
    """The Python name of each value of an enumeration."""
    names: list[str] = []
    for value in values:
        words = str(value).replace("-", "_MINUS_") if isinstance(value, int) else value
        text = re.sub(r"\W+", "_", words).strip("_").upper() or "EMPTY"
        if not f"A{text}".isidentifier():
            text = re.sub(r"\W+", "_", words, flags=re.ASCII).strip("_").upper()
        if not text[:1].isalpha():
            text = f"VALUE_{text}"
        names.append(unique(text, names))
    return names
