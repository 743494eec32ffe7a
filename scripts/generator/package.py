"""Renders the package with openapi-python-client and the templates in generator-templates/."""

from __future__ import annotations

import contextlib
import io
import shutil
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

from jinja2.bccache import Bucket, BytecodeCache
from openapi_python_client import Project
from openapi_python_client.config import Config, ConfigFile, MetaType
from openapi_python_client.parser import GeneratorData
from openapi_python_client.parser.errors import GeneratorError

from .contract import Contract
from .docstrings import docstring
from .document import Node
from .model_views import enumeration_view, model_view
from .operation_views import operation_view
from .resources import resource_view

REMOVED_FILES = ("client.py", "errors.py")
SUPPORT = "support"


class GenerateError(Exception):
    """The package could not be generated, or differs from the committed one; the message says why."""


def render(
    contract: Contract, templates: Path, settings: ConfigFile, output: Path, not_public: Collection[str]
) -> list[str]:
    """Write the package, unformatted. Returns the post hooks, which the caller must run."""
    config = Config.from_sources(settings, MetaType.NONE, output, "utf-8", overwrite=False, output_path=output)
    hooks, config.post_hooks = config.post_hooks, []
    data = GeneratorData.from_dict(_generator_input(contract), config=config)
    if isinstance(data, GeneratorError):
        raise GenerateError(f"{data.header}: {data.detail}")
    project = Project(openapi=data, config=config, custom_template_path=templates)
    project.env.bytecode_cache = _CompiledTemplates()
    resources = _resources(contract)
    public = [(name, module) for name, module in _public_names(contract, resources) if name not in not_public]
    project.env.globals.update(public=public, classes=_classes(contract), servers=contract.servers)
    project.env.filters["docstring"] = docstring
    project.env.filters["view"] = _views(contract).__getitem__
    _build(project)
    for name in REMOVED_FILES:
        (output / name).unlink()
    for path in sorted((templates / SUPPORT).glob("*.py")):
        shutil.copy(path, output / path.name)
    (output / "contract.py").write_text(project.env.get_template("contract.py.jinja").render(), encoding="utf-8")
    _write_resources(project, resources, output / "resources")
    (output / "py.typed").write_text("", encoding="utf-8")
    return hooks


def _build(project: Project) -> None:
    with contextlib.redirect_stdout(io.StringIO()):
        errors = project.build()
    if errors:
        raise GenerateError("\n".join(f"{error.header}: {error.detail}" for error in errors))


class _CompiledTemplates(BytecodeCache):
    """The compiled templates, for all packages that the process renders."""

    code: ClassVar[dict[str, bytes]] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if bucket.key in self.code:
            bucket.bytecode_from_string(self.code[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        self.code[bucket.key] = bucket.bytecode_to_string()


class _Views(dict[str, Any]):
    """The view of each object that the generator passes to a template. The keys of operations end in ``()``."""

    def __getitem__(self, item: Any) -> Any:
        return super().__getitem__(str(item.class_info.name) if hasattr(item, "class_info") else f"{item.name}()")


def _views(contract: Contract) -> _Views:
    return _Views(
        {one.name: model_view(one) for one in contract.models}
        | {one.name: enumeration_view(one) for one in contract.enumerations}
        | {f"{one.name}()": operation_view(one) for one in contract.operations}
    )


def _generator_input(contract: Contract) -> Node:
    """A minimal document for the generator: every class and operation, under its final name."""
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
        resource_view(
            attribute,
            operations,
            contract.tags.get(operations[0].tag, ""),
            taken,
            contract.helpers.get(attribute, ()),
        )
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
    """Every class in the models package, and its module."""
    names = {one.name: one.module for one in [*contract.models, *contract.enumerations]}
    return sorted((names | {f"{one.name}Dict": one.module for one in contract.models if one.in_arguments}).items())


def _public_names(contract: Contract, resources: Sequence[Mapping[str, Any]]) -> list[tuple[str, str]]:
    """The names that the package exports, and their modules: every class except envelopes."""
    envelopes = {
        one.shape.model.name
        for operation in contract.operations
        for one in operation.responses
        if one.shape and one.shape.model and (one.enveloped or not one.is_success)
    }
    names = {name: "models" for name, _module in _classes(contract)}
    names |= {name: f"resources.{one['attribute']}" for one in resources for name in one["classes"]}
    return sorted((name, module) for name, module in names.items() if name not in envelopes)
