"""Tables at a pseudo-terminal: text of the service moves no cursor and has no colours there."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from paisr import Paisr, webhooks
from paisr_stub import StubServer

CREATE = ("invoices", "create", "--customer", "jane@example.com", "--summary", "Pizza", "--due", "In 3 days")
# Sequences that rich itself sends: styles of headings, and the cursor of a progress line.
OURS = re.compile(r"\x1b\[(?:\d+(?:;\d+)*)?m|\x1b\[\?25[hl]|\x1b\[\d?[AK]|\x1b\[2K|\r")


def plain(sent: str) -> str:
    text = OURS.sub("", sent)
    assert all(one.isprintable() or one == "\n" for one in text), repr(text)
    return text


def test_every_table_has_a_head_and_whole_ids(terminal: Any, stub: StubServer, tmp_path: Path) -> None:
    journal = ("--journal", tmp_path / "creates.db")
    status, sent = terminal(*CREATE, "--item", "1 x 5 Pizza", "--key", "12/1", *journal)
    created = stub.invoices[0].id
    assert status == 0
    assert re.search(rf"id +status +session.url.*\n.*\n *{created} +unpaid", plain(sent))
    stub.fail_next(drop="before", operation="create")
    assert terminal(*CREATE, "--key", "12/2", *journal)[0] == 5
    for command, head in (
        (("invoices", "list"), "id +status +currency +amount.net_total"),
        (("invoices", "get", created), "id +status +currency +amount.net_total"),
        (("invoices", "wait", created, "--until", "unpaid"), "id +status +currency"),
        (("journal", "list", *journal, "--all"), "attempt_id +started_at +state"),
        (("invoices", "reconcile", *journal, "--settle-after", 0), "attempt_id +customer"),
    ):
        status, sent = terminal(*command, columns=160)
        assert status == 0, sent
        assert re.search(head, plain(sent)), sent
        assert created in plain(sent) or "reconcile" in command


def test_the_events_of_webhooks_are_a_table(terminal: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAISR_WEBHOOK_SECRET", "s")
    body = b'{"id": "inv_1\\u001b[2J", "event": "invoice.paid"}'
    (tmp_path / "body").write_bytes(body)
    signature = webhooks.sign(body, timestamp=1750000000, secret="s")
    signed = ("--signature", signature, "--timestamp", "1750000000", "--tolerance", 10**10)
    status, sent = terminal("webhooks", "verify", tmp_path / "body", *signed)
    assert (status, "inv_1\\x1b[2J" in plain(sent)) == (0, True)


@pytest.mark.parametrize("columns", [40, 80, 200])
def test_a_hostile_summary_moves_no_cursor(terminal: Any, stub: StubServer, columns: int) -> None:
    hostile = "\x1b[31mred\x1b[2J\x1b]0;title\x07\x9b1A\u202eevil\u2066\r\b\n[bold]:bomb:[/bold] 🍕" + "y" * 1_000_000
    with Paisr() as client:
        client.invoices.create(customer="jane@example.com", summary=hostile, due="In 3 days")
    status, sent = terminal("invoices", "list", columns=columns)
    assert status == 0
    text = plain(sent)
    assert "y" * 1000 not in re.sub(r"\s", "", text)
    assert columns == 40 or stub.invoices[0].id in text
    # An emoji code in data stays text, and an emoji is unchanged.
    assert "🍕" in text
    assert "💣" not in text


def test_help_and_errors_are_shown_by_a_process_at_its_terminal() -> None:
    """In a real process: the tests above patch the streams."""
    for words, status, text in ((["--help"], 0, "Commands:"), (["journal", "list"], 2, "paisr: There is no journal")):
        ours, theirs = pty.openpty()
        environment = {name: value for name, value in os.environ.items() if name != "PAISR_JOURNAL"}
        command = [sys.executable, "-m", "paisr", *words]
        done = subprocess.run(command, stdout=theirs, stderr=theirs, env=environment, check=False, timeout=60)
        os.close(theirs)
        assert (done.returncode, text in os.read(ours, 65_536).decode()) == (status, True)
        os.close(ours)
