"""Names in Python for what has a name in the contract."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from keyword import iskeyword

from openapi_python_client.strings import PythonIdentifier, pascal_case, snake_case

# Names that generated modules import; a model of the same name would hide them.
IMPORTED = {
    "Annotated", "Any", "ApiResponse", "AsyncCaller", "AwareDatetime", "Caller", "Decimal", "Final", "IfPresent",
    "Iterable", "Literal", "Mapping", "ModelList", "Number", "OpenIntEnum", "OpenStrEnum", "Sequence", "Struct", "UUID",
}  # fmt: skip
# A field of one of these names would hide a type from the annotations below it.
HIDING = IMPORTED | {"field", "frozen", "property", "datetime", "msgspec", "builtins"}
BUILTIN_TYPES = ("bool", "dict", "int", "list", "str")
PREFIX = "field_"


def field_name(json_name: str) -> str:
    """The name of a property in Python: its own, unless Python cannot have that."""
    usable = json_name.isidentifier() and not json_name.startswith("_") and json_name not in HIDING | {"self"}
    return json_name if usable and not iskeyword(json_name) else _repaired(json_name)


def header_name(name: str) -> str:
    """The name of a header as an argument: ``Idempotency-Key`` is ``idempotency_key``."""
    return _repaired(name.lower()) if not iskeyword(name.lower()) else f"{name.lower()}_"


def _repaired(name: str) -> str:
    if iskeyword(name) or name == "self" or name in HIDING:
        return f"{name}_"
    text = re.sub(r"\W+", "_", name, flags=re.ASCII).strip("_").lower()
    if not text or not text[0].isalpha():
        text = f"{PREFIX}{text}"
    return f"{text}_" if iskeyword(text) or text in HIDING | {"self"} else text


def class_name(*parts: str) -> str:
    """A class's name from the words of its parts."""
    name = "".join(pascal_case(part) for part in parts)
    if not name[:1].isalpha():
        name = f"Model{name}"
    return f"{name}Model" if name in IMPORTED or iskeyword(name) else name


def module_name(name: str) -> str:
    """The name of a module, a package or a client's attribute, as the generator has it for its files."""
    return str(PythonIdentifier(name, PREFIX))


def unique(name: str, taken: Iterable[str]) -> str:
    """The name, or the name with the first number that makes it one that is not taken."""
    used = {one.lower() for one in taken}
    if name.lower() not in used:
        return name
    separator = "_" if name.islower() else ""
    return next(
        candidate for number in range(2, 10_000) if (candidate := f"{name}{separator}{number}").lower() not in used
    )


def method_name(operation_id: str, tag: str) -> str:
    """The words of an operation's id without the tag's noun: ``listInvoices`` of ``invoices`` is ``list``."""
    words, noun = snake_case(operation_id).split("_"), snake_case(tag).split("_")
    for start in range(len(words) - len(noun) + 1):
        rest = words[:start] + words[start + len(noun) :]
        if rest and _same_noun(words[start : start + len(noun)], noun):
            words = rest
            break
    name = "_".join(words)
    return f"{name}_" if iskeyword(name) else _repaired(name)


def _same_noun(words: Sequence[str], noun: Sequence[str]) -> bool:
    return list(words[:-1]) == list(noun[:-1]) and bool(_forms(words[-1]) & _forms(noun[-1]))


def _forms(word: str) -> set[str]:
    """The word, and what its singular may be."""
    forms = {word}
    for ending, singular in (("ies", "y"), ("es", ""), ("s", "")):
        if word.endswith(ending) and len(word) > len(ending) + 1:
            forms.add(word.removesuffix(ending) + singular)
    return forms


def member_names(values: Sequence[str | int]) -> list[str]:
    """The Python name of each value of an enumeration."""
    names: list[str] = []
    for value in values:
        text = re.sub(r"\W+", "_", str(value).replace("-", "_MINUS_") if isinstance(value, int) else value).strip("_")
        text = text.upper() or "EMPTY"
        if not text[0].isalpha() or not text.isidentifier():
            text = f"VALUE_{text}"
        names.append(unique(text, names))
    return names
