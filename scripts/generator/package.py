"""The package: the generator's own project, with templates that print what was read here."""

from __future__ import annotations

import contextlib
import io
import shutil
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

from attrs import define, field, frozen
from jinja2.bccache import Bucket, BytecodeCache
from openapi_python_client import Project
from openapi_python_client.config import Config, ConfigFile, MetaType
from openapi_python_client.parser import GeneratorData
from openapi_python_client.parser.errors import GeneratorError

from .directions import mark_directions
from .document import Document, Node
from .graph import mark_cycles, without_broken
from .operations import Additions, Operation, OperationReader
from .refusals import refuse_broken, refuse_taken_names
from .resources import resource_view
from .schemas import SchemaReader
from .shapes import Enumeration, Model, UnsupportedContractError
from .views import docstring, enumeration_view, model_view, operation_view

NOT_KEPT = ("client.py", "errors.py")
SUPPORT = ("types.py", "operations.py", "rules.py")


class GenerateError(Exception):
    """Nothing was generated, or not what should have been; the message says why."""


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
        refused=list({str(one): one for one in [*refused, *problems]}.values()),
    )


def _operations(
    document: Document, schemas: SchemaReader, surroundings: Surroundings
) -> tuple[list[Operation], list[UnsupportedContractError]]:
    """The operations that can be generated, and why others cannot."""
    read = list(OperationReader(document, schemas, surroundings.arguments).read_all())
    problems = [one for one in read if isinstance(one, UnsupportedContractError)]
    helped = {
        one.attribute: surroundings.helpers[one.id]
        for one in read
        if isinstance(one, Operation) and one.id in surroundings.helpers
    }
    whole = without_broken(schemas.models)
    kept: list[Operation] = []
    for one in read:
        if isinstance(one, Operation):
            try:
                refuse_taken_names(one, kept, helped.get(one.attribute, ()), surroundings.client)
                refuse_broken(one, whole)
                kept.append(one)
            except UnsupportedContractError as problem:
                problems.append(problem)
    return kept, problems


def render(
    contract: Contract, templates: Path, settings: ConfigFile, output: Path, not_public: Collection[str]
) -> list[str]:
    """Write the package, unformatted; the hooks that are left to run on it."""
    config = Config.from_sources(settings, MetaType.NONE, output, "utf-8", overwrite=False, output_path=output)
    hooks, config.post_hooks = config.post_hooks, []
    data = GeneratorData.from_dict(_document_for_the_generator(contract), config=config)
    if isinstance(data, GeneratorError):
        raise GenerateError(f"{data.header}: {data.detail}")
    project = Project(openapi=data, config=config, custom_template_path=templates)
    project.env.bytecode_cache = _Compiled()
    resources = _resources(contract)
    public = [(name, home) for name, home in _public_names(contract, resources) if name not in not_public]
    project.env.globals.update(public=public, classes=_classes(contract), servers=contract.servers)
    project.env.filters["docstring"] = docstring
    project.env.filters["spec"] = _specs(contract).__getitem__
    _build(project)
    for name in NOT_KEPT:
        (output / name).unlink()
    for name in SUPPORT:
        shutil.copy(templates / "support" / name, output / name)
    (output / "contract.py").write_text(project.env.get_template("contract.py.jinja").render(), encoding="utf-8")
    _write_resources(project, resources, output / "resources")
    (output / "py.typed").write_text("", encoding="utf-8")
    return hooks


def _build(project: Project) -> None:
    with contextlib.redirect_stdout(io.StringIO()):
        errors = project.build()
    if errors:
        raise GenerateError("\n".join(f"{error.header}: {error.detail}" for error in errors))


class _Compiled(BytecodeCache):
    """Templates, compiled once for all packages that a process makes."""

    code: ClassVar[dict[str, bytes]] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if bucket.key in self.code:
            bucket.bytecode_from_string(self.code[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        self.code[bucket.key] = bucket.bytecode_to_string()


class _ByName(dict[str, Any]):
    """Views by the name of what the generator hands to a template."""

    def __getitem__(self, item: Any) -> Any:
        return super().__getitem__(str(item.class_info.name) if hasattr(item, "class_info") else f"{item.name}()")


def _specs(contract: Contract) -> _ByName:
    return _ByName(
        {one.name: model_view(one) for one in contract.models}
        | {one.name: enumeration_view(one) for one in contract.enumerations}
        | {f"{one.name}()": operation_view(one) for one in contract.operations}
    )


def _document_for_the_generator(contract: Contract) -> Node:
    """The contract with every class and operation under its final name, and no more than the generator has to know."""
    paths: Node = {}
    for one in contract.operations:
        parameters = [
            {"name": argument.json_name, "in": "path", "required": True, "schema": {"type": "string"}}
            for argument in one.arguments
            if argument.place == "path"
        ]
        paths.setdefault(one.path, {})[one.method.lower()] = {
            "operationId": one.name,
            "tags": [one.attribute],
            "summary": one.summary,
            "parameters": parameters,
            "responses": {"default": {"description": ""}},
        }
    schemas: Node = {one.name: {"type": "object"} for one in contract.models}
    for enumeration in contract.enumerations:
        kind = "string" if enumeration.is_text else "integer"
        names, values = zip(*enumeration.members, strict=True)
        schemas[enumeration.name] = {"type": kind, "enum": [*values], "x-enum-varnames": [*names]}
    return {
        "openapi": "3.1.0",
        "info": {"title": contract.title, "version": contract.version},
        "paths": paths,
        "components": {"schemas": schemas},
    }


def _resources(contract: Contract) -> list[dict[str, Any]]:
    taken = {one.name for one in [*contract.models, *contract.enumerations]}
    return [
        resource_view(attribute, operations, contract.tags.get(operations[0].tag, ""), taken)
        for attribute, operations in sorted(contract.by_attribute().items())
    ]


def _write_resources(project: Project, resources: Sequence[Mapping[str, Any]], folder: Path) -> None:
    folder.mkdir()
    index = project.env.get_template("resources.py.jinja").render(resources=resources)
    (folder / "__init__.py").write_text(index, encoding="utf-8")
    template = project.env.get_template("resource.py.jinja")
    for one in resources:
        (folder / f"{one['attribute']}.py").write_text(template.render(resource=one), encoding="utf-8")


def _classes(contract: Contract) -> list[tuple[str, str]]:
    """Every class of the models' package, and its module."""
    names = {one.name: one.module for one in [*contract.models, *contract.enumerations]}
    return sorted((names | {f"{one.name}Dict": one.module for one in contract.models if one.in_arguments}).items())


def _public_names(contract: Contract, resources: Sequence[Mapping[str, Any]]) -> list[tuple[str, str]]:
    """What users import by name, and its module: all classes but envelopes."""
    envelopes = {
        one.shape.model.name
        for operation in contract.operations
        for one in operation.responses
        if one.shape and one.shape.model and (one.enveloped or not one.is_success)
    }
    names = {name: "models" for name, _module in _classes(contract)}
    names |= {name: f"resources.{one['attribute']}" for one in resources for name in one["classes"]}
    return sorted((name, home) for name, home in names.items() if name not in envelopes)
