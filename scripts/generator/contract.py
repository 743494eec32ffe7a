"""Reads a contract: the parts that can be generated, and the reasons why others cannot."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from attrs import define, field, frozen

from .directions import mark_directions
from .document import Document, Node
from .graph import complete_models, mark_cycles
from .operations import Additions, Operation, OperationReader
from .refusals import refuse_incomplete_models, refuse_taken_names
from .schemas import SchemaReader
from .shapes import Enumeration, Model, UnsupportedContractError


@frozen(kw_only=True)
class OverlayConfiguration:
    """The additions of overlays/paisr to the generated code, and the names that it uses."""

    arguments: Additions = field(factory=dict)
    helpers: Mapping[str, Sequence[str]] = field(factory=dict)
    """Methods that overlays/paisr adds to a resource, by the id of one of the resource's operations."""

    extended: Mapping[str, Sequence[str]] = field(factory=dict)
    """Generated classes that overlays/paisr extends under the same name: ``models`` and ``resources``."""

    client: Collection[str] = ()
    """The attributes of a client other than its resources."""

    public: Collection[str] = ()
    """The names that overlays/paisr exports."""

    @property
    def reserved(self) -> set[str]:
        """Names that no generated class can have."""
        return set(self.public) - set(self.extended.get("models", ()))

    @property
    def not_public(self) -> set[str]:
        """Generated classes that are not exported, because overlays/paisr exports its own under the same name."""
        return {name for names in self.extended.values() for name in names}


@define(kw_only=True)
class Contract:
    """A contract as it was read: the parts that can be generated, and the reasons why others cannot."""

    title: str
    version: str
    tags: Mapping[str, str]
    """The description of each tag."""

    servers: Mapping[str, str]
    models: list[Model]
    enumerations: list[Enumeration]
    operations: list[Operation]
    helpers: Mapping[str, Sequence[str]] = field(factory=dict)
    """Methods that overlays/paisr adds to a resource, by the client's attribute for the resource."""

    refused: list[UnsupportedContractError] = field(factory=list)

    def by_attribute(self) -> dict[str, list[Operation]]:
        """The operations of each resource, by the client's attribute for the resource."""
        found: dict[str, list[Operation]] = {}
        for one in self.operations:
            found.setdefault(one.attribute, []).append(one)
        return found


def read_contract(root: Node, overlays: OverlayConfiguration) -> Contract:
    """Read a whole contract. Parts that cannot be generated are in `refused`."""
    document = Document(root)
    schemas = SchemaReader(document, overlays.reserved)
    refused = schemas.read_components()
    operations, problems = _operations(document, schemas, overlays)
    servers: dict[str, str] = {}
    try:
        servers = document.servers()
    except UnsupportedContractError as problem:
        problems.append(problem)
    mark_directions(operations)
    models = sorted(complete_models(schemas.models).values(), key=lambda one: one.name)
    mark_cycles(models)
    info = root.get("info", {})
    return Contract(
        title=str(info.get("title", "API")),
        version=str(info.get("version", "0")),
        tags={str(one["name"]): one.get("description", "") for one in root.get("tags", [])},
        servers=servers,
        models=models,
        enumerations=sorted(schemas.enumerations.values(), key=lambda one: one.name),
        operations=operations,
        helpers=_helpers_by_attribute(operations, overlays),
        refused=list({(one.operation, str(one)): one for one in [*refused, *problems]}.values()),
    )


def _helpers_by_attribute(operations: Sequence[Operation], overlays: OverlayConfiguration) -> dict[str, Sequence[str]]:
    return {one.attribute: overlays.helpers[one.id] for one in operations if one.id in overlays.helpers}


def _operations(
    document: Document, schemas: SchemaReader, overlays: OverlayConfiguration
) -> tuple[list[Operation], list[UnsupportedContractError]]:
    """The operations that can be generated, and the reasons why others cannot."""
    read = list(OperationReader(document, schemas, overlays.arguments).read_all())
    problems = [one for one in read if isinstance(one, UnsupportedContractError)]
    helpers = _helpers_by_attribute([one for one in read if isinstance(one, Operation)], overlays)
    complete = complete_models(schemas.models)
    kept: list[Operation] = []
    for one in read:
        if isinstance(one, Operation):
            try:
                refuse_taken_names(one, kept, helpers.get(one.attribute, ()), overlays.client)
                refuse_incomplete_models(one, complete)
                kept.append(one)
            except UnsupportedContractError as problem:
                problem.operation = f"{one.method} {one.path}"
                problems.append(problem)
    return kept, problems
