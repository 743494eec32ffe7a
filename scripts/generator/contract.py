"""Reading a contract: all that can be generated of it, and what cannot."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from attrs import define, field, frozen

from .directions import mark_directions
from .document import Document, Node
from .graph import mark_cycles, without_broken
from .operations import Additions, Operation, OperationReader
from .refusals import refuse_broken, refuse_taken_names
from .schemas import SchemaReader
from .shapes import Enumeration, Model, UnsupportedContractError


@frozen(kw_only=True)
class Surroundings:
    """What overlays/paisr adds to what is generated, and the names that it has already."""

    arguments: Additions = field(factory=dict)
    helpers: Mapping[str, Sequence[str]] = field(factory=dict)
    """Methods beside those of the resource that has an operation, by the operation's id."""

    extended: Mapping[str, Sequence[str]] = field(factory=dict)
    """Classes that are extended under the same name: ``models`` and ``resources``."""

    client: Collection[str] = ()
    """What a client has beside its resources."""

    public: Collection[str] = ()
    """What users import by name already."""

    @property
    def reserved(self) -> set[str]:
        """Names that no class of the contract can have."""
        return set(self.public) - set(self.extended.get("models", ()))

    @property
    def not_public(self) -> set[str]:
        return {name for names in self.extended.values() for name in names}


@define(kw_only=True)
class Contract:
    """What was read of a contract: all that can be generated, and what cannot."""

    title: str
    version: str
    tags: Mapping[str, str]
    """The description of each tag."""

    servers: Mapping[str, str]
    models: list[Model]
    enumerations: list[Enumeration]
    operations: list[Operation]
    helpers: Mapping[str, Sequence[str]] = field(factory=dict)
    """Methods of a resource that overlays/paisr adds, by what a client calls the resource."""

    refused: list[UnsupportedContractError] = field(factory=list)

    def by_attribute(self) -> dict[str, list[Operation]]:
        """The operations of each resource, by what a client calls it."""
        found: dict[str, list[Operation]] = {}
        for one in self.operations:
            found.setdefault(one.attribute, []).append(one)
        return found


def read_contract(root: Node, surroundings: Surroundings) -> Contract:
    """Read all that the contract says."""
    document = Document(root)
    schemas = SchemaReader(document, surroundings.reserved)
    refused = schemas.read_components()
    operations, problems = _operations(document, schemas, surroundings)
    servers: dict[str, str] = {}
    try:
        servers = document.servers()
    except UnsupportedContractError as problem:
        problems.append(problem)
    mark_directions(operations)
    models = sorted(without_broken(schemas.models).values(), key=lambda one: one.name)
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
        helpers=_helped(operations, surroundings),
        refused=list({(one.operation, str(one)): one for one in [*refused, *problems]}.values()),
    )


def _helped(operations: Sequence[Operation], surroundings: Surroundings) -> dict[str, Sequence[str]]:
    return {one.attribute: surroundings.helpers[one.id] for one in operations if one.id in surroundings.helpers}


def _operations(
    document: Document, schemas: SchemaReader, surroundings: Surroundings
) -> tuple[list[Operation], list[UnsupportedContractError]]:
    """The operations that can be generated, and why others cannot."""
    read = list(OperationReader(document, schemas, surroundings.arguments).read_all())
    problems = [one for one in read if isinstance(one, UnsupportedContractError)]
    helped = _helped([one for one in read if isinstance(one, Operation)], surroundings)
    whole = without_broken(schemas.models)
    kept: list[Operation] = []
    for one in read:
        if isinstance(one, Operation):
            try:
                refuse_taken_names(one, kept, helped.get(one.attribute, ()), surroundings.client)
                refuse_broken(one, whole)
                kept.append(one)
            except UnsupportedContractError as problem:
                problem.operation = f"{one.method} {one.path}"
                problems.append(problem)
    return kept, problems
