"""scripts/generate.py: the same bytes everywhere, a loud stop where needed, and a contract changed by one edit."""

from __future__ import annotations

import importlib
import importlib.util
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

# What was generated is also tested with the lowest versions of what it needs, and the generator is not among these.
pytest.importorskip("openapi_python_client", reason="the generator is not installed")
yaml = pytest.importorskip("yaml", reason="the generator is not installed")

ROOT = Path(__file__).resolve().parents[2]
COMMITTED = ROOT / "generated" / "paisr_generated"
CONTRACT = ROOT / "openapi" / "paisr-invoices.yaml"


def generate(*arguments: str | Path, root: Path = ROOT, **options: Any) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(root / "scripts" / "generate.py"), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, **options)


def contents(package: Path) -> dict[str, bytes]:
    return {
        path.relative_to(package).as_posix(): path.read_bytes()
        for path in package.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


def changed_contract(folder: Path, change: Callable[[dict[str, Any]], object]) -> Path:
    document = yaml.safe_load(CONTRACT.read_text(encoding="utf-8"))
    change(document)
    path = folder / "contract.yaml"
    path.write_text(yaml.safe_dump(document, sort_keys=False), encoding="utf-8")
    return path


@pytest.fixture
def copy_of_the_inputs(tmp_path: Path) -> Path:
    """The contract, the configuration, the templates and the scripts, at another place."""
    for name in ("openapi", "generator-templates", "scripts"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "generator-config.yaml", tmp_path)
    return tmp_path


def test_the_output_does_not_depend_on_folders_and_ruff_settings(tmp_path: Path) -> None:
    """Around the working directory, the output, the temporary directory and the person's own settings."""
    settings = 'line-length = 40\nextend-exclude = ["models"]\nformat.quote-style = "single"\n'
    for folder in ("", ".config/ruff"):
        (tmp_path / folder).mkdir(parents=True, exist_ok=True)
        (tmp_path / folder / "ruff.toml").write_text(settings)
    (tmp_path / ".git").mkdir()
    (tmp_path / ".gitignore").write_text("*\n")
    (tmp_path / "tmp").mkdir()
    environment = {
        **os.environ,
        "PYTHONHASHSEED": "7",
        "PATH": os.defpath,
        "TMPDIR": str(tmp_path / "tmp"),
        "XDG_CONFIG_HOME": str(tmp_path / ".config"),
    }
    output = tmp_path / "build" / "other_name"
    (output / "models").mkdir(parents=True)
    for stale in ("old.py", "models/old.py", "client.py"):
        (output / stale).write_text("stale = True\n")
    done = generate("--output", output, cwd=tmp_path, env=environment)
    assert (done.returncode, done.stderr) == (0, "")
    first = contents(output)
    assert first == contents(COMMITTED)
    generate("--output", output, cwd=tmp_path, env={**environment, "PYTHONHASHSEED": "8"})
    assert contents(output) == first
    assert not any((tmp_path / "tmp").iterdir())


def test_every_generated_file_has_the_marker_and_there_are_no_others() -> None:
    for name, content in contents(COMMITTED).items():
        if name == "py.typed":
            assert content == b""
        else:
            assert name.endswith(".py")
            source = f"generator-templates/support/{name}"
            how, change = f"Copied from {source}", "that file"
            if not (ROOT / source).is_file():
                how, change = "Generated from openapi/paisr-invoices.yaml", "the contract"
            marker = f"# {how} by scripts/generate.py. Do not edit: change {change}."
            assert content.decode().partition("\n")[0] == marker


def test_the_check_fails_with_the_difference(tmp_path: Path) -> None:
    package = tmp_path / "paisr_generated"
    shutil.copytree(COMMITTED, package, ignore=shutil.ignore_patterns("__pycache__"))
    assert generate("--check", "--output", package).returncode == 0

    amount = package / "models" / "amount.py"
    amount.write_text(amount.read_text(encoding="utf-8").replace("Decimal | None", "float | None", 1), encoding="utf-8")
    (package / "models" / "voucher.py").unlink()
    (package / "stale.py").write_text("")
    done = generate("--check", "--output", package)
    assert done.returncode == 1
    assert "-    sub_total: float | None = None\n+    sub_total: Decimal | None = None" in done.stderr
    assert "models/voucher.py is missing" in done.stderr
    assert "stale.py is stale" in done.stderr
    assert "make generate" in done.stderr


def test_another_upstream_template_is_an_error(copy_of_the_inputs: Path) -> None:
    record = copy_of_the_inputs / "generator-templates" / "UPSTREAM.sha256"
    recorded = record.read_text(encoding="utf-8")
    assert recorded == (ROOT / "generator-templates" / "UPSTREAM.sha256").read_text(encoding="utf-8")
    lines = recorded.splitlines()
    model = next(number for number, line in enumerate(lines) if line.endswith("  model.py.jinja"))
    lines[model] = "0" * 64 + "  model.py.jinja"
    record.write_text("\n".join(lines) + "\n", encoding="utf-8")

    done = generate(root=copy_of_the_inputs)
    assert done.returncode == 1
    assert "-" + lines[model] in done.stderr
    assert "--hashes" in done.stderr
    assert not (copy_of_the_inputs / "generated").exists()

    assert generate("--hashes", root=copy_of_the_inputs).returncode == 0
    assert record.read_text(encoding="utf-8") == recorded


def test_another_version_of_ruff_is_an_error(copy_of_the_inputs: Path) -> None:
    config = copy_of_the_inputs / "generator-config.yaml"
    config.write_text(re.sub(r"==[\d.]+", "==0.0.1", config.read_text(encoding="utf-8")), encoding="utf-8")
    done = generate(root=copy_of_the_inputs)
    assert done.returncode == 1
    assert "Required version `==0.0.1` does not match" in done.stderr


def test_every_override_names_the_defect_that_it_fixes_and_is_recorded() -> None:
    templates = ROOT / "generator-templates"
    recorded = {
        line.split()[-1] for line in (templates / "UPSTREAM.sha256").read_text(encoding="utf-8").splitlines()[1:]
    }
    found = {path.name: path.read_text(encoding="utf-8") for path in templates.glob("*.jinja")}
    assert set(found) - recorded == {"contract.py.jinja", "resource.py.jinja", "resources.py.jinja"}
    assert recorded <= set(found)
    assert all(text.startswith("{# Fixes ") for text in found.values())


def move_on(document: dict[str, Any]) -> None:
    """What the next version of the service may bring: a field, a value, a parameter."""
    schemas = document["components"]["schemas"]
    schemas["Amount"]["properties"]["tax_total"] = {"type": ["null", "number"], "description": "The tax in it."}
    schemas["CreateInvoiceRequest"]["properties"]["discount"] = {"type": "number"}
    schemas["InvoiceStatus"]["enum"].append("refunded")
    document["paths"]["/invoices"]["get"]["parameters"].append(
        {"name": "created_after", "in": "query", "schema": {"type": "string", "description": "Only younger ones."}}
    )


def test_changing_the_contract_is_one_edit_and_one_command(tmp_path: Path) -> None:
    output = tmp_path / "paisr_generated_of_tomorrow"
    done = generate("--contract", changed_contract(tmp_path, move_on), "--output", output)
    assert (done.returncode, done.stderr) == (0, "")
    changed = {name for name, content in contents(output).items() if content != (COMMITTED / name).read_bytes()}
    assert changed == {
        "api/invoices/create_invoice.py",
        "api/invoices/list_invoices.py",
        "models/amount.py",
        "models/create_invoice_request.py",
        "models/invoice_status.py",
        "resources/invoices.py",
    }


def break_two(document: dict[str, Any]) -> None:
    document["components"]["schemas"]["Amount"]["properties"]["odd"] = {"type": "string", "format": "binary"}
    document["paths"]["/invoices"]["get"]["parameters"].append({"name": "odd", "in": "cookie", "schema": {}})


def with_something_in(folder: Path) -> Path:
    """A folder for the output, in which there is something already."""
    output = folder / "out"
    output.mkdir()
    (output / "kept.py").write_text("")
    return output


def test_all_unsupported_elements_are_named_and_nothing_is_written(tmp_path: Path) -> None:
    output = with_something_in(tmp_path)
    done = generate("--contract", changed_contract(tmp_path, break_two), "--output", output)
    assert done.returncode == 1
    assert done.stderr.splitlines() == [
        "#/components/schemas/Amount/properties/odd: JSON cannot hold a binary value",
        "#/paths/~1invoices/get/parameters/4: a parameter in 'cookie' is not supported",
    ]
    assert [path.name for path in output.iterdir()] == ["kept.py"]


def test_unsupported_elements_can_be_omitted_by_name(tmp_path: Path) -> None:
    output = tmp_path / "package"
    done = generate("--partial", "--contract", changed_contract(tmp_path, break_two), "--output", output)
    assert done.returncode == 0
    for operation in ("POST /invoices", "GET /invoices", "GET /invoices/{invoice_id}"):
        refused = [line for line in done.stderr.splitlines() if line.startswith(f"left out: {operation}, #/")]
        assert len(refused) == (0 if operation == "POST /invoices" else 1), done.stderr
    assert done.stderr.splitlines()[-1] == "1 operations and 10 models are generated."
    assert not (output / "models" / "amount.py").exists()


@pytest.mark.parametrize("content", ["[]", "openapi: 2.0", "swagger: '2.0'", "a: [", ""])
def test_an_invalid_contract_is_one_sentence(tmp_path: Path, content: str) -> None:
    contract = tmp_path / "contract.yaml"
    contract.write_text(content, encoding="utf-8")
    done = generate("--contract", contract, "--output", tmp_path / "out")
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "contract.yaml" in done.stderr
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("template", "old", "new", "problem"),
    [
        ("resource.py.jinja", "return response.data", "return response", "has type errors"),
        ("support/types.py", "class OpenStrEnum(StrEnum)", "class OpenStrEnum(StrEnumeration)", "does not work"),
        ("endpoint_module.py.jinja", 'path="{{', 'path="/{gone}{{', "a placeholder without a parameter"),
        ("model.py.jinja", "{{ field.annotation }}", "Gone", "does not work"),
    ],
    ids=["types", "import", "request", "decoder"],
)
def test_a_broken_template_is_found_before_anything_is_written(
    copy_of_the_inputs: Path, template: str, old: str, new: str, problem: str
) -> None:
    path = copy_of_the_inputs / "generator-templates" / template
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
    output = with_something_in(copy_of_the_inputs)
    done = generate("--output", output, root=copy_of_the_inputs)
    assert done.returncode == 1
    assert problem in done.stderr
    assert "the old one was kept" in done.stderr
    assert [path.name for path in output.iterdir()] == ["kept.py"]


def test_the_configuration_lists_all_names_of_the_overlays() -> None:
    """Names that an operation or a tag would hide."""
    paisr = importlib.import_module("paisr")
    resources = importlib.import_module("paisr_generated.resources")
    settings = yaml.safe_load((ROOT / "generator-config.yaml").read_text(encoding="utf-8"))
    for number, kind in enumerate((paisr.Invoices, paisr.AsyncInvoices)):
        ours = set(dir(kind)) - set(dir(resources.resource_of("create_invoice")[number]))
        assert {name for name in ours if not name.startswith("_")} == set(settings["helpers"]["createInvoice"])
    clients = set(dir(paisr.Paisr)) - set(dir(resources.Resources))
    clients |= set(dir(paisr.AsyncPaisr)) - set(dir(resources.AsyncResources))
    assert {name for name in clients if not name.startswith("_")} == set(settings["client"])
    assert {name for names in settings["extended"].values() for name in names} <= set(paisr.__all__)
