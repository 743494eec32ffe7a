"""`paisr invoices create --from`: each row once, errors with line and column, and the files of a run."""

from __future__ import annotations

import csv
import io
import os
import pty
import resource
import socket
import subprocess
import sys
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from paisr import AsyncPaisr
from paisr._base.runtime import SYSTEM
from paisr._bulk import rows
from paisr._recovery.recovery import Recovery
from paisr_cli._bulk_files import Tally
from paisr_cli._bulk_parts import Part
from paisr_cli._bulk_progress import Progress
from paisr_stub import StubServer

HEADER = "customer,summary,due,currency,description,quantity,unit_price,description_2,quantity_2,unit_price_2"
Write = Callable[..., Path]


def line(number: int, customer: str = "jane@example.com", price: object = "75.00") -> str:
    return f"{customer},Rent {number},In 3 days,SRD,Room {number},1,{price},,,"


def rows_of(path: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(Path(path).read_text())))


def test_each_row_becomes_one_invoice(run: Any, stub: StubServer, customer: str, write: Write) -> None:
    write(HEADER, line(1), "jane@example.com,Rent 2,In 3 days,,Room,1,75,Water,2,1.50")
    ended = run("invoices", "create", "--from", "invoices.csv")
    assert (ended.status, ended.out) == (0, "")
    assert ended.err == "paisr: 2 invoices, 0 of them from an earlier run; results in invoices.csv.results.csv\n"
    made = {str(one["summary"]): one for one in stub.invoices}
    assert [made[name]["amount"]["net_total"] for name in ("Rent 1", "Rent 2")] == [75, 78]
    results = sorted(rows_of("invoices.csv.results.csv"), key=lambda one: int(one["line"]))
    assert [list(results[0]), [one["line"] for one in results]] == [
        ["line", "key", "id", "status", "link", "error"],
        ["2", "3"],
    ]
    assert [one["id"] for one in results] == [made["Rent 1"]["id"], made["Rent 2"]["id"]]
    assert all(one["link"].startswith("http") and one["status"] == "unpaid" for one in results)
    assert not Path("invoices.csv.refused.csv").exists()

    stub.forget_requests()
    again = run("invoices", "create", "--from", "invoices.csv")
    assert (again.status, stub.requests) == (0, [])
    assert "2 invoices, 2 of them from an earlier run" in again.err
    assert sorted(rows_of("invoices.csv.results.csv"), key=lambda one: int(one["line"])) == results


@pytest.mark.parametrize(
    ("header", "text", "message"),
    [
        (
            HEADER,
            line(1, price="1.234"),
            "column unit_price: unit_price='1.234' has 3 decimals, and SRD has 2; write 1234 or 1.23.",
        ),
        (HEADER, line(1, price="abc"), "column unit_price"),
        (HEADER, "jane@example.com,Rent,In 3 days,,,,,Water,2,", "column unit_price_2 is empty."),
        (HEADER, "jane@example.com,,In 3 days,,,,,,,", ":3: column summary is empty."),
        (HEADER, "jane@example.com,Rent,2001-01-01,,,,,,,", "due=2001-01-01 is not after today"),
        (HEADER, "jane@example.com,Rent,In 3 days", "The row has 3 cells, and the header 10"),
    ],
)
def test_a_dry_run_reports_errors_by_line_and_column(
    run: Any, stub: StubServer, write: Write, header: str, text: str, message: str
) -> None:
    write(header, line(7), text, line(8))
    ended = run("invoices", "create", "--from", "invoices.csv", "--dry-run")
    assert ended.status == 3
    assert ended.out.startswith("invoices.csv:3: ")
    assert message in ended.out
    assert ended.err == "paisr: 2 rows are right, 1 is wrong; nothing was sent\n"
    assert (stub.requests, [one.name for one in Path().iterdir()]) == ([], ["invoices.csv"])


def test_refused_rows_are_written_to_a_file_that_can_be_corrected_and_run(
    run: Any, stub: StubServer, customer: str, write: Write
) -> None:
    write(HEADER, line(2), line(3, price="0.001"))
    stub.fail_next(status=422, operation="create")
    ended = run("invoices", "create", "--from", "invoices.csv")
    assert ended.status == 3
    assert "2 rows refused (in invoices.csv.refused.csv)" in ended.err
    refused = Path("invoices.csv.refused.csv").read_text()
    assert sorted(refused.splitlines()[1:]) == sorted([line(2), line(3, price="0.001")])
    corrected = refused.replace("0.001", "0.01")
    write(corrected.strip(), name="corrected.csv")
    assert run("invoices", "create", "--from", "corrected.csv", "--journal", "invoices.csv.journal").status == 0
    assert sorted(str(one["summary"]) for one in stub.invoices) == ["Rent 2", "Rent 3"]


