"""`paisr invoices`, with its output in a pipe."""

from __future__ import annotations

import csv
import inspect
import io
import json
import re
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from paisr import Invoices
from paisr_cli import _invoices
from paisr_cli._exits import Exit
from paisr_cli._output import console
from paisr_stub import StubServer

CREATE = (
    "invoices",
    "create",
    "--customer",
    "jane@example.com",
    "--summary",
    "Pizza",
    "--due",
    "In 3 days",
    "--item",
    "2 x 75 Pizza",
)


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


@pytest.mark.parametrize(
    ("method", "command"),
    [(Invoices.create, _invoices.create), (Invoices.list, _invoices.list_), (Invoices.get, _invoices.get)],
)
def test_a_command_has_an_option_for_each_argument(method: Callable[..., Any], command: Callable[..., Any]) -> None:
    arguments = set(inspect.signature(method).parameters) - {"self"}
    # Each item is an option of its own.
    options = {"items" if name == "item" else name for name in inspect.signature(command).parameters}
    assert arguments <= options


def test_a_price_with_too_many_decimals_is_refused(run: Any, stub: StubServer) -> None:
    ended = run(*CREATE, "--item", "1 x 1.234 Olives", "--currency", "SRD")
    assert ended.status == Exit.WRONG_USE
    assert "items[1].unit_price='1.234' has 3 decimals, and SRD has 2; write 1234 or 1.23." in ended.err
    assert stub.requests == []


def test_create_sends_its_options_as_one_invoice(run: Any, stub: StubServer) -> None:
    items = ("--item", "2 x 75.00 Pizza Margherita", "--item", "1.5 x 0.10 Olives x 3")
    ended = run(*CREATE[:-2], *items, "--currency", "EUR", "--output", "json")
    assert (ended.status, ended.err) == (0, "")
    (invoice,) = stub.invoices
    created = json.loads(ended.out)
    assert created["id"] == invoice.id
    assert created["session"]["url"] == invoice.session.url
    assert [(one.description, one.quantity, one.unit_price) for one in stub.items(invoice.id)] == [
        ("Pizza Margherita", Decimal(2), Decimal("75.00")),
        ("Olives x 3", Decimal("1.5"), Decimal("0.10")),
    ]
    assert invoice.currency == "EUR"


@pytest.mark.parametrize("item", ["Pizza", "2 x Pizza", "two x 3 Pizza", "2x3 Pizza", "2 x 3"])
def test_an_invalid_item_is_refused_before_anything_is_sent(run: Any, stub: StubServer, item: str) -> None:
    ended = run(*CREATE, "--item", item)
    assert (ended.status, ended.out) == (Exit.WRONG_USE, "")
    assert ended.err.count("\n") == 1
    assert not stub.requests


def test_one_key_creates_one_invoice(run: Any, stub: StubServer, tmp_path: Path) -> None:
    keyed = (*CREATE, "--key", "2026-12/17", "--journal", tmp_path / "creates.db", "-o", "jsonl")
    first, second = run(*keyed), run(*keyed)
    assert first == second
    assert first.status == 0
    assert len(stub.invoices) == 1


def test_an_unknown_outcome_writes_an_attempt_that_can_be_reconciled(
    run: Any, stub: StubServer, tmp_path: Path
) -> None:
    stub.fail_next(drop="after", operation="create")
    lost = run(*CREATE, "-o", "json")
    assert lost.status == Exit.UNKNOWN
    assert lost.err.startswith("paisr: ")
    (tmp_path / "attempt.json").write_text(lost.out)
    found = run("invoices", "reconcile", tmp_path / "attempt.json", "-o", "json")
    assert (found.status, json.loads(found.out)["id"]) == (0, stub.invoices[0].id)


def test_an_absent_create_exits_with_4(run: Any, stub: StubServer, monkeypatch: pytest.MonkeyPatch) -> None:
    stub.fail_next(drop="before", operation="create")
    attempt = run(*CREATE).out
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(attempt.encode())))
    ended = run("invoices", "reconcile", "-")
    assert (ended.status, ended.out) == (Exit.NOT_FOUND, "")
    assert "look again before it is sent again" in ended.err


