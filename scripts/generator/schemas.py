"""Reads the schemas of a contract into shapes."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from attrs import evolve

from . import naming
from .composition import alias_of, is_annotation, merged, refuse_unsupported_keywords, types_of
from .document import Document, Node, escaped
from .limits import described, limits_of
from .shapes import Enumeration, Field, Kind, Model, Shape, UnsupportedContractError
from .unions import union_of
from .values import constant_of, is_constant, only_requires, shape_without_names, untyped, values_of

TEXT_FORMATS: dict[str, Kind] = {"date-time": "datetime", "date": "date", "uuid": "uuid"}


class SchemaReader:
    """Reads schemas, and collects the models and enumerations that they need, each once."""

    def __init__(self, document: Document, reserved: Collection[str] = ()) -> None:
        """`reserved`: names that no generated class can have, because overlays/paisr exports them."""
        self.document = document
        self.reserved = reserved
        self.models: dict[str, Model] = {}
        self.enumerations: dict[str, Enumeration] = {}
        self._in_progress: list[str] = []
        self._names: dict[str, str] = {}
        for name in document.root.get("components", {}).get("schemas", {}):
            pointer = f"#/components/schemas/{escaped(name)}"
            self._name(pointer, name)

    def _name(self, pointer: str, name: str) -> str:
        """The name of the class for the schema at a pointer."""
        if pointer not in self._names:
            self._names[pointer] = naming.unique(naming.class_name(name, self.reserved), self._names.values())
        return self._names[pointer]

    def read_components(self) -> list[UnsupportedContractError]:
        """Read every schema of the components. Returns the reasons why some cannot be read."""
        problems: list[UnsupportedContractError] = []
        for name in self.document.root.get("components", {}).get("schemas", {}):
            try:
                self.read({"$ref": f"#/components/schemas/{escaped(name)}"}, f"#/components/schemas/{name}", name)
            except UnsupportedContractError as problem:
                problems.append(problem)
        return problems

    def read(self, schema: Any, pointer: str, name: str) -> Shape:
        """The shape of a schema. `name`: for the class of a schema that is not a component."""
        if schema is True or schema == {}:
            return Shape(kind="any", nullable=True)
        if not isinstance(schema, dict):
            raise UnsupportedContractError(pointer, f"a schema must be an object, not {schema!r}")
        alias = alias_of(schema)
        if alias is not None:
            return self._with_siblings(self.read(alias, pointer, name), schema)
        siblings = [key for key in schema if key != "$ref" and not is_annotation(key) and key != "nullable"]
        if "$ref" in schema and siblings:
            schema = {
                **{key: value for key, value in schema.items() if key != "$ref"},
                "allOf": [{"$ref": schema["$ref"]}],
            }
        found, found_at = self.document.resolve(schema, pointer)
        if found_at in self.models:
            shape = Shape(kind="model", model=self.models[found_at], description=found.get("description", ""))
            return self._with_siblings(shape, found)
        if found_at in self._in_progress:
            raise UnsupportedContractError(found_at, "the schema contains itself without an object in between")
        self._in_progress.append(found_at)
        try:
            return self._read(found, found_at, name if found_at == pointer else found_at.rpartition("/")[2])
        finally:
            self._in_progress.pop()

    def _read(self, schema: Node, pointer: str, name: str) -> Shape:
        alias = alias_of(schema)
        if alias is not None:
            return self._with_siblings(self.read(alias, f"{pointer}/allOf/0", name), schema)
        refuse_unsupported_keywords(schema, pointer)
        if "allOf" in schema:
            schema = merged(schema, self.document, pointer)
            refuse_unsupported_keywords(schema, pointer)
        types, nullable = types_of(schema)
        shape = self._by_keywords(schema, types, pointer, name)
        return evolve(
            shape,
            nullable=shape.nullable or nullable,
            description=schema.get("description", "") or shape.description,
            default=schema.get("default"),
        )

    def _by_keywords(self, schema: Node, types: Sequence[str], pointer: str, name: str) -> Shape:
        if "const" in schema:
            return constant_of(schema["const"], pointer)
        if "enum" in schema:
            return self._choice(schema, pointer, name)
        for keyword in ("oneOf", "anyOf"):
            if keyword in schema and not ("object" in types and only_requires(schema[keyword])):
                return self._union(schema, keyword, pointer, name)
        if len(types) > 1:
            members = [self._typed({**schema, "type": one}, one, pointer, name) for one in types]
            return union_of(members, None, {}, pointer)
        return self._typed(schema, types[0], pointer, name) if types else untyped(schema)

    def _typed(self, schema: Node, kind: str, pointer: str, name: str) -> Shape:
        limits = limits_of(schema, kind, pointer)
        match kind:
            case "string":
                if schema.get("format") == "binary":
                    raise UnsupportedContractError(pointer, "JSON cannot hold a binary value")
                return Shape(kind=TEXT_FORMATS.get(schema.get("format", ""), "text"), limits=limits)
            case "integer" | "number" | "boolean":
                return Shape(kind=kind, limits=limits)
            case "array":
                if "items" not in schema:
                    return Shape(kind="list", item=Shape(kind="any", nullable=True), limits=limits)
                item = self.read(schema["items"], f"{pointer}/items", f"{name}Item")
                return Shape(kind="list", item=item, limits=limits)
            case "object":
                return self._object(schema, pointer, name, limits)
            case _:
                raise UnsupportedContractError(pointer, f"{kind!r} is not a JSON type")

    def _object(self, schema: Node, pointer: str, name: str, limits: Node) -> Shape:
        additional = schema.get("additionalProperties", True)
        if schema.get("properties") or additional is False:
            if "propertyNames" in schema:
                raise UnsupportedContractError(pointer, "'propertyNames' beside named properties is not supported")
            if isinstance(additional, dict) and additional:
                raise UnsupportedContractError(
                    f"{pointer}/additionalProperties", "typed additional properties beside named ones are not supported"
                )
            return Shape(kind="model", model=self._model(schema, pointer, name))
        value = self.read(additional, f"{pointer}/additionalProperties", f"{name}Value")
        return Shape(kind="map", item=value, key=self._key(schema, pointer, name), limits=limits)

    def _key(self, schema: Node, pointer: str, name: str) -> Shape | None:
        """The shape of the names in a map; None where any name is allowed."""
        names = schema.get("propertyNames", True)
        if names is True:
            return None
        place = f"{pointer}/propertyNames"
        shape = self.read({"type": "string", **names} if isinstance(names, dict) else names, place, f"{name}Key")
        if shape.kind not in {"text", "choice"}:
            raise UnsupportedContractError(place, "a property name must be a string")
        return shape

    def _model(self, schema: Node, pointer: str, name: str) -> Model:
        given = self._name(pointer, name)
        model = Model(
            name=given,
            module=naming.module_name(given),
            pointer=pointer,
            description=schema.get("description", ""),
            closed=schema.get("additionalProperties") is False,
        )
        self.models[pointer] = model
        # A cycle of schemas may pass through an object: the search for cycles begins again in it.
        outer, self._in_progress = self._in_progress, []
        try:
            self._read_fields(model, schema)
        except UnsupportedContractError:
            del self.models[pointer]
            raise
        finally:
            self._in_progress = outer
        return model

    def _read_fields(self, model: Model, schema: Node) -> None:
        required: Sequence[str] = schema.get("required", [])
        properties: Node = schema.get("properties", {})
        if unknown := next((one for one in required if one not in properties), None):
            raise UnsupportedContractError(f"{model.pointer}/required", f"{unknown!r} is not one of the properties")
        chosen = {name: self._chosen_name(model, name, one) for name, one in properties.items()}
        names = naming.field_names(chosen)
        # Constants first: a union needs them to distinguish its models, and a property may be a union with this model.
        for json_name in sorted(properties, key=lambda name: not is_constant(properties[name])):
            sub_schema = properties[json_name]
            place = f"{model.pointer}/properties/{escaped(json_name)}"
            shape = self.read(sub_schema, place, f"{model.name}{naming.class_name(json_name)}")
            seen = sub_schema if isinstance(sub_schema, dict) else {}
            model.fields.append(
                Field(
                    json_name=json_name,
                    name=names[json_name],
                    shape=shape,
                    required=json_name in required,
                    description=described(seen.get("description") or shape.description, shape.default, seen),
                    read_only=seen.get("readOnly") is True,
                    write_only=seen.get("writeOnly") is True,
                )
            )
        model.fields.sort(key=lambda one: [*properties].index(one.json_name))

    @staticmethod
    def _chosen_name(model: Model, name: str, schema: object) -> str | None:
        place = f"{model.pointer}/properties/{escaped(name)}"
        return naming.chosen_name(schema, place) if isinstance(schema, dict) else None

    def _choice(self, schema: Node, pointer: str, name: str) -> Shape:
        values, nullable = values_of(schema, pointer)
        if plain := shape_without_names(values, nullable=nullable):
            return plain
        given = self._name(pointer, name)
        enumeration = self.enumerations.setdefault(
            pointer,
            Enumeration(
                name=given,
                module=naming.module_name(given),
                pointer=pointer,
                description=schema.get("description", ""),
                members=list(zip(naming.member_names(values), values, strict=True)),
            ),
        )
        return Shape(kind="choice", enumeration=enumeration, nullable=nullable)

    def _union(self, schema: Node, keyword: str, pointer: str, name: str) -> Shape:
        constants = [one.get("const") for one in schema[keyword] if isinstance(one, dict)]
        if len(constants) == len(schema[keyword]) > 1 and all(isinstance(one, str) for one in constants):
            return self._choice({**schema, "enum": constants}, pointer, name)
        members = [
            self.read(member, f"{pointer}/{keyword}/{index}", f"{name}{index + 1}")
            for index, member in enumerate(schema[keyword])
        ]
        discriminator = schema.get("discriminator", {})
        return union_of(members, discriminator.get("propertyName"), discriminator.get("mapping", {}), pointer)

    @staticmethod
    def _with_siblings(shape: Shape, schema: Node) -> Shape:
        """The shape of a referenced schema, with the keywords beside the reference."""
        return evolve(
            shape,
            nullable=shape.nullable or schema.get("nullable") is True or "null" in (schema.get("type") or ()),
            description=schema.get("description") or shape.description,
            default=schema.get("default", shape.default),
        )
