"""How a property of the contract is written in Python: the functions that generator-templates/ calls.

The generator has a class for each kind of property; they are told apart here by that class, so a number is a `Decimal`
wherever it stands, in a union or a list too, and no rendered text is rewritten.
"""

from __future__ import annotations

from keyword import iskeyword

from openapi_python_client.parser.openapi import Endpoint
from openapi_python_client.parser.properties import Class, EnumProperty, ModelProperty
from openapi_python_client.parser.properties.const import ConstProperty
from openapi_python_client.parser.properties.datetime import DateTimeProperty
from openapi_python_client.parser.properties.float import FloatProperty
from openapi_python_client.parser.properties.list_property import ListProperty
from openapi_python_client.parser.properties.none import NoneProperty
from openapi_python_client.parser.properties.protocol import PropertyProtocol
from openapi_python_client.parser.properties.union import UnionProperty
from openapi_python_client.strings import in_f_string_literal

# Names that a generated model uses itself; a field of that name would hide them from its own annotations.
_TAKEN = {"Any", "AwareDatetime", "Decimal", "Literal", "UUID", "bool", "datetime", "int", "list", "msgspec", "str"}


class UnsupportedContractError(Exception):
    """The contract says something that the templates do not write; the message names the place."""


def annotation(prop: PropertyProtocol) -> str:
    """The type of a value that is there."""
    match prop:
        case FloatProperty():
            return "Decimal"
        case DateTimeProperty():
            return "AwareDatetime"
        case ConstProperty() if isinstance(prop.value.raw_value, bool):
            return "bool"  # msgspec has no Literal[True]; the value is checked after decoding
        case ListProperty():
            return f"list[{annotation(prop.inner_property)}]"
        case UnionProperty():
            kinds = [annotation(inner) for inner in prop.inner_properties if not isinstance(inner, NoneProperty)]
            return " | ".join([*kinds, "None"] if is_nullable(prop) else kinds)
        case _:
            return str(prop.get_type_string(no_optional=True).as_unembedded_code())


def is_nullable(prop: PropertyProtocol) -> bool:
    """Whether null is a value of the property."""
    return isinstance(prop, UnionProperty) and any(isinstance(inner, NoneProperty) for inner in prop.inner_properties)


def default_value(prop: PropertyProtocol) -> str:
    """What follows the annotation: nothing, None where absent and null are one, or UNSET where null is not allowed."""
    if prop.required:
        return ""
    return " = None" if is_nullable(prop) else " | msgspec.UnsetType = msgspec.UNSET"


def field_name(prop: PropertyProtocol) -> str:
    """The name of the property itself, not the generator's `type_`: msgspec finds an attrs field by its name."""
    name: str = prop.name.get_untrusted_value()
    if not name.isidentifier() or iskeyword(name) or name.startswith("_") or name in _TAKEN:
        raise UnsupportedContractError(f"the property name {name!r} cannot be the name of a field")
    return name


def neighbours(prop: PropertyProtocol) -> list[Class]:
    """The generated classes in the annotation of the property."""
    match prop:
        case ModelProperty() | EnumProperty():
            return [prop.class_info]
        case ListProperty():
            return neighbours(prop.inner_property)
        case UnionProperty():
            return [found for inner in prop.inner_properties for found in neighbours(inner)]
        case _:
            return []


def all_neighbours(endpoint: Endpoint) -> list[Class]:
    """The generated classes that an operation takes or answers with."""
    properties = [*endpoint.list_all_parameters(), *(response.prop for response in endpoint.responses)]
    return [found for prop in properties for found in neighbours(prop)]


def constant(prop: PropertyProtocol) -> bool:
    """Whether a constant is left to be checked after decoding: msgspec checks those that are a Literal."""
    return isinstance(prop, ConstProperty) and isinstance(prop.value.raw_value, bool)


def decimal(prop: PropertyProtocol) -> bool:
    """Whether the property is a number, or may be one."""
    match prop:
        case FloatProperty():
            return True
        case UnionProperty():
            return any(decimal(inner) for inner in prop.inner_properties)
        case ListProperty() if decimal(prop.inner_property):
            raise UnsupportedContractError(f"{field_name(prop)!r} is a list of numbers, which nothing would check")
        case _:
            return False


def in_doubt(prop: PropertyProtocol) -> str:
    """The condition under which a number has to be looked at closely; the number is `value` then."""
    source = f"self.{field_name(prop)}"
    kind = annotation(prop) + default_value(prop)
    if kind == "Decimal":
        return f"not 0 < (value := {source}).adjusted() < 1000"
    there = f"(value := {source}) is not None" if "Unset" not in kind else f"isinstance(value := {source}, Decimal)"
    return f"{there} and not 0 < value.adjusted() < 1000"


def path_expression(endpoint: Endpoint) -> str:
    """The path as the text of an f-string, each parameter percent-encoded."""
    path: str = endpoint.path.get_untrusted_value()
    text = in_f_string_literal(path)
    for parameter in endpoint.path_parameters:
        text = text.replace(f"{{{{{parameter.python_name}}}}}", f"{{path_value({parameter.python_name})}}")
    return str(text)


def refuse_unsupported(endpoint: Endpoint) -> None:
    """Raise UnsupportedContractError for what the operation template does not write."""
    if endpoint.header_parameters or endpoint.cookie_parameters:
        raise UnsupportedContractError(f"{endpoint.name}: header and cookie parameters are not written")
    if len(endpoint.bodies) > 1 or any(str(body.body_type) != "json" for body in endpoint.bodies):
        raise UnsupportedContractError(f"{endpoint.name}: only one body, in JSON, is written")
    for prop in [*endpoint.path_parameters, *endpoint.query_parameters]:
        if isinstance(prop, ListProperty | ModelProperty | UnionProperty):
            raise UnsupportedContractError(f"{endpoint.name}: the parameter {prop.python_name} is not a plain value")
