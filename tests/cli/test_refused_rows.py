"""The file of refused rows is corrected and run with the journal of the run that refused them."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from paisr_stub import StubServer

HEADER = "number,customer,summary,due"
Write = Callable[..., Path]


def row(number: int, summary: str = "Rent", due: str = "In 3 days") -> str:
    return f"{number},jane@example.com,{summary},{due}"


@pytest.mark.parametrize("suffix", [".csv", ".txt", ""])
def test_a_file_of_refused_rows_has_the_journal_of_its_run(
    run: Any, stub: StubServer, customer: str, write: Write, suffix: str
) -> None:
    name = f"invoices{suffix}"
    write(HEADER, row(1), row(2), name=name)
    assert run("invoices", "create", "--from", name, "--key", "number").status == 0
    write(HEADER, row(1), row(2, "Another"), row(3, due="31-12-2026"), name=name)
    assert run("invoices", "create", "--from", name, "--key", "number").status == 3

    refused = Path(f"{name}.refused{suffix or '.csv'}")
    refused.write_text(refused.read_text().replace("31-12-2026", "In 3 days"))
    again = run("invoices", "create", "--from", refused, "--key", "number")
    assert again.status == 3
    assert "was used for another request" in Path(f"{refused}.results.csv").read_text()
    assert [one["summary"] for one in stub.invoices] == ["Rent", "Rent", "Rent"]
    # Those that are refused once more have that journal, too.
    once_more = f"{refused}.refused{suffix or '.csv'}"
    assert run("invoices", "create", "--from", once_more, "--key", "number").status == 3
    assert len(stub.invoices) == 3
    assert [one.name for one in Path().glob("*.journal")] == [f"{name}.journal"]


def test_a_run_prints_the_command_for_its_refused_rows(
    run: Any, stub: StubServer, customer: str, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    write("my number,customer,summary,due", row(1), row(2, due="31-12-2026"), name="my invoices.csv")
    words = ("invoices", "create", "--from", "my invoices.csv", "--key", "my number", "--rate", "100/60")
    (command,) = re.findall(r"^paisr: correct the refused rows, then run: paisr (.*)$", run(*words).err, re.MULTILINE)
    assert shlex.split(command) == [*words[:3], "my invoices.csv.refused.csv", *words[4:]]
    path = Path("my invoices.csv.refused.csv")
    path.write_text(path.read_text().replace("31-12-2026", "In 3 days"))
    ended = run(*shlex.split(command))
    assert (ended.status, len(stub.invoices), "then run" in ended.err) == (0, 2, False)


@pytest.mark.parametrize(
    ("words", "variable", "expected"),
    [
        (["--journal", "j.db"], None, ["--from", "x.csv.refused.csv", "--journal", "j.db"]),
        (["--refused", "bad.csv"], None, ["--from", "bad.csv", "--journal", "x.csv.journal"]),
        (["--refused", "bad.csv"], "j.db", ["--from", "bad.csv"]),
        (["--results", "r.csv"], None, ["--from", "x.csv.refused.csv"]),
    ],
)
def test_the_command_for_refused_rows_names_a_journal_that_is_not_the_default(
    run: Any, stub: StubServer, write: Write, monkeypatch: pytest.MonkeyPatch,
    words: list[str], variable: str | None, expected: list[str],
) -> None:  # fmt: skip
    if variable is not None:
        monkeypatch.setenv("PAISR_JOURNAL", variable)
    write(HEADER[7:], row(1, due="31-12-2026")[2:], name="x.csv")
    ended = run("invoices", "create", "--from", "x.csv", *words)
    assert ended.err.endswith(f"then run: paisr invoices create {' '.join(expected)}\n")


def test_the_command_for_refused_rows_repeats_no_address_that_may_have_a_password() -> None:
    from types import SimpleNamespace

    from paisr_cli._bulk_again import next_command

    options = [
        SimpleNamespace(name="journal", opts=["--journal"], envvar="PAISR_JOURNAL"),
        SimpleNamespace(name="share_rate", opts=["--share-rate"], envvar="PAISR_SHARE_RATE"),
    ]
    given = {"journal": "postgresql://me:secret@host/db", "share_rate": "redis://:secret@host"}
    context: Any = SimpleNamespace(
        command=SimpleNamespace(params=options),
        params=given,
        get_parameter_source=lambda _name: SimpleNamespace(name="COMMANDLINE"),
    )
    command = next_command(context, "x.csv.refused.csv", given["journal"])
    assert command.endswith(
        '--from x.csv.refused.csv --share-rate "${PAISR_SHARE_RATE:?}" --journal "${PAISR_JOURNAL:?}"'
    )


def test_an_empty_journal_is_not_the_default_one(run: Any, stub: StubServer, write: Write) -> None:
    write(HEADER[7:], row(1)[2:], name="x.csv")
    ended = run("invoices", "create", "--from", "x.csv", "--journal", "")
    assert (ended.status, "--journal is empty" in ended.err, stub.requests) == (2, True, [])


@pytest.mark.parametrize("name", ["x.csv.refused.csv", "stdin.refused.csv"])
def test_refused_rows_without_the_journal_of_their_run_are_not_sent(
    run: Any, stub: StubServer, customer: str, write: Write, name: str
) -> None:
    write(HEADER[7:], row(1)[2:], name=name)
    assert run("invoices", "create", "--from", name, "--dry-run").status == 0
    ended = run("invoices", "create", "--from", name)
    assert (ended.status, stub.requests) == (2, [])
    assert "give the --journal of that run" in ended.err
    assert run("invoices", "create", "--from", name, "--journal", "j.db").status == 0


def test_errors_and_files_have_the_order_of_the_rows(run: Any, stub: StubServer, customer: str, write: Write) -> None:
    wrong = {3, 4, 17, 30}
    write(HEADER, *(row(number, due="31-12-2026" if number in wrong else "In 3 days") for number in range(40)), row(9))
    stub.fail_next(drop="after", operation="create")
    checked = run("invoices", "create", "--from", "invoices.csv", "--key", "number", "--dry-run")
    lines = [int(line.split(":")[1]) for line in checked.out.splitlines()]
    assert lines == [number + 2 for number in sorted(wrong)] + [42]
    assert "invoices.csv:42: The row has the same key or content as line 11; leave one" in checked.out
    assert run("invoices", "create", "--from", "invoices.csv", "--key", "number").status == 3
    results = Path("invoices.csv.results.csv").read_text().splitlines()[1:]
    assert [int(one.split(",")[0]) for one in results] == list(range(2, 43))
    refused = Path("invoices.csv.refused.csv").read_text().splitlines()
    assert refused == [HEADER, *(row(number, due="31-12-2026") for number in sorted(wrong)), row(9)]
