"""Generate the package in generated/ from the contract, or check that it is up to date.

    python scripts/generate.py                 regenerate generated/paisr_generated
    python scripts/generate.py --check         compare it with a fresh package; fail with the difference
    python scripts/generate.py --hashes        record the hashes of the replaced upstream templates
    python scripts/generate.py --partial ...   leave out and report what cannot be generated

All paths are relative to this file, so the working directory does not matter.
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

from generator.contract import Contract, OverlayConfiguration, read_contract
from generator.package import SUPPORT, GenerateError, render
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
UPSTREAM_HASHES = TEMPLATES / "UPSTREAM.sha256"
OVERLAYS = ROOT / "overlays" / "paisr"
OUTPUT = ROOT / "generated" / "paisr_generated"
TYPE_CACHE = ROOT / ".mypy_cache" / "generated"
MARKER = "# Generated from openapi/paisr-invoices.yaml by scripts/generate.py. Do not edit: change the contract.\n"
COPY_MARKER = "# Copied from {} by scripts/generate.py. Do not edit: change that file.\n"


def upstream_record() -> str:
    """The generator's version, and one line with the hash of each upstream template that is replaced."""
    upstream = files("openapi_python_client") / "templates"
    names = [path.name for path in sorted(TEMPLATES.glob("*.jinja")) if (upstream / path.name).is_file()]
    lines = [f"{hashlib.sha256((upstream / name).read_bytes()).hexdigest()}  {name}" for name in names]
    return "\n".join([f"# openapi-python-client {__version__}", *lines, ""])


def check_upstream(record: Path = UPSTREAM_HASHES) -> None:
    """Raise GenerateError when the upstream templates have changed since their hashes were recorded."""
    now = upstream_record()
    if record.read_text(encoding="utf-8") != now:
        difference = "".join(_difference(record.read_text(encoding="utf-8"), now, record.name))
        raise GenerateError(
            "the upstream templates have changed: compare them with those in generator-templates/, "
            f"and record their hashes with --hashes:\n{difference}"
        )


def generate(contract: Path, output: Path, *, partial: bool = False, cache: Path = TYPE_CACHE) -> Contract:
    """Generate the package for a contract, and replace the old one when the new one passes all checks.

    `cache`: mypy's cache folder.
    """
    with tempfile.TemporaryDirectory() as folder:
        fresh = Path(folder) / output.name
        read = build(read_document(contract), fresh, partial=partial)
        verify(fresh, cache)
        shutil.rmtree(output, ignore_errors=True)
        shutil.copytree(fresh, output, ignore=shutil.ignore_patterns("__pycache__"))
    return read


def read_document(contract: Path) -> dict[str, Any]:
    """Read an OpenAPI document from a file."""
    document: dict[str, Any] = YAML(typ="safe").load(contract)
    if not isinstance(document, dict) or not str(document.get("openapi", "")).startswith("3."):
        raise GenerateError(f"{contract.name} is not an OpenAPI 3 document.")
    return document


def build(document: dict[str, Any], output: Path, *, partial: bool = False) -> Contract:
    """Write the package for a document, formatted and with the marker line in each file."""
    settings, overlays = read_configuration()
    if partial:
        overlays = OverlayConfiguration()
    read = read_contract(document, overlays)
    if read.refused and not partial:
        raise GenerateError("\n".join(dict.fromkeys(str(one) for one in read.refused)))
    hooks = render(read, TEMPLATES, settings, output, overlays.not_public)
    for path in output.rglob("*.py"):
        path.write_text(_marker(path, output) + path.read_text(encoding="utf-8"), encoding="utf-8")
    _run_hooks(hooks, output)
    return read


def _marker(path: Path, output: Path) -> str:
    """The first line of a generated file: it names the file to edit."""
    copied = TEMPLATES / SUPPORT / path.relative_to(output)
    return COPY_MARKER.format(copied.relative_to(ROOT).as_posix()) if copied.is_file() else MARKER


@cache
def read_configuration() -> tuple[ConfigFile, OverlayConfiguration]:
    """The settings of openapi-python-client, and the additions and names of overlays/paisr."""
    settings: dict[str, Any] = YAML(typ="safe").load(CONFIG)
    given = {name: settings.pop(name) for name in ("arguments", "helpers", "extended", "client")}
    return ConfigFile(**settings), OverlayConfiguration(**given, public=exported_names())


def exported_names() -> set[str]:
    """The names that overlays/paisr exports, read from its source: importing it needs the generated package."""
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
    """Run the post hooks. The generator itself would run them before the package is complete."""
    # The pinned ruff is beside this Python, so its folder is first in PATH.
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
    """The unified diff of two generated packages; empty when they are equal to the byte."""
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
    parser = argparse.ArgumentParser(description="Generate the package in generated/ from the contract.")
    parser.add_argument("--contract", type=Path, default=CONTRACT, help="the OpenAPI document")
    parser.add_argument("--output", type=Path, default=OUTPUT, help="the package to write (or to check)")
    parser.add_argument(
        "--check", action="store_true", help="compare the package with a fresh one; fail with the difference"
    )
    parser.add_argument(
        "--hashes", action="store_true", help="record the hashes of the upstream templates; generate nothing"
    )
    parser.add_argument("--partial", action="store_true", help="leave out and report what cannot be generated")
    options = parser.parse_args(arguments)
    try:
        _run(options)
    except (GenerateError, UnsupportedContractError, OSError, YAMLError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _run(options: argparse.Namespace) -> None:
    if options.hashes:
        UPSTREAM_HASHES.write_text(upstream_record(), encoding="utf-8")
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
        raise GenerateError(f"{difference}\ngenerated/ is not up to date with the contract: run `make generate`.")


if __name__ == "__main__":
    sys.exit(main())