def test_a_journal_is_reconciled_row_by_row(run: Any, stub: StubServer, tmp_path: Path) -> None:
    journal = ("--journal", tmp_path / "creates.db")
    stub.fail_next(drop="after", operation="create")
    assert run(*CREATE, *journal).status == Exit.UNKNOWN
    stub.fail_next(drop="before", operation="create")
    assert run(*CREATE[:4], "--summary", "=cmd()", *CREATE[6:], *journal).status == Exit.UNKNOWN
    ended = run("invoices", "reconcile", *journal, "--settle-after", 0, "-o", "csv")
    assert ended.status == 0
    (invoice,) = stub.invoices
    assert [(row["summary"], row["invoice_id"], row["status"]) for row in rows(ended.out)] == [
        ("Pizza", invoice.id, "unpaid"),
        ("'=cmd()", "", "absent"),
    ]


def test_an_open_create_exits_with_5(run: Any, stub: StubServer, tmp_path: Path) -> None:
    journal = ("--journal", tmp_path / "creates.db")
    stub.fail_next(drop="after", operation="create")
    run(*CREATE, *journal)
    run(*CREATE)
    ended = run("invoices", "reconcile", *journal, "-o", "json")
    assert ended.status == Exit.UNKNOWN
    assert json.loads(ended.out)[0]["undecided"]


def test_reconcile_without_an_attempt_or_a_journal_is_refused(run: Any, stub: StubServer, tmp_path: Path) -> None:
    assert run("invoices", "reconcile").status == Exit.WRONG_USE
    assert run("invoices", "reconcile", tmp_path / "nowhere").err.endswith("No such file or directory.\n")
    (tmp_path / "bad").write_text("{}")
    assert run("invoices", "reconcile", tmp_path / "bad").status == Exit.WRONG_USE


@pytest.mark.parametrize("output", ["json", "jsonl", "csv", "table"])
def test_list_writes_the_same_invoices_in_every_form(run: Any, stub: StubServer, output: str) -> None:
    stub.seed(7)
    ended = run("invoices", "list", "--output", output)
    assert (ended.status, ended.err) == (0, "")
    match output:
        case "json":
            ids = [one["id"] for one in json.loads(ended.out)]
        case "jsonl":
            ids = [json.loads(line)["id"] for line in ended.out.splitlines()]
        case "csv":
            ids = [row["id"] for row in rows(ended.out)]
        case _:
            ids = re.findall(r"inv_\w+", ended.out)
    assert sorted(ids) == sorted(one.id for one in stub.invoices)


def test_amounts_are_exact_in_every_form(run: Any, stub: StubServer) -> None:
    run(*CREATE, "--item", "3 x 0.10 Olives")
    amount = {"sub_total": Decimal("150.3"), "discount_total": 0, "net_total": Decimal("150.3")}
    (shown,) = json.loads(run("invoices", "list", "-o", "json").out, parse_float=Decimal)
    assert shown["amount"] == amount
    (row,) = rows(run("invoices", "list", "-o", "csv").out)
    assert {name: Decimal(row[f"amount.{name}"]) for name in amount} == amount


def test_a_table_shows_amounts_with_the_decimals_of_money(run: Any, stub: StubServer) -> None:
    for price in ("1000.5", "75", "0.25"):
        run(*CREATE[:-2], "--item", f"1 x {price} Olives", "--currency", "SRD")
    shown = run("invoices", "list").out
    assert re.findall(r"SRD +(\S+)", shown) == ["0.25", "75.00", "1000.50"]
    assert "75.00" not in run("invoices", "list", "-o", "csv").out


@pytest.mark.parametrize("count", [1, 2, 3])
def test_an_unreadable_list_points_to_nothing_that_a_shell_does_not_have(
    run: Any, stub: StubServer, count: int
) -> None:
    stub.seed(count)
    body = json.loads(run("invoices", "list", "-o", "json").out, parse_float=str)
    body[0]["summary"] = 7
    stub.fail_next(body=json.dumps({"success": True, "data": {"invoices": body}}), status=200)
    ended = run("invoices", "list")
    assert ended.status == Exit.UNEXPECTED
    assert "$.data.invoices[0].summary" in ended.err
    assert "partial" not in ended.err


