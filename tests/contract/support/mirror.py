"""A mirror of the contract: each response's schema becomes a request body, so that Schemathesis generates responses."""

from __future__ import annotations

from typing import Any, NamedTuple

from support.contract import DOCUMENT, JSON, OPERATIONS, Operation, escaped, place_of, resolve


class ContractResponse(NamedTuple):
    """A response of the contract: its operation, its status, and the JSON pointer of its schema."""

    operation: Operation
    status: str
    place: str

    @property
    def status_code(self) -> int:
        """The status itself; of a range or `default`, a status in it."""
        return int(self.status.replace("XX", "22")) if self.status != "default" else 522

    @property
    def is_success(self) -> bool:
        return self.status.startswith("2")


def responses() -> dict[str, ContractResponse]:
    """Every response of the contract that has a body, by its path in the mirror."""
    found: dict[str, ContractResponse] = {}
    for operation in OPERATIONS.values():
        for status, response in operation.node["responses"].items():
            content = resolve(response).get("content", {})
            if JSON in content:
                inner = f"{operation.pointer}/responses/{status}/content/{escaped(JSON)}/schema"
                place = place_of(content[JSON]["schema"], inner)
                found[f"/{operation.id}/{status}"] = ContractResponse(operation, str(status), place)
    return found


RESPONSES = responses()
SUCCESSES = {found.operation.id: found for found in RESPONSES.values() if found.is_success}


def document() -> dict[str, Any]:
    """An OpenAPI document with a POST for each response."""
    return {
        "openapi": DOCUMENT["openapi"],
        "info": {"title": "Responses of the service", "version": "1"},
        "paths": {
            path: {
                "post": {
                    "operationId": path.strip("/").replace("/", "_"),
                    "requestBody": {
                        "required": True,
                        "content": {JSON: {"schema": {"$ref": f"#{response.place}"}}},
                    },
                    "responses": {"204": {"description": "Read."}},
                }
            }
            for path, response in RESPONSES.items()
        },
        "components": {"schemas": DOCUMENT["components"]["schemas"]},
    }
