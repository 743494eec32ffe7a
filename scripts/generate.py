"""Make generated/ from the contract, or check that it is what the contract makes.

    python scripts/generate.py                 regenerate generated/paisr_generated
    python scripts/generate.py --check         regenerate elsewhere; fail with the difference
    python scripts/generate.py --hashes        record the upstream templates that generator-templates/ replaces

Everything is found by the place of this file, so the working directory does not matter. The generator runs in this
process through its public classes: a template must reach the contract's servers, which its command line withholds.
"""

from __future__ import annotations

import argparse
import contextlib
import difflib
import hashlib
import io
import os
import shutil
import subprocess
import sys
import tempfile
from importlib.resources import files
from pathlib import Path
from typing import Any

import property_types
from openapi_python_client import Project, __version__
from openapi_python_client.config import Config, ConfigFile, MetaType
from openapi_python_client.parser import GeneratorData
from openapi_python_client.parser.errors import GeneratorError
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

ROOT = Path(__file__).resolve().parent.parent
CONTRACT = ROOT / "openapi" / "paisr-invoices.yaml"
CONFIG = ROOT / "generator-config.yaml"
TEMPLATES = ROOT / "generator-templates"
RECORD = TEMPLATES / "UPSTREAM.sha256"
OUTPUT = ROOT / "generated" / "paisr_generated"
ADDED = {"contract.py.jinja"}  # templates that replace none
MARKER = "# Generated from openapi/paisr-invoices.yaml by scripts/generate.py. Do not edit: change the contract.\n"
NOT_KEPT = ("client.py", "errors.py")


class GenerateError(Exception):
    """Nothing was generated, or not what should have been; the message says why."""


def upstream_record() -> str:
    """The hash of each upstream template that is replaced, one a line, below the generator's version."""
    upstream = files("openapi_python_client") / "templates"
    names = sorted(path.name for path in TEMPLATES.glob("*.jinja") if path.name not in ADDED)
    lines = [f"{hashlib.sha256((upstream / name).read_bytes()).hexdigest()}  {name}" for name in names]
    return "\n".join([f"# openapi-python-client {__version__}", *lines, ""])


def check_upstream(record: Path = RECORD) -> None:
    """Refuse a generator whose templates are not those that ours were written against."""
    now = upstream_record()
    if record.read_text(encoding="utf-8") != now:
        difference = "".join(_difference(record.read_text(encoding="utf-8"), now, record.name))
        raise GenerateError(
            "the upstream templates are not the recorded ones: compare them with those in generator-templates/, "
            f"and record them with --hashes:\n{difference}"
        )


def generate(contract: Path, output: Path) -> None:
    """Write the package for a contract, in place of whatever is there; nothing is touched when that fails."""
    with tempfile.TemporaryDirectory() as folder:
        fresh = Path(folder) / output.name
        _build(contract, fresh)
        shutil.rmtree(output, ignore_errors=True)
        shutil.copytree(fresh, output)


def _build(contract: Path, output: Path) -> None:
    document: dict[str, Any] = YAML(typ="safe").load(contract)
    config = Config.from_sources(
        ConfigFile.load_from_path(CONFIG), MetaType.NONE, contract, "utf-8", overwrite=False, output_path=output
    )
    hooks, config.post_hooks = config.post_hooks, []
    data = GeneratorData.from_dict(document, config=config)
    if isinstance(data, GeneratorError):
        raise GenerateError(f"{data.header}: {data.detail}")
    project = Project(openapi=data, config=config, custom_template_path=TEMPLATES)
    _extend_templates(project)
    _run(project, document, output)
    _run_hooks(hooks, output)


