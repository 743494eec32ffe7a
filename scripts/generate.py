"""Make generated/ from the contract, or check that it is what the contract makes.

    python scripts/generate.py                 regenerate generated/paisr_generated
    python scripts/generate.py --check         regenerate elsewhere; fail with the difference
    python scripts/generate.py --hashes        record the upstream templates that generator-templates/ replaces
    python scripts/generate.py --partial ...   leave out what cannot be generated, and name it

Everything is found by the place of this file, so the working directory does not matter.
"""

from __future__ import annotations

import argparse
import ast
import difflib
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from generator.contract import Contract, Surroundings, read_contract
from generator.package import GenerateError, render
from generator.shapes import UnsupportedContractError
from generator.verify import verify
from openapi_python_client import __version__
from openapi_python_client.config import ConfigFile
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

ROOT = Path(__file__).resolve().parent.parent
CONTRACT = ROOT / "openapi" / "paisr-invoices.yaml"
CONFIG = ROOT / "generator-config.yaml"
TEMPLATES = ROOT / "generator-templates"
RECORD = TEMPLATES / "UPSTREAM.sha256"
OVERLAYS = ROOT / "overlays" / "paisr"
OUTPUT = ROOT / "generated" / "paisr_generated"
TYPE_CACHE = ROOT / ".mypy_cache" / "generated"
MARKER = "# Generated from openapi/paisr-invoices.yaml by scripts/generate.py. Do not edit: change the contract.\n"


def upstream_record() -> str:
    """The hash of each upstream template that is replaced, one a line, below the generator's version."""
    upstream = files("openapi_python_client") / "templates"
    names = [path.name for path in sorted(TEMPLATES.glob("*.jinja")) if (upstream / path.name).is_file()]
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


def generate(contract: Path, output: Path, *, partial: bool = False, cache: Path = TYPE_CACHE) -> Contract:
    """Write the package for a contract, in place of whatever is there; nothing is touched when that fails.

    `cache`: where the type checker keeps what it knows.
    """
    with tempfile.TemporaryDirectory() as folder:
        fresh = Path(folder) / output.name
        read = build(read_document(contract), fresh, partial=partial)
        verify(fresh, cache)
        shutil.rmtree(output, ignore_errors=True)
        shutil.copytree(fresh, output, ignore=shutil.ignore_patterns("__pycache__"))
    return read


def read_document(contract: Path) -> dict[str, Any]:
    """The OpenAPI document in a file."""
    document: dict[str, Any] = YAML(typ="safe").load(contract)
    if not isinstance(document, dict) or not str(document.get("openapi", "")).startswith("3."):
        raise GenerateError(f"{contract.name} is not an OpenAPI 3 document.")
    return document


def build(document: dict[str, Any], output: Path, *, partial: bool = False) -> Contract:
    """Write the package for a document, formatted and marked."""
    settings, surroundings = read_configuration()
    if partial:
        surroundings = Surroundings()
    read = read_contract(document, surroundings)
    if read.refused and not partial:
        raise GenerateError("\n".join(dict.fromkeys(str(one) for one in read.refused)))
    hooks = render(read, TEMPLATES, settings, output, surroundings.not_public)
    for path in output.rglob("*.py"):
        path.write_text(MARKER + path.read_text(encoding="utf-8"), encoding="utf-8")
    _run_hooks(hooks, output)
    return read


@cache
def read_configuration() -> tuple[ConfigFile, Surroundings]:
    """The generator's own settings, and what overlays/paisr adds and has already."""
    settings: dict[str, Any] = YAML(typ="safe").load(CONFIG)
    given = {name: settings.pop(name) for name in ("arguments", "helpers", "extended", "client")}
    return ConfigFile(**settings), Surroundings(**given, public=names_of_overlays())


def names_of_overlays() -> set[str]:
    """What overlays/paisr offers by name, read without importing it, since it needs what is generated."""
    lists = [
        node.value
        for path in OVERLAYS.rglob("*.py")
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.Assign)
        and ast.unparse(node.targets[0]) == "__all__"
        and isinstance(node.value, ast.List)
    ]
    return {str(ast.literal_eval(name)) for names in lists for name in names.elts}


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
    parser.add_argument("--partial", action="store_true", help="leave out what cannot be generated, and name it")
    options = parser.parse_args(arguments)
    try:
        _carry_out(options)
    except (GenerateError, UnsupportedContractError, OSError, YAMLError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _carry_out(options: argparse.Namespace) -> None:
    if options.hashes:
        RECORD.write_text(upstream_record(), encoding="utf-8")
        return
    check_upstream()
    contract, output = options.contract.resolve(), options.output.resolve()
    if not options.check:
        read = generate(contract, output, partial=options.partial)
        for problem in read.refused:
            print(f"left out: {problem.operation or 'a schema'}, {problem}", file=sys.stderr)
        if options.partial:
            print(f"{len(read.operations)} operations and {len(read.models)} models are generated.", file=sys.stderr)
        return
    with tempfile.TemporaryDirectory() as folder:
        fresh = Path(folder) / output.name
        build(read_document(contract), fresh)
        difference = differences(output, fresh)
    if difference:
        raise GenerateError(f"{difference}\ngenerated/ is not what the contract makes: run `make generate`.")


if __name__ == "__main__":
    sys.exit(main())
