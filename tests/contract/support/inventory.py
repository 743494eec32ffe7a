"""Every element of the contract that a message can satisfy or violate, with the outcomes that a full run must have."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from support.contract import DOCUMENT, METHODS, escaped
from support.reach import APPLIES_TO, GIVEN, LEFT_OUT, REACHED, SATISFIED, USED, VIOLATED

# For human readers: no request and no response can violate them.
ANNOTATIONS = {
    "openapi", "info", "tags", "operationId", "summary", "description", "bearerFormat",
    "x-name", "x-provenance", "x-provenance-rules",
}  # fmt: skip


class Element(NamedTuple):
    """A place in the contract, and an outcome that a full run must have there."""

    place: str
    outcome: str


class UnknownKeywordError(Exception):
    """The contract has a keyword that the inventory does not know: without this error it would be left out."""


def elements() -> Iterator[Element]:
    known("", DOCUMENT, {"servers", "paths", "components"})
    for index, server in enumerate(DOCUMENT["servers"]):
        place = f"/servers/{index}"
        known(place, server, {"url", "variables"})
        yield Element(f"{place}/url", USED)
        for name, variable in server["variables"].items():
            known(f"{place}/variables/{name}", variable, {"default"})
            yield Element(f"{place}/variables/{name}/default", USED)
    for path, methods in DOCUMENT["paths"].items():
        known(path, methods, set(METHODS))
        for method, operation in methods.items():
            yield from of_an_operation(f"/paths/{escaped(path)}/{method}", operation)
    components = DOCUMENT["components"]
    known("/components", components, {"schemas", "responses", "securitySchemes"})
    for name, scheme in components["securitySchemes"].items():
        yield from of_plain_keywords(f"/components/securitySchemes/{name}", scheme, {"type", "scheme"})
    for name, response in components["responses"].items():
        yield from of_a_response(f"/components/responses/{name}", response)
    for name, schema in components["schemas"].items():
        yield from of_a_schema(f"/components/schemas/{name}", schema)


def of_an_operation(place: str, operation: dict[str, Any]) -> Iterator[Element]:
    known(place, operation, {"security", "parameters", "requestBody", "responses"})
    for index, security in enumerate(operation["security"]):
        for name in security:
            yield Element(f"{place}/security/{index}/{name}", USED)
    for index, parameter in enumerate(operation.get("parameters", [])):
        inner = f"{place}/parameters/{index}"
        known(inner, parameter, {"name", "in", "required", "schema"})
        # `name` covers `in` as well: a parameter is sent under its name in its place.
        yield from (Element(f"{inner}/{keyword}", USED) for keyword in ("name", "required"))
        yield from of_a_schema(f"{inner}/schema", parameter["schema"])
    if "requestBody" in operation:
        body = operation["requestBody"]
        known(f"{place}/requestBody", body, {"required", "content"})
        yield Element(f"{place}/requestBody/required", USED)
        yield from of_content(f"{place}/requestBody/content", body["content"])
    for status, response in operation["responses"].items():
        yield Element(f"{place}/responses/{status}", USED)
        yield from of_a_response(f"{place}/responses/{status}", response)


def of_a_response(place: str, response: dict[str, Any]) -> Iterator[Element]:
    known(place, response, {"$ref", "content", "links"})
    yield from of_content(f"{place}/content", response.get("content", {}))
    for name, link in response.get("links", {}).items():
        known(f"{place}/links/{name}", link, {"parameters"})
        yield Element(f"{place}/links/{name}/operationId", USED)
        yield from (Element(f"{place}/links/{name}/parameters/{key}", USED) for key in link["parameters"])


def of_content(place: str, content: dict[str, Any]) -> Iterator[Element]:
    for media_type, found in content.items():
        inner = f"{place}/{escaped(media_type)}"
        known(inner, found, {"schema", "examples"})
        yield Element(inner, USED)
        yield from (Element(f"{inner}/examples/{name}/value", USED) for name in found.get("examples", {}))


def of_plain_keywords(place: str, node: dict[str, Any], keywords: set[str]) -> Iterator[Element]:
    known(place, node, keywords)
    yield from (Element(f"{place}/{keyword}", USED) for keyword in node.keys() & keywords)


def of_a_schema(place: str, schema: dict[str, Any]) -> Iterator[Element]:
    known(place, schema, {*APPLIES_TO, "properties", "items", "oneOf", "anyOf", "$ref", "examples"})
    for keyword in schema.keys() & APPLIES_TO.keys():
        yield from each(f"{place}/{keyword}", SATISFIED, VIOLATED)
    for index, _ in enumerate(schema.get("required", [])):
        yield from each(f"{place}/required/{index}", SATISFIED, VIOLATED)
    for keyword in ("enum", "oneOf", "anyOf", "examples"):
        yield from (Element(f"{place}/{keyword}/{index}", USED) for index, _ in enumerate(schema.get(keyword, [])))
    if isinstance(schema.get("type"), list):
        yield from (Element(f"{place}/type/{index}", USED) for index, _ in enumerate(schema["type"]))
    if "$ref" in schema:
        yield Element(f"{place}/$ref", USED)
    if "items" in schema:
        yield Element(f"{place}/items", USED)
        yield from of_a_schema(f"{place}/items", schema["items"])
    for name, inner in schema.get("properties", {}).items():
        yield from each(f"{place}/properties/{escaped(name)}", GIVEN, LEFT_OUT)
        yield from of_a_schema(f"{place}/properties/{escaped(name)}", inner)
    for keyword in ("oneOf", "anyOf"):
        for index, inner in enumerate(schema.get(keyword, [])):
            yield from of_a_schema(f"{place}/{keyword}/{index}", inner)


def each(place: str, *outcomes: str) -> Iterator[Element]:
    yield from (Element(place, outcome) for outcome in outcomes)


def known(place: str, node: Iterable[str], keywords: set[str]) -> None:
    if unknown := set(node) - keywords - ANNOTATIONS:
        raise UnknownKeywordError(f"{place}: {', '.join(sorted(unknown))}")


def unreached() -> list[Element]:
    return [element for element in elements() if not REACHED.get(element)]


def report() -> list[str]:
    """A line for each place with its outcomes and the suites that recorded them; last, the total."""
    lines: dict[str, list[str]] = {}
    for element in elements():
        suites = sorted(REACHED.get(element, ())) or ["NOT REACHED"]
        lines.setdefault(element.place, []).append(f"{element.outcome}: {', '.join(suites)}")
    wanted, missing = len(list(elements())), len(unreached())
    share = f"{100 * (wanted - missing) / wanted:.1f} %"
    table = [f"{place}  [{'; '.join(outcomes)}]" for place, outcomes in lines.items()]
    return [*table, f"{wanted - missing} of {wanted} elements of the contract were exercised: {share}"]
