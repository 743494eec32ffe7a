"""The contract turned round: each answer's schema becomes a request body, so that answers can be generated."""

from __future__ import annotations

from typing import Any, NamedTuple

from holding.contract import DOCUMENT, resolve


class Answered(NamedTuple):
    """An answer of the contract: to which operation, with which status, and the place of its schema."""

    operation: str
    status: str
    place: str


def answers() -> dict[str, Answered]:
    """Every answer of the contract, by its path in the mirror."""
    found: dict[str, Answered] = {}
    for methods in DOCUMENT["paths"].values():
        for operation in methods.values():
            for status, response in operation["responses"].items():
                schema = resolve(response)["content"]["application/json"]["schema"]
                name = operation["operationId"]
                found[f"/{name}/{status}"] = Answered(name, status, schema["$ref"].removeprefix("#"))
    return found


ANSWERS = answers()


def document() -> dict[str, Any]:
    """An OpenAPI document with a POST for each answer."""
    return {
        "openapi": DOCUMENT["openapi"],
        "info": {"title": "What the service answers", "version": "1"},
        "paths": {
            path: {
                "post": {
                    "operationId": path.strip("/").replace("/", "_"),
                    "requestBody": {
                        "required": True,
                        "content": {"application/json": {"schema": {"$ref": f"#{answered.place}"}}},
                    },
                    "responses": {"204": {"description": "Read."}},
                }
            }
            for path, answered in ANSWERS.items()
        },
        "components": {"schemas": DOCUMENT["components"]["schemas"]},
    }
