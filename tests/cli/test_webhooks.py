"""`paisr webhooks`: verify one delivery, and listen for deliveries on loopback."""

from __future__ import annotations

import http.client
import io
import json
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from paisr import LineItem, Paisr, webhooks
from paisr_cli._exits import Exit
from paisr_cli._receiver import Receiver
from paisr_stub import StubServer

SECRET = "whsec_canary"
BODY = b'{"id": "inv_123456", "event": "invoice.paid"}'
SIGNED = ("--timestamp", "1750000000", "--signature", webhooks.sign(BODY, timestamp="1750000000", secret=SECRET))


@pytest.fixture(autouse=True)
def secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAISR_WEBHOOK_SECRET", SECRET)


def test_a_genuine_delivery_is_printed(run: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "body.json").write_bytes(BODY)
    old = ("--tolerance", 10**10)
    ended = run("webhooks", "verify", tmp_path / "body.json", *SIGNED, *old, "-o", "json")
    assert (ended.status, ended.err) == (0, "")
    assert json.loads(ended.out) == {"timestamp": "2025-06-15T15:06:40Z", "event": "invoice.paid", "id": "inv_123456"}
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(BODY)))
    assert "inv_123456" in run("webhooks", "verify", "-", *SIGNED, *old).out


def test_a_delivery_that_is_not_genuine_exits_with_3(run: Any, tmp_path: Path) -> None:
    (tmp_path / "body.json").write_bytes(BODY)
    old = run("webhooks", "verify", tmp_path / "body.json", *SIGNED)
    assert (old.status, old.out) == (Exit.REFUSED, "")
    assert "was signed" in old.err
    (tmp_path / "secret").write_text("another")
    wrong = run("webhooks", "verify", tmp_path / "body.json", *SIGNED, "--secret-file", tmp_path / "secret")
    assert (wrong.status, wrong.out) == (Exit.REFUSED, "")
    assert run("webhooks", "verify", tmp_path / "none", *SIGNED).status == Exit.WRONG_USE


def test_a_missing_secret_is_refused(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PAISR_WEBHOOK_SECRET")
    for command in (["verify", "-", *SIGNED], ["listen"]):
        ended = run("webhooks", *command)
        assert ended == (
            Exit.WRONG_USE,
            "",
            "paisr: There is no secret; set PAISR_WEBHOOK_SECRET, or give --secret-file.\n",
        )


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver(0, SECRET, 10**10) as receiver:
        yield receiver


def post(receiver: Receiver, body: bytes, **headers: str) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", receiver.server_port, timeout=5)
    try:
        connection.request("POST", "/", body, {name.replace("_", "-"): value for name, value in headers.items()})
        return connection.getresponse().status
    finally:
        connection.close()


def test_the_receiver_distinguishes_genuine_deliveries_from_others(
    receiver: Receiver, capsys: pytest.CaptureFixture[str]
) -> None:
    signed = {"X_PCB_Signature": SIGNED[3], "X_PCB_Timestamp": SIGNED[1]}
    assert post(receiver, BODY, **signed) == 204
    event = next(iter(receiver))
    assert (event.id, event.event) == ("inv_123456", "invoice.paid")
    assert post(receiver, BODY.replace(b"paid", b"void"), **signed) == 400
    assert post(receiver, b"\x1b[2J") == 400
    errors = capsys.readouterr().err
    assert errors.count("paisr: refused a delivery: ") == 2
    assert all(one.isprintable() or one == "\n" for one in errors)


@pytest.mark.parametrize(("length", "status"), [("65537", 413), ("9" * 5000, 413), ("-1", 411), ("²", 411)])
def test_the_receiver_refuses_an_invalid_or_too_large_length(receiver: Receiver, length: str, status: int) -> None:
    with socket.create_connection(("127.0.0.1", receiver.server_port), timeout=5) as connection:
        connection.sendall(f"POST / HTTP/1.1\r\nContent-Length: {length}\r\n\r\n".encode("latin-1"))
        assert connection.recv(100).startswith(f"HTTP/1.0 {status} ".encode())


def test_a_port_in_use_is_one_sentence(run: Any, receiver: Receiver) -> None:
    ended = run("webhooks", "listen", "--port", receiver.server_port)
    assert ended == (
        Exit.WRONG_USE,
        "",
        f"paisr: Port {receiver.server_port} of 127.0.0.1 cannot be listened on: Address already in use.\n",
    )


def test_the_stubs_deliveries_are_printed_by_a_process(stub: StubServer) -> None:
    command = [sys.executable, "-m", "paisr", "webhooks", "listen", "--count", "2", "--output", "jsonl"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stderr is not None
            url = re.search(r"http://\S+\d", process.stderr.readline())
            assert url is not None
            stub.send_webhooks(url[0], secret=SECRET)
            bill = {"customer": "jane@example.com", "summary": "Rent", "due": "In 3 days"}
            with Paisr() as client:
                stub.pay(client.invoices.create(**bill, items=[LineItem("Rent", 1, 500)]).id)
            out, _ = process.communicate(timeout=20)
        finally:
            process.kill()
    assert [json.loads(line)["event"] for line in out.splitlines()] == ["invoice.created", "invoice.paid"]
    assert process.returncode == 0
