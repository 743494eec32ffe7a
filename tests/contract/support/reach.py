"""Coverage of the contract: which suite exercised which keyword, recorded during validation.

`Reach(suite).errors(place, value)` validates a value as jsonschema does, and records every keyword that applies to
it, at its place in the contract: satisfied, or violated. A keyword that does not apply to a value (a `minimum` to a
text) is not recorded.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import Any

import jsonschema
from jsonschema import Draft202012Validator

from support.contract import DOCUMENT, at, escaped

Keyword = Callable[[Any, Any, Any, Any], Iterator[jsonschema.ValidationError] | None]

SATISFIED, VIOLATED, USED, GIVEN, LEFT_OUT = "satisfied", "violated", "used", "given", "left out"
# Keywords that can be satisfied and violated, and the types of the values that they apply to.
NUMBERS, TEXTS, ARRAYS, OBJECTS = (int, float), str, list, dict
APPLIES_TO: dict[str, Any] = {
    "type": object,
    "const": object,
    "enum": object,
    "minimum": NUMBERS,
    "maximum": NUMBERS,
    "minLength": TEXTS,
    "pattern": TEXTS,
    "format": TEXTS,
    "maxItems": ARRAYS,
    "required": OBJECTS,
    "additionalProperties": OBJECTS,
}

# (place in the contract, outcome) -> suites
REACHED: defaultdict[tuple[str, str], set[str]] = defaultdict(set)


def places(node: Any, place: str = "") -> Iterator[tuple[str, Any]]:
    """Every object and array of a document with its JSON pointer, the document first."""
    yield place, node
    members = node.items() if isinstance(node, dict) else enumerate(node)
    for key, member in members:
        if isinstance(member, (dict, list)):
            yield from places(member, f"{place}/{escaped(key)}")


_PLACE_OF = {id(node): place for place, node in places(DOCUMENT)}


def note(suite: str, place: str, outcome: str = USED) -> None:
    """Record that an element other than a schema's keyword was used: a status, a link, a parameter."""
    REACHED[place, outcome].add(suite)


class Reach:
    """Validators of the contract's schemas that record, for one suite, the keywords that applied."""

    def __init__(self, suite: str) -> None:
        self._suite = suite
        watched = {name: self._watched(name, found) for name, found in Draft202012Validator.VALIDATORS.items()}
        self._kind = jsonschema.validators.extend(
            Draft202012Validator, watched, format_checker=Draft202012Validator.FORMAT_CHECKER
        )
        self._validators: dict[str, Any] = {}

    def errors(self, place: str, value: Any) -> list[jsonschema.ValidationError]:
        """The validation errors of VALUE under the schema at PLACE, a JSON pointer into the contract."""
        validator = self._validators.get(place)
        if validator is None:
            # The root is `DOCUMENT` itself, so that `_PLACE_OF` finds every schema by its identity.
            whole = self._kind(DOCUMENT, format_checker=Draft202012Validator.FORMAT_CHECKER)
            validator = self._validators[place] = whole.evolve(schema=at(place))
        return list(validator.iter_errors(value))

    def note(self, place: str, outcome: str = USED) -> None:
        note(self._suite, place, outcome)

    def _watched(self, name: str, keyword: Keyword) -> Keyword:
        def watch(validator: Any, wanted: Any, value: Any, schema: Any) -> Iterator[jsonschema.ValidationError]:
            errors = list(keyword(validator, wanted, value, schema) or ())
            place = _PLACE_OF.get(id(schema))
            if place is not None:
                self._note(f"{place}/{name}", name, wanted, value, errors)
                if name == "anyOf":  # which stops at the first member that fits, and does not report it
                    for index, one in enumerate(wanted):
                        if validator.evolve(schema=one).is_valid(value):
                            self.note(f"{place}/{name}/{index}")
            yield from errors

        return watch

    def _note(self, place: str, name: str, wanted: Any, value: Any, errors: list[Any]) -> None:
        if name in APPLIES_TO:
            if isinstance(value, APPLIES_TO[name]) and not (APPLIES_TO[name] is NUMBERS and isinstance(value, bool)):
                self._note_rule(place, name, wanted, value, violated=bool(errors))
        elif name == "properties" and isinstance(value, dict):
            for key in wanted:
                self.note(f"{place}/{escaped(key)}", GIVEN if key in value else LEFT_OUT)
        elif name == "oneOf":
            failed = {error.schema_path[0] for one in errors for error in one.context}
            for index in set(range(len(wanted))) - failed:
                self.note(f"{place}/{index}")
        elif name == "$ref" or (name == "items" and value):
            self.note(place)

    def _note_rule(self, place: str, name: str, wanted: Any, value: Any, *, violated: bool) -> None:
        self.note(place, VIOLATED if violated else SATISFIED)
        if name == "required":
            for index, key in enumerate(wanted):
                self.note(f"{place}/{index}", SATISFIED if key in value else VIOLATED)
        elif name == "enum" and not violated:
            self.note(f"{place}/{wanted.index(value)}")
        elif name == "type" and isinstance(wanted, list) and not violated:
            self.note(f"{place}/{wanted.index('null') if value is None else 1 - wanted.index('null')}")
