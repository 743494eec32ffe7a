"""scripts/generate.py: the same bytes everywhere, a loud stop where needed, and a contract changed by one edit."""

from __future__ import annotations

import importlib
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from types import ModuleType
from typing import Any
from uuid import UUID

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


@pytest.fixture(scope="module")
def generator() -> Iterator[ModuleType]:
    """The script as a module, for what needs no process of its own."""
    sys.path.insert(0, str(ROOT / "scripts"))
    try:
        yield importlib.import_module("generate")
    finally:
        sys.path.remove(str(ROOT / "scripts"))


@pytest.fixture
def copy_of_the_inputs(tmp_path: Path) -> Path:
    """The contract, the configuration, the templates and the scripts, at another place."""
    for name in ("openapi", "generator-templates", "scripts"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "generator-config.yaml", tmp_path)
    return tmp_path


def test_the_same_bytes_from_anywhere_with_any_ruff_settings_around(tmp_path: Path) -> None:
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


def test_every_file_is_marked_and_nothing_else_is_there() -> None:
    for name, content in contents(COMMITTED).items():
        if name == "py.typed":
            assert content == b""
        else:
            assert name.endswith(".py")
            assert content.startswith(
                b"# Generated from openapi/paisr-invoices.yaml by scripts/generate.py. Do not edit"
            )


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


def test_another_upstream_template_stops_it(copy_of_the_inputs: Path) -> None:
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


def test_another_ruff_stops_it(copy_of_the_inputs: Path) -> None:
    config = copy_of_the_inputs / "generator-config.yaml"
    config.write_text(re.sub(r"==[\d.]+", "==0.0.1", config.read_text(encoding="utf-8")), encoding="utf-8")
    done = generate(root=copy_of_the_inputs)
    assert done.returncode == 1
    assert "Required version `==0.0.1` does not match" in done.stderr


def test_every_override_says_which_defect_it_cures_and_is_recorded() -> None:
    templates = ROOT / "generator-templates"
    recorded = {
        line.split()[-1] for line in (templates / "UPSTREAM.sha256").read_text(encoding="utf-8").splitlines()[1:]
    }
    found = {path.name: path.read_text(encoding="utf-8") for path in templates.glob("*.jinja")}
    assert set(found) - recorded == {"contract.py.jinja"}
    assert recorded <= set(found)
    assert all(text.startswith("{# Cures") for text in found.values())


def import_package(folder: Path) -> Any:
    """The package in FOLDER, under the folder's own name."""
    spec = importlib.util.spec_from_file_location(
        folder.name, folder / "__init__.py", submodule_search_locations=[str(folder)]
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[folder.name] = module
    spec.loader.exec_module(module)
    return module


def move_on(document: dict[str, Any]) -> None:
    """What the next version of the service may bring: a field, a value, a parameter."""
    schemas = document["components"]["schemas"]
    schemas["Amount"]["properties"]["tax_total"] = {"type": ["null", "number"], "description": "The tax in it."}
    schemas["Invoice"]["properties"]["issued_on"] = {"type": ["null", "string"], "format": "date"}
    schemas["Invoice"]["properties"]["trace"] = {"type": ["null", "string"], "format": "uuid"}
    schemas["Invoice"]["properties"]["extra"] = {}
    schemas["CreateInvoiceRequest"]["properties"]["discount"] = {"type": "number"}
    schemas["InvoiceStatus"]["enum"].append("refunded")
    document["paths"]["/invoices"]["get"]["parameters"].append(
        {"name": "created_after", "in": "query", "schema": {"type": "string", "description": "Only younger ones."}}
    )


def test_changing_the_contract_is_one_edit_and_one_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    msgspec = pytest.importorskip("msgspec")
    output = tmp_path / "paisr_generated_of_tomorrow"
    done = generate("--contract", changed_contract(tmp_path, move_on), "--output", output)
    assert (done.returncode, done.stderr) == (0, "")
    before = set(sys.modules)
    try:
        package = import_package(output)
        trace = "7f7c8b6a-1f1e-4a38-9b0f-0a6c5b1d2e3f"
        more = {"issued_on": "2026-01-31", "trace": trace, "extra": [1]}
        payload = {"id": "inv_1", "status": "refunded", "amount": {"tax_total": 1.10}, **more}
        answer = msgspec.json.decode(
            json.dumps({"success": True, "data": payload}), type=package.models.GetInvoiceResponse
        )
        assert answer.data.status is package.models.InvoiceStatus.REFUNDED
        assert str(answer.data.amount.tax_total) == "1.1"
        assert (answer.data.issued_on, answer.data.trace, answer.data.extra) == (date(2026, 1, 31), UUID(trace), [1])
        body = package.models.CreateInvoiceRequest(customer="c", summary="s", due="d", discount=Decimal("0.10"))
        assert b'"discount":0.10' in package.api.invoices.create_invoice.request(body=body).body
        request = package.api.invoices.list_invoices.request(limit=1, created_after="2026-01-01")
        assert request.target == "/invoices?limit=1&created_after=2026-01-01"
        with pytest.raises(msgspec.ValidationError, match="tax_total"):
            msgspec.json.decode('{"tax_total": "NaN"}', type=package.models.Amount)
    finally:
        for name in set(sys.modules) - before:
            del sys.modules[name]


def rename_amount(document: dict[str, Any], name: str) -> None:
    properties = document["components"]["schemas"]["Amount"]["properties"]
    properties[name] = properties.pop("net_total")


def list_of_numbers(document: dict[str, Any]) -> None:
    document["components"]["schemas"]["Amount"]["properties"]["parts"] = {"type": "array", "items": {"type": "number"}}


def header_parameter(document: dict[str, Any]) -> None:
    document["paths"]["/invoices"]["post"]["parameters"] = [
        {"name": "Idempotency-Key", "in": "header", "schema": {"type": "string"}}
    ]


def several_ids(document: dict[str, Any]) -> None:
    document["paths"]["/invoices"]["get"]["parameters"][0]["schema"] = {"type": "array", "items": {"type": "string"}}


def unsupported_body(document: dict[str, Any]) -> None:
    content = document["paths"]["/invoices"]["post"]["requestBody"]["content"]
    content["application/x-www-form-urlencoded"] = content["application/json"]


def dangling_reference(document: dict[str, Any]) -> None:
    del document["components"]["schemas"]["Amount"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda document: rename_amount(document, "net-total"), "'net-total' cannot be the name of a field"),
        (lambda document: rename_amount(document, "class"), "'class' cannot be the name of a field"),
        (lambda document: rename_amount(document, "Decimal"), "'Decimal' cannot be the name of a field"),
        (list_of_numbers, "'parts' is a list of numbers"),
        (header_parameter, "create_invoice: header and cookie parameters"),
        (several_ids, "list_invoices: the parameter resource_id is not a plain value"),
        (unsupported_body, "create_invoice: only one body"),
        (dangling_reference, "WARNING parsing GET /invoices "),
    ],
    ids=["hyphen", "keyword", "taken", "list-of-numbers", "header", "list-parameter", "two-bodies", "dangling"],
)
def test_what_the_templates_do_not_write_is_refused(
    generator: ModuleType,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    change: Callable[[dict[str, Any]], object],
    message: str,
) -> None:
    output = tmp_path / "out"
    output.mkdir()
    (output / "kept.py").write_text("")
    contract = changed_contract(tmp_path, change)
    assert generator.main(["--contract", str(contract), "--output", str(output)]) == 1
    assert message in capsys.readouterr().err
    assert [path.name for path in output.iterdir()] == ["kept.py"]
