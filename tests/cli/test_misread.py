"""Numbers and due dates that can be misread are refused in the same words, in a file and from options."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from paisr._bulk import items
from paisr_cli import _fields
from paisr_cli._exits import Exit
from paisr_stub import StubServer

CREATE = ("invoices", "create", "--customer", "jane@example.com", "--summary", "Pizza", "--due", "In 3 days")
Write = Callable[..., Path]


def test_the_command_line_and_the_library_have_the_same_decimals() -> None:
    assert _fields.DECIMALS == items.DECIMALS


PRICES = [
    ("1.500", "unit_price='1.500' has 3 decimals, and SRD has 2; write 1500 or 1.50."),
    ("1.234", "unit_price='1.234' has 3 decimals, and SRD has 2; write 1234 or 1.23."),
    ("0.100", "unit_price='0.100' has 3 decimals, and SRD has 2; write at most 2 decimals."),
    ("1.5000", "unit_price='1.5000' has 4 decimals, and SRD has 2; write at most 2 decimals."),
    ("1.500.000", "unit_price='1.500.000' is not a plain number; write digits with at most one full stop"),
    ("2e3", "unit_price='2e3' is not a plain number"),
    ("1_000", "unit_price='1_000' is not a plain number"),
    ("１２", "unit_price='１２' is not a plain number"),  # noqa: RUF001 - full-width digits are refused
    ("+5", "unit_price='+5' is not a plain number"),
    ("1,5", "unit_price='1,5' is not a plain number"),
]
QUANTITIES = [
    ("1.500", "quantity='1.500' can be read in two ways; write 1500 or 1.5000."),
    ("2.125", "quantity='2.125' can be read in two ways; write 2125 or 2.1250."),
    ("1.500.000", "quantity='1.500.000' is not a plain number; write digits with at most one full stop"),
    ("2e3", "quantity='2e3' is not a plain number"),
    ("+5", "quantity='+5' is not a plain number"),
    ("1,5", "quantity='1,5' is not a plain number"),
]
DUE_DATES = [
    ("31-12-2026", "due='31-12-2026' looks like a date; write 2026-12-31."),
    ("31/12/2026", "due='31/12/2026' looks like a date; write 2026-12-31."),
    ("31.12.2026", "due='31.12.2026' looks like a date; write 2026-12-31."),
    ("2026-31-12", "due='2026-31-12' looks like a date; write 2026-12-31."),
    ("2026-12-31 00:00:00", "due='2026-12-31 00:00:00' looks like a date; write 2026-12-31."),
    ("01/02/2027", "due='01/02/2027' looks like a date; write it as in 2026-12-31."),
    ("31-12-26", "due='31-12-26' looks like a date; write it as in 2026-12-31."),
    ("2027-02-30", "due='2027-02-30' looks like a date; write it as in 2026-12-31."),
]


@pytest.mark.parametrize(
    ("quantity", "price", "message"),
    [*(("1", price, message) for price, message in PRICES), *((text, "75", message) for text, message in QUANTITIES)],
)
def test_a_number_that_can_be_misread_is_refused(
    run: Any, stub: StubServer, write: Write, quantity: str, price: str, message: str
) -> None:
    ended = run(*CREATE, "--currency", "SRD", "--item", f"{quantity} x {price} Pizza")
    assert (ended.status, f"items[0].{message}" in ended.err) == (Exit.WRONG_USE, True), ended.err
    columns = "customer;summary;due;currency;description;quantity;unit_price"
    write(columns, f"jane@example.com;Pizza;In 3 days;SRD;Pizza;{quantity};{price}")
    checked = run("invoices", "create", "--from", "invoices.csv", "--dry-run")
    column = message.partition("=")[0]
    assert (checked.status, f"invoices.csv:2: column {column}: {message}" in checked.out) == (3, True), checked.out
    item = {"description": "Pizza", "quantity": quantity, "unit_price": price}
    fields = {"customer": "jane@example.com", "summary": "Pizza", "due": "In 3 days", "currency": "SRD"}
    write(json.dumps({**fields, "items": [item]}), name="x.jsonl")
    checked = run("invoices", "create", "--from", "x.jsonl", "--dry-run")
    assert (checked.status, f"x.jsonl:1: items[0].{message}" in checked.out) == (3, True), checked.out
    assert stub.requests == []


def test_a_plain_number_is_billed(run: Any, stub: StubServer, customer: str, write: Write) -> None:
    write(
        '{"customer": "jane@example.com", "summary": "Pizza", "due": "In 3 days", "items": ['
        '{"description": "a", "quantity": 1, "unit_price": "1500"}, '
        '{"description": "b", "quantity": "1.5000", "unit_price": "1.5"}, '
        '{"description": "c", "quantity": 1.500, "unit_price": 1.500}]}',
        name="x.jsonl",
    )
    assert run("invoices", "create", "--from", "x.jsonl").status == 0
    assert [one["amount"]["net_total"] for one in stub.invoices] == [Decimal("1504.50")]


@pytest.mark.parametrize(("due", "message"), DUE_DATES)
def test_a_text_that_only_looks_like_a_date_is_refused(
    run: Any, stub: StubServer, write: Write, due: str, message: str
) -> None:
    ended = run(*CREATE[:-1], due)
    assert (ended.status, ended.err) == (Exit.WRONG_USE, f"paisr: {message}\n")
    write("customer,summary,due", f"jane@example.com,Pizza,{due}")
    checked = run("invoices", "create", "--from", "invoices.csv", "--dry-run")
    assert (checked.status, checked.out) == (3, f"invoices.csv:2: {message}\n")
    write(json.dumps({"customer": "jane@example.com", "summary": "Pizza", "due": due}), name="x.jsonl")
    assert run("invoices", "create", "--from", "x.jsonl", "--dry-run").out == f"x.jsonl:1: {message}\n"
    assert stub.requests == []


def test_a_blank_before_a_date_is_no_other_text(run: Any, stub: StubServer) -> None:
    message = "due=' 2026-12-31' looks like a date; write 2026-12-31."
    assert run(*CREATE[:-1], " 2026-12-31").err == f"paisr: {message}\n"


def test_a_due_date_can_be_a_date(run: Any, stub: StubServer) -> None:
    due = date.today() + timedelta(days=3)
    assert run(*CREATE[:-1], due).status == 0
    (request,) = stub.requests
    assert request.json()["due"] == "In 3 days"
    ended = run(*CREATE[:-1], "2001-01-01")
    assert (ended.status, "due=2001-01-01 is not after today" in ended.err) == (Exit.WRONG_USE, True)


@pytest.mark.parametrize(
    ("cells", "column"),
    [
        (" ,Rent,In 3 days,,,,1", "customer"),
        ("jane@example.com,Rent,,,,,1", "due"),
        ("jane@example.com,Rent,In 3 days,Room,,75,1", "quantity"),
        ("jane@example.com,Rent,In 3 days,Room,1,75,", "number"),
    ],
)
def test_an_empty_cell_is_named_by_its_column(
    run: Any, stub: StubServer, write: Write, cells: str, column: str
) -> None:
    write("customer,summary,due,description,quantity,unit_price,number", cells)
    ended = run("invoices", "create", "--from", "invoices.csv", "--key", "number", "--dry-run")
    assert ended.out == f"invoices.csv:2: column {column} is empty.\n"


@pytest.mark.parametrize("text", ["", "customer,summary,due\n", "customer,summary,due\n\n,,\n", "\n\n"])
@pytest.mark.parametrize("words", [[], ["--dry-run"]])
def test_a_file_without_rows_is_no_success(
    run: Any, stub: StubServer, write: Write, text: str, words: list[str]
) -> None:
    write(name="x.csv").write_text(text)
    ended = run("invoices", "create", "--from", "x.csv", *words)
    assert (ended.status, ended.out, ended.err) == (Exit.WRONG_USE, "", "paisr: x.csv has no rows\n")


def test_an_empty_file_has_no_column_to_miss(run: Any, stub: StubServer, write: Write) -> None:
    write(name="x.csv").write_text("")
    assert run("invoices", "create", "--from", "x.csv", "--key", "number").err == "paisr: x.csv has no rows\n"


def test_a_key_without_a_journal_names_the_option_and_the_variable(run: Any, stub: StubServer) -> None:
    ended = run(*CREATE, "--key", "1")
    assert ended.status == Exit.WRONG_USE
    assert ended.err == "paisr: --key needs a journal: give --journal FILE, or set PAISR_JOURNAL.\n"


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["invoices", "list", "--limit", "abc"], "abc is not a whole number; give one such as 100."),
        (["invoices", "list", "--timeout", "1,5"], "1,5 is not a number; give one such as 30."),
    ],
)
def test_an_option_that_is_no_number_is_refused_in_a_sentence(run: Any, words: list[str], sentence: str) -> None:
    ended = run(*words)
    assert (ended.status, ended.err.endswith(f"{sentence}\n")) == (Exit.WRONG_USE, True)


def test_a_wrong_option_beside_a_file_points_to_the_help_of_files(run: Any) -> None:
    ended = run("invoices", "create", "--from", "x.csv", "--sumary", "x")
    assert (ended.status, "Try 'paisr invoices create --from FILE --help'" in ended.err) == (Exit.WRONG_USE, True)
    assert "--dry-run" in run("invoices", "create", "--from", "FILE", "--help").out