def test_a_finished_row_is_no_error_when_its_due_date_has_passed(
    run: Any, stub: StubServer, customer: str, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    due = date.today() + timedelta(days=2)
    write("customer,summary,due", f"jane@example.com,Rent,{due}")
    assert run("invoices", "create", "--from", "invoices.csv").status == 0
    after = replace(SYSTEM, today=lambda: due + timedelta(days=1))
    monkeypatch.setattr(AsyncPaisr, "_runtime", after)
    ended = run("invoices", "create", "--from", "invoices.csv")
    assert (ended.status, len(stub.invoices)) == (0, 1)
    assert "1 invoice, from an earlier run; results" in ended.err


def test_a_refused_row_can_be_corrected_under_its_key(run: Any, stub: StubServer, customer: str, write: Write) -> None:
    write("number,customer,summary,due", "1,jane@example.com,Wrong,In 3 days")
    stub.fail_next(status=422, operation="create")
    assert run("invoices", "create", "--from", "invoices.csv", "--key", "number").status == 3
    write("number,customer,summary,due", "1,jane@example.com,Rent,In 3 days", "2,jane@example.com,Rent,In 3 days")
    assert run("invoices", "create", "--from", "invoices.csv", "--key", "number").status == 0
    assert len(stub.invoices) == 2
    assert {one["key"] for one in rows_of("invoices.csv.results.csv")} == {"1", "2"}


def test_two_equal_rows_are_refused_unless_they_have_keys(
    run: Any, stub: StubServer, customer: str, write: Write
) -> None:
    write(HEADER, line(1), line(1))
    ended = run("invoices", "create", "--from", "invoices.csv", "--dry-run")
    assert ended.status == 3
    assert "invoices.csv:3: The row has the same key or content as line 2;" in ended.out


def test_a_file_can_have_json_lines(run: Any, stub: StubServer, customer: str, write: Write) -> None:
    write(
        '{"customer": "jane@example.com", "summary": "One", "due": "In 3 days", "items": '
        '[{"description": "a", "quantity": 3, "unit_price": 0.10}]}',
        "",
        "[]",
        '{"customer": "jane@example.com", "summary": ',
        name="invoices.jsonl",
    )
    ended = run("invoices", "create", "--from", "invoices.jsonl")
    assert ended.status == 3
    assert [one["amount"]["net_total"] for one in stub.invoices] == [Decimal("0.30")]
    assert Path("invoices.jsonl.refused.jsonl").read_text() == '[]\n{"customer": "jane@example.com", "summary": \n'


def test_a_file_can_have_semicolons_and_a_byte_order_mark(
    run: Any, stub: StubServer, customer: str, write: Write
) -> None:
    write("customer;summary;due", 'jane@example.com;"Rent, May\nand June";In 3 days', encoding="utf-8-sig")
    assert run("invoices", "create", "--from", "invoices.csv").status == 0
    assert [one["summary"] for one in stub.invoices] == ["Rent, May\nand June"]


@pytest.mark.parametrize(
    ("words", "lines", "message"),
    [
        ([], ["customer,sumary,due", "a,b,c"], "The column 'sumary' is not known; known are customer, summary, "),
        ([], ["customer,customer,due", "a,b,c"], "The column 'customer' is there twice"),
        (["--key", "nr"], [HEADER], "There is no column 'nr'"),
        (["--key", "nix"], ["number,customer,summary,due", "1,a,b,c"], "There is no column 'nix'"),
        ([], ["customer,summary", "a,b"], "There is no column 'due', which every invoice needs"),
        (["--rate", "fast"], [HEADER], "--rate fast is not a rate"),
    ],
)
def test_an_error_of_the_whole_file_is_reported_once(
    run: Any, stub: StubServer, write: Write, words: list[str], lines: list[str], message: str
) -> None:
    write(*lines)
    ended = run("invoices", "create", "--from", "invoices.csv", *words)
    assert ended.status == 2
    assert message in ended.err
    assert stub.requests == []


def test_a_missing_or_binary_file_is_refused(run: Any, stub: StubServer, write: Write) -> None:
    assert "cannot be read: No such file" in run("invoices", "create", "--from", "no.csv", "--dry-run").err
    write("customer,summary,due", "a,\xe9,c", encoding="latin-1")
    assert "is not a text in UTF-8" in run("invoices", "create", "--from", "invoices.csv", "--dry-run").err


@pytest.fixture
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rows, "PAUSE", 0.001)
    monkeypatch.setattr(rows, "FIRST_LOOK", 0.001)
    monkeypatch.setattr(Recovery, "settle_after", 0.01)