def _extend_templates(project: Project) -> None:
    for function in (
        property_types.annotation,
        property_types.default_value,
        property_types.field_name,
        property_types.in_doubt,
        property_types.neighbours,
        property_types.all_neighbours,
        property_types.path_expression,
    ):
        project.env.filters[function.__name__] = function
    for test in (property_types.constant, property_types.decimal):
        project.env.tests[test.__name__] = test
    for collection in project.openapi.endpoint_collections_by_tag.values():
        for endpoint in collection.endpoints:
            property_types.refuse_unsupported(endpoint)


def _run(project: Project, document: dict[str, Any], output: Path) -> None:
    """Let the generator write its files, put beside them what it does not write, and take away what is not kept."""
    with contextlib.redirect_stdout(io.StringIO()):
        errors = project.build()
    if errors:
        raise GenerateError("\n".join(f"{error.header}: {error.detail}" for error in errors))
    for name in NOT_KEPT:
        (output / name).unlink()
    contract = project.env.get_template("contract.py.jinja").render(servers=_servers(document))
    (output / "contract.py").write_text(contract, encoding="utf-8")
    (output / "py.typed").write_text("", encoding="utf-8")
    for path in output.rglob("*.py"):
        path.write_text(MARKER + path.read_text(encoding="utf-8"), encoding="utf-8")


def _run_hooks(hooks: list[str], output: Path) -> None:
    """Run the hooks here and not in the generator, which would run them before the package is complete."""
    # The pinned ruff is the one beside this Python, whatever else is on the PATH.
    environment = os.environ | {"PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])}
    for hook in hooks:
        done = subprocess.run(
            hook, cwd=output, env=environment, shell=True, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise GenerateError(f"{hook}\n{done.stderr}")


def _servers(document: dict[str, Any]) -> dict[str, str]:
    """The URL of each server by its name, variables filled with their defaults."""
    return {
        server["x-name"]: server["url"].format(
            **{name: variable["default"] for name, variable in server.get("variables", {}).items()}
        )
        for server in document["servers"]
    }


def _difference(old: str, new: str, name: str) -> list[str]:
    return list(
        difflib.unified_diff(old.splitlines(keepends=True), new.splitlines(keepends=True), f"a/{name}", f"b/{name}")
    )


def differences(committed: Path, fresh: Path) -> str:
    """How two generated packages differ, as a unified diff; empty when they are equal to the byte."""
    parts: list[str] = []
    names = {path.relative_to(root) for root in (committed, fresh) for path in root.rglob("*") if _is_content(path)}
    for name in sorted(names):
        old, new = committed / name, fresh / name
        old_text, new_text = (path.read_text(encoding="utf-8") if path.exists() else "" for path in (old, new))
        parts += _difference(old_text, new_text, str(name))
        if old.exists() != new.exists():
            parts.append(f"{name} is {'stale' if old.exists() else 'missing'}\n")
    return "".join(parts)


def _is_content(path: Path) -> bool:
    return path.is_file() and "__pycache__" not in path.parts


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; returns the exit status."""
    parser = argparse.ArgumentParser(description="Make generated/ from the contract.")
    parser.add_argument("--contract", type=Path, default=CONTRACT, help="the OpenAPI document")
    parser.add_argument("--output", type=Path, default=OUTPUT, help="the package to write (or to check)")
    parser.add_argument("--check", action="store_true", help="regenerate elsewhere and fail with the difference")
    parser.add_argument("--hashes", action="store_true", help="record the upstream templates, and generate nothing")
    options = parser.parse_args(arguments)
    try:
        if options.hashes:
            RECORD.write_text(upstream_record(), encoding="utf-8")
            return 0
        check_upstream()
        if not options.check:
            generate(options.contract.resolve(), options.output.resolve())
            return 0
        with tempfile.TemporaryDirectory() as folder:
            fresh = Path(folder) / options.output.name
            generate(options.contract.resolve(), fresh)
            difference = differences(options.output.resolve(), fresh)
        if difference:
            raise GenerateError(f"{difference}\ngenerated/ is not what the contract makes: run `make generate`.")
    except (GenerateError, property_types.UnsupportedContractError, OSError, YAMLError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
