"""The command: its documents, its output, its exit status, and its list of known differences."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import contract_diff
import openapi_documents as documents
import pytest
import yaml

Document = dict[str, Any]
Run = Callable[..., subprocess.CompletedProcess[str]]
Write = Callable[..., Path]


def schemas(patch: Document) -> Document:
    return {"components": {"schemas": patch}}


NEW = schemas({"Amount": {"properties": {"tax_total": {"type": ["null", "number"]}}}})
GONE = schemas({"Amount": {"properties": {"sub_total": None}}})
ANNOTATED = schemas({"CreatedInvoice": {"properties": {"id": {"maxLength": 40}}}})
FEWER = {"paths": {"/invoices/{invoice_id}": None}}
PLANS = {"paths": {"/plans": {"get": {"operationId": "listPlans", "responses": {"204": {"description": ""}}}}}}


@pytest.mark.parametrize(
    ("patch", "status", "release"),
    [({}, 0, "none"), (ANNOTATED, 0, "patch"), (NEW, 1, "minor"), (GONE, 2, "major"), (PLANS, 0, "none")],
)
def test_the_exit_status_and_the_json_name_the_required_version(
    patch: Document, status: int, release: str, written: Write, run: Run
) -> None:
    done = run("--with", written(patch), "--format", "json")
    assert (done.returncode, done.stderr) == (status, "")
    report = json.loads(done.stdout)
    assert report.keys() == {"before", "after", "changes", "known", "outdated", "release"}
    assert report["release"] == release
    assert bool(report["changes"]) is bool(patch)
    fields = {"operation", "side", "place", "kind", "what", "before", "after", "release", "why", "guess"}
    assert all(change.keys() == fields for change in report["changes"])


def test_the_program_finds_the_contract_from_any_folder(written: Write, tmp_path: Path) -> None:
    command = [sys.executable, contract_diff.__file__, "--with", written(NEW).name]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, encoding="utf-8")
    assert (done.returncode, done.stderr) == (1, "")


def test_from_reverses_the_direction_of_the_comparison(written: Write, run: Run) -> None:
    done = run("--from", written(NEW))
    assert done.returncode == 2
    assert "removed  response 200 $.data.amount.tax_total" in done.stdout
    assert run("--from", written(GONE)).returncode == 1


def test_two_other_documents_are_compared_with_each_other(written: Write, run: Run) -> None:
    first, second = written(NEW, "a.yaml"), written(NEW | PLANS, "b.yaml")
    done = run("--from", first, "--with", second)
    assert done.returncode == 1
    assert done.stdout.splitlines()[:2] == [f"from  {first}", f"to    {second}"]
    assert "operation: listPlans" in done.stdout
    assert done.stdout.splitlines()[-1].startswith("1 change (1 minor).")
    assert run("--from", second, "--with", first).returncode == 2


def test_a_new_operation_requires_a_version_only_between_whole_documents(written: Write, run: Run) -> None:
    done = run("--from", written(FEWER))
    assert done.returncode == 1
    assert "operation: getInvoice" in done.stdout
    done = run("--with", written(PLANS))
    assert done.returncode == 0
    assert done.stdout.splitlines()[2:] == [
        "",
        "New, not used here:",
        "  GET /plans  listPlans",
        "",
        "No difference that a user could see.",
    ]


def test_the_text_has_aligned_columns_and_ends_with_the_verdict(written: Write, run: Run) -> None:
    lines = run("--with", written(documents.joined(NEW, ANNOTATED))).stdout.splitlines()
    assert re.fullmatch(r"from  .*openapi/paisr-invoices\.yaml", lines[0])
    assert re.fullmatch(r"to    .*other\.yaml", lines[1])
    starts = {line.index("response 200") for line in lines if "response 200" in line}
    ends = {line.index(": number or null") for line in lines if ": number or null" in line}
    assert (len(starts), len(ends)) == (1, 1)
    assert lines[-1] == "3 changes (2 minor, 1 patch). No user's code breaks. This asks for a minor version."


# Known differences ----------------------------------------------------------------------------------------------------
TAX = [
    "GET /invoices response 200 $.data.invoices[].amount.tax_total, added property: number or null",
    "GET /invoices/{invoice_id} response 200 $.data.amount.tax_total, added property: number or null",
]
LENGTH = "POST /invoices response 200 $.data.id, narrowed maxLength: 40"


def test_recorded_differences_are_counted_and_only_new_ones_are_listed(written: Write, run: Run) -> None:
    done = run("--with", written(documents.joined(NEW, PLANS)), "--record")
    assert (done.returncode, done.stdout) == (0, f"{contract_diff.BASELINE}: recorded 3 known differences.\n")
    done = run("--with", written(documents.joined(NEW, PLANS)))
    assert done.returncode == 0
    assert done.stdout.splitlines()[2:] == [
        "", "3 known differences not listed.", "", "No new difference that a user could see."]  # fmt: skip
    lines = run("--with", written(documents.joined(documents.joined(NEW, PLANS), ANNOTATED))).stdout.splitlines()
    assert [line for line in lines if "maxLength" in line or "tax_total" in line] == [
        "  patch  narrowed  response 200 $.data.id  maxLength: 40"
    ]
    assert lines[-3:] == ["3 known differences not listed.", "",
                          "1 change (1 patch). No user's code breaks. This asks for a patch version."]  # fmt: skip


def test_all_lists_the_known_differences_too(written: Write, run: Run) -> None:
    run("--with", written(NEW), "--record")
    done = run("--with", written(NEW), "--all")
    assert done.returncode == 1
    assert "not listed" not in done.stdout
    assert "2 changes (2 minor)" in done.stdout


def test_a_known_difference_that_no_longer_exists_is_listed(written: Write, run: Run) -> None:
    run("--with", written(documents.joined(NEW, ANNOTATED)), "--record")
    done = run("--with", written(ANNOTATED))
    assert done.returncode == 0
    assert done.stdout.splitlines()[2:] == [
        "", "Known differences that are no longer true:", *(f"  {line}" for line in TAX),
        "", "1 known difference not listed.", "", "No new difference that a user could see."]  # fmt: skip
    report = json.loads(run("--with", written(ANNOTATED), "--format", "json").stdout)
    assert (report["known"], report["outdated"], report["changes"]) == (1, TAX, [])


def test_a_known_difference_that_changes_again_is_new(written: Write, run: Run) -> None:
    run("--with", written(ANNOTATED), "--record")
    done = run("--with", written(schemas({"CreatedInvoice": {"properties": {"id": {"maxLength": 50}}}})))
    assert "maxLength: 50" in done.stdout
    assert f"  {LENGTH}" in done.stdout.splitlines()


def test_recording_again_keeps_reasons_and_drops_differences_that_no_longer_exist(written: Write, run: Run) -> None:
    run("--with", written(documents.joined(NEW, ANNOTATED)), "--record")
    baseline = contract_diff.BASELINE
    text = baseline.read_text(encoding="utf-8")
    assert [line for line in text.splitlines() if line and not line.startswith("#")] == [TAX[0], LENGTH, TAX[1]]
    reason = f"{LENGTH}  # no page says how long an id is"
    baseline.write_text(text.replace(LENGTH, reason), encoding="utf-8")
    assert run("--with", written(ANNOTATED)).returncode == 0
    run("--with", written(ANNOTATED), "--record")
    assert baseline.read_text(encoding="utf-8") == text[: text.index(TAX[0])] + reason + "\n"


def test_known_differences_are_those_of_the_contract_unless_another_list_is_named(
    written: Write, tmp_path: Path, run: Run
) -> None:
    run("--with", written(GONE), "--record")
    first, second, known = written({}, "a.yaml"), written(GONE, "b.yaml"), tmp_path / "known.txt"
    assert run("--from", first, "--with", second).returncode == 2
    assert run("--from", first, "--with", second, "--baseline", known, "--record").returncode == 0
    assert run("--from", first, "--with", second, "--baseline", known).returncode == 0
    assert run("--from", first).returncode == 0


def test_a_reference_into_another_file_is_followed(tmp_path: Path, run: Run) -> None:
    other = documents.contract()
    (tmp_path / "amount.yaml").write_text(yaml.safe_dump(other["components"]["schemas"]["Amount"]), encoding="utf-8")
    other["components"]["schemas"]["Amount"] = {"$ref": "amount.yaml"}
    path = tmp_path / "other.yaml"
    path.write_text(yaml.safe_dump(other), encoding="utf-8")
    assert run("--with", path).stdout.endswith("No difference that a user could see.\n")
    (tmp_path / "amount.yaml").write_text("type: object\nproperties: {}\n", encoding="utf-8")
    assert run("--with", path).returncode == 2


# Documents that cannot be compared ------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (None, "cannot be read"),
        (b"\xff\xfe\x00", "is not text in UTF-8"),
        (b"openapi: [3.1", "is neither YAML nor JSON (line "),
        (b"- 1", "is not an OpenAPI document: it holds [1]"),
        (b"swagger: '2.0'", "names no OpenAPI version"),
        (b"openapi: 4.0.0", "is for OpenAPI 4.0.0; a document for OpenAPI 3 is needed"),
        (b"openapi: 3.1.0\npaths: &a {/invoices: *a}", "contains itself"),
        (b"openapi: 3.1.0\npaths: [/invoices]", "'paths' is not an object"),
        (b"openapi: 3.1.0\npaths: {/invoices: {post: 7}}", "An object is expected where there is 7"),
        (b"openapi: 3.0.0\npaths: {/invoices: {post: {requestBody: {$ref: '#/no'}}}}", "'#/no' leads nowhere"),
        (b"openapi: 3.0.0\npaths: {/invoices: {$ref: 'https://example.com/a.yaml'}}", "leads nowhere"),
        (b"openapi: 3.0.0\npaths: {/invoices: {$ref: '#/paths/~1invoices'}}", "leads back to itself"),
        (b"openapi: 3.0.0\npaths: {/invoices: {get: {parameters: [{in: query, name: limit, schema: {type: int}}]}}}",
         'no type "int"'),
        (b"openapi: 3.0.0\npaths: {/invoices: {get: {parameters: [{in: query, name: limit, schema: "
         b"{type: integer, minimum: one, exclusiveMinimum: 1}}]}}}", "'minimum' is not a number but \"one\""),
        (b"openapi: 3.0.0\npaths: {/invoices: {get: {parameters: [{in: query, name: limit, schema: {pattern: [a]}}]}}}",
         "'pattern' is not a string but [\"a\"]"),
        (b"openapi: 3.0.0\npaths: {/invoices: {get: {tags: [[]]}}}", "'tags' is not a list of strings but [[]]"),
    ],
)  # fmt: skip
def test_an_invalid_document_is_an_error_with_one_sentence(
    content: bytes | None, sentence: str, tmp_path: Path, run: Run
) -> None:
    path = tmp_path / "other.yaml"
    if content is not None:
        path.write_bytes(content)
    done = run("--with", path)
    assert (done.returncode, done.stdout) == (64, "")
    assert sentence in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_list_of_known_differences_that_is_no_text_is_refused(written: Write, run: Run) -> None:
    contract_diff.BASELINE.write_bytes(b"\xff\xfe\x00")
    done = run("--with", written(NEW))
    assert (done.returncode, done.stdout) == (64, "")
    assert done.stderr.endswith("cannot be read as a list of known differences.\n")


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("one.yaml",),
        ("--with", "one.yaml", "--format", "xml"),
        ("--from", "a.yaml", "--with", "b.yaml", "--record"),
        ("--with", "b.yaml", "--baseline", "missing.txt"),
    ],
)
def test_a_wrong_command_line_exits_with_a_status_that_is_no_verdict(arguments: tuple[str, ...], run: Run) -> None:
    done = run(*arguments)
    assert (done.returncode, done.stdout) == (64, "")
    assert done.stderr.count("\n") == 1