def test_a_lost_network_is_reported_and_rows_are_retried(
    run: Any, stub: StubServer, customer: str, write: Write, no_pauses: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(HEADER, line(1), line(2))
    with socket.socket() as closed:  # bound, but not listening
        closed.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{closed.getsockname()[1]}/v2"
        ended = run("invoices", "create", "--from", "invoices.csv", "--base-url", url, "--timeout", 1)
    assert ended.status == 6
    assert "2 rows not decided: run the same command again" in ended.err
    assert [one["status"] for one in rows_of("invoices.csv.results.csv")] == ["not_sent", "not_sent"]
    assert not Path("invoices.csv.refused.csv").exists()
    assert run("invoices", "create", "--from", "invoices.csv").status == 0
    assert len(stub.invoices) == 2


def test_an_undecided_row_is_reported_and_decided_by_the_next_run(
    run: Any, stub: StubServer, customer: str, write: Write, no_pauses: None
) -> None:
    write(HEADER, line(1))
    stub.fail_next(drop="after", operation="create")
    stub.fail_next(20, status=500, operation="list")
    ended = run("invoices", "create", "--from", "invoices.csv", "--timeout", 1)
    assert ended.status == 5
    assert [one["status"] for one in rows_of("invoices.csv.results.csv")] == ["unknown"]
    stub.forget_faults()
    assert run("invoices", "create", "--from", "invoices.csv").status == 0
    assert len(stub.invoices) == 1


def test_a_dry_run_needs_no_token(run: Any, stub: StubServer, write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PAISR_TOKEN")
    write(HEADER, line(1))
    ended = run("invoices", "create", "--from", "invoices.csv", "--dry-run")
    assert (ended.status, ended.err) == (0, "paisr: 1 row is right, 0 are wrong; nothing was sent\n")


def test_a_missing_token_is_reported_with_both_ways_to_set_it(
    run: Any, stub: StubServer, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PAISR_TOKEN")
    write(HEADER, line(1))
    for words in (["invoices", "create", "--from", "invoices.csv"], ["invoices", "list"]):
        ended = run(*words)
        assert ended.status == 2
        assert "set PAISR_TOKEN" in ended.err
        assert "--token-file" in ended.err


def test_another_rate_than_that_of_earlier_runs_names_its_option(
    run: Any, stub: StubServer, customer: str, write: Write
) -> None:
    write(HEADER, line(1))
    assert run("invoices", "create", "--from", "invoices.csv").status == 0
    ended = run("invoices", "create", "--from", "invoices.csv", "--rate", "100/2")
    assert ended.status == 2
    assert "--rate 100/2 is not the rate that earlier runs kept" in ended.err
    assert "give --rate 250/60" in ended.err
    Path("other").write_text("a file of something else, which is long enough")
    ended = run("invoices", "create", "--from", "invoices.csv", "--share-rate", "file:other")
    assert "is not one that keeps a rate limit" in ended.err


def test_only_the_temporary_files_of_killed_runs_are_removed(
    run: Any, stub: StubServer, customer: str, write: Write
) -> None:
    write(HEADER, line(1), line(2, price="0.001"))
    part = "paisr-part-0123456789ab"
    killed = [Path(f"invoices.csv.{kind}.csv.{part}") for kind in ("results", "refused")]
    others = [Path(f"other.csv.results.csv.{part}"), Path("invoices.csv.results.csv.20261231"),
              Path(f"invoices.csv.results.csv.{part}.bak")]  # fmt: skip
    for path in (*killed, *others):
        path.write_text("")
    at_work = Part(Path("invoices.csv.results.csv"))
    at_work.file()
    (mine,) = {*Path().glob("*.paisr-part-*")} - {*killed, *others}
    assert run("invoices", "create", "--from", "invoices.csv", "--dry-run").status == 3
    assert all(path.exists() for path in killed), "a dry run removed a file"
    assert run("invoices", "create", "--from", "invoices.csv").status == 3
    assert not any(path.exists() for path in killed)
    assert all(path.exists() for path in (*others, mine))
    at_work.put()
    assert Path("invoices.csv.results.csv").read_text() == ""


def test_help_names_the_option_for_a_file(run: Any) -> None:
    assert "--from" in run("invoices", "create", "--help").out


def test_standard_input_needs_a_journal(run: Any, stub: StubServer) -> None:
    assert "need --journal" in run("invoices", "create", "--from", "-").err


def test_a_hostile_text_is_escaped_in_the_results(run: Any, stub: StubServer, customer: str, write: Write) -> None:
    write("id,customer,summary,due", '"=1+1\x1b[31m\u202e",jane@example.com,' + "x" * 1_000_000 + ",In 3 days")
    ended = run("invoices", "create", "--from", "invoices.csv", "--key", "id")
    assert ended.status == 0
    assert "\x1b" not in (text := Path("invoices.csv.results.csv").read_text())
    assert "'=1+1\\x1b[31m\\u202e" in text


COMMAND = (sys.executable, "-m", "paisr", "invoices", "create", "--from")


def test_rows_can_come_from_a_pipe(stub: StubServer, customer: str, tmp_path: Path) -> None:
    text = "\n".join([HEADER, line(1), line(2)])
    done = subprocess.run([*COMMAND, "-", "--journal", "j.db"], input=text, cwd=tmp_path, text=True, check=True)
    assert done.returncode == 0
    assert len(stub.invoices) == 2
    assert (tmp_path / "stdin.results.csv").exists()


def test_a_terminal_shows_the_progress(stub: StubServer, customer: str, write: Write) -> None:
    write(HEADER, *(line(number) for number in range(20)))
    main, side = pty.openpty()
    process = subprocess.Popen([*COMMAND, "invoices.csv"], stderr=side, env={**os.environ, "TERM": "xterm"})
    os.close(side)
    shown = b""
    try:
        while more := os.read(main, 65536):
            shown += more
    except OSError:  # the command has closed its terminal
        pass
    os.close(main)
    assert process.wait() == 0
    assert b"invoices, 0 refused" in shown
    assert b"0/20" in shown
    assert b"20 invoices, 0 of them from an earlier run" in shown


def test_a_wait_is_printed_with_its_reason_and_duration(
    terminal: Any, stub: StubServer, customer: str, write: Write, no_pauses: None
) -> None:
    write(HEADER, line(1), line(2))
    stub.fail_next(drop="after", operation="create")
    status, shown = terminal("invoices", "create", "--from", "invoices.csv")
    assert status == 0
    text = " ".join(shown.split())
    assert "waits up to 1 s for 1 row whose outcome is unknown" in text


def test_a_wait_is_printed_again_only_when_it_gets_longer() -> None:
    lines: list[str] = []
    progress = Progress(tell=lines.append, clock=lambda: 100.0)
    progress.put_off(0, 61.0)
    assert lines == [], "a wait was printed while rows are in flight"
    progress.nothing_else()
    progress.put_off(1, 63.0)
    progress.put_off(1, 90.0)
    progress.done(0, Tally())
    assert [one.partition(" whose ")[0] for one in lines] == [
        "paisr: waits up to 61 s for 1 row",
        "paisr: waits up to 90 s for 2 rows",
    ]


@pytest.mark.parametrize("size", [0, 120_000])
def test_a_full_disk_is_reported_and_the_run_can_continue(
    stub: StubServer, customer: str, write: Write, size: int
) -> None:
    write(HEADER, *(line(number) for number in range(60)))

    def small_disk() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))

    ended = subprocess.run(
        [*COMMAND, "invoices.csv"], preexec_fn=small_disk, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 2
    assert "Traceback" not in ended.stderr
    again = subprocess.run([*COMMAND, "invoices.csv"], capture_output=True, text=True, check=False)
    assert again.returncode == 0, again.stderr
    assert sorted(str(one["summary"]) for one in stub.invoices) == sorted(f"Rent {number}" for number in range(60))