def test_a_list_is_filtered_and_warns_when_it_may_be_truncated(run: Any, stub: StubServer) -> None:
    stub.seed(30)
    ended = run("invoices", "list", "--status", "paid", "--limit", 1, "-o", "json")
    assert [one["status"] for one in json.loads(ended.out)] == ["paid"]
    assert "there may be more" in ended.err
    ended = run("invoices", "list", "--status", "payed")
    assert ended.status == Exit.WRONG_USE


def test_get_prints_one_invoice(run: Any, stub: StubServer) -> None:
    (one,) = stub.seed(1)
    assert json.loads(run("invoices", "get", one, "-o", "json").out)["id"] == one
    assert one in run("invoices", "get", one).out
    assert run("invoices", "get", "inv_none")[:2] == (Exit.NOT_FOUND, "")
    stub.fail_next(status=403, message="\x1b[31mno\u202e scope")
    refused = run("invoices", "get", one)
    assert refused.status == Exit.REFUSED
    assert refused.err == "".join(one for one in refused.err if one.isprintable() or one == "\n")


def test_wait_ends_at_the_wanted_status(run: Any, stub: StubServer) -> None:
    created = json.loads(run(*CREATE, "-o", "json").out)["id"]
    late = run("invoices", "wait", created, "--timeout", "0.05", "--interval", "0.01")
    assert (late.status, late.out) == (Exit.UNREACHABLE, "")
    assert json.loads(run("invoices", "wait", created, "--until", "unpaid", "-o", "json").out)["status"] == "unpaid"
    stub.pay(created)
    ended = run("invoices", "wait", created, "-o", "json")
    assert (ended.status, ended.err, json.loads(ended.out)["status"]) == (0, "", "paid")


def test_the_token_comes_from_a_file(
    run: Any, stub: StubServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PAISR_TOKEN")
    assert run("invoices", "list").status == Exit.WRONG_USE
    path = tmp_path / "token"
    path.write_text(f"{stub.token}\n")
    assert run("invoices", "list", "--token-file", path).status == 0
    for content, message in (("", "is empty"), ("\udcff", "UTF-8"), (None, "No such file")):
        path.unlink()
        if content is not None:
            path.write_bytes(content.encode("utf-8", "surrogateescape"))
        refused = run("invoices", "list", "--token-file", path)
        assert (refused.status, message in refused.err) == (Exit.WRONG_USE, True)


def test_an_unreachable_service_exits_with_6(run: Any, stub: StubServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PAISR_BASE_URL")
    ended = run("invoices", "list", "--base-url", "http://127.0.0.1:1/v2", "--timeout", "0.1")
    assert (ended.status, ended.out) == (Exit.UNREACHABLE, "")


def test_an_invalid_response_exits_with_7(run: Any, stub: StubServer) -> None:
    stub.fail_next(body='{"success": true, "data": {}}')
    assert run("invoices", "list").status == Exit.UNEXPECTED


def test_a_hostile_invoice_is_escaped_in_every_form(run: Any, stub: StubServer) -> None:
    hostile = "=HYPERLINK(1)\x1b[2J\x9b31m\u202egpj\r\n[red]:smile:[/] 🍕" + "x" * 1_000_000
    run(*CREATE[:4], "--summary", hostile, "--due", "In 3 days")
    for output in ("table", "csv", "json", "jsonl"):
        ended = run("invoices", "list", "-o", output)
        assert ended.status == 0
        assert all(one.isprintable() or one == "\n" for one in ended.out), output
        assert "[red]:smile:[/] 🍕" in re.sub(r"\s+", " ", ended.out), output
    (row,) = rows(run("invoices", "list", "-o", "csv").out)
    assert row["summary"].startswith("'=HYPERLINK(1)\\x1b[2J")
    (exact,) = json.loads(run("invoices", "list", "-o", "json").out)
    assert exact["summary"] == hostile
    assert len(run("invoices", "list").out) < 3_000


def test_a_pipe_gets_no_colours_and_no_narrow_columns() -> None:
    stream = io.StringIO()
    console(stream).print("x" * 500)
    assert stream.getvalue() == "x" * 500 + "\n"
