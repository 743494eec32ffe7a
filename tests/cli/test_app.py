"""The command `paisr`: its help, its version, its exit statuses, and the modules that it loads."""

from __future__ import annotations

import io
import json
import signal
import subprocess
import sys
import time

import pytest

import paisr
from paisr.__main__ import main
from paisr_cli._exits import Exit, exit_for
from paisr_stub import StubServer

# What `paisr --help` may load beside the standard library: no client, no HTTP library, no rich.
NEEDED = {"paisr", "paisr_cli", "paisr_generated", "typer", "annotated_doc", "shellingham"}
PROGRAM = """
import sys
before = set(sys.modules)
from paisr.__main__ import main
status = main(["--help"])
import json
print(json.dumps(sorted(set(sys.modules) - before)), file=sys.stderr)
sys.exit(status)
"""


def test_help_loads_no_client() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True, timeout=60)
    assert "invoices" in done.stdout
    packages = {name.partition(".")[0] for name in json.loads(done.stderr)}
    assert {name for name in packages if name not in sys.stdlib_module_names} <= NEEDED
    assert not packages & {"asyncio", "ssl", "sqlite3", "http"}


def test_the_version_is_printed(run) -> None:
    assert run("--version") == (0, f"paisr {paisr.__version__}\n", "")


def test_help_has_every_exit_status(run) -> None:
    output = run("--help").out
    for status in Exit:
        assert f"{status.value:>3}  {status.meaning}" in output


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (paisr.ConfigurationError("x"), Exit.WRONG_USE),
        (paisr.InvalidArgumentError("x"), Exit.WRONG_USE),
        (paisr.APIConnectionError("x"), Exit.UNREACHABLE),
        (paisr.APITimeoutError("x", outcome="unknown"), Exit.UNREACHABLE),
        (paisr.RateLimitTimeoutError("x"), Exit.UNREACHABLE),
        (paisr.ServerError("x", status_code=503, message=None), Exit.UNREACHABLE),
        (paisr.NotFoundError("x", status_code=404, message=None), Exit.NOT_FOUND),
        (paisr.PermissionDeniedError("x", status_code=403, message=None), Exit.REFUSED),
        (paisr.WebhookError("x", reason="signature"), Exit.REFUSED),
    ],
)
def test_every_error_has_an_exit_status(error: paisr.PaisrError, status: Exit) -> None:
    assert exit_for(error) is status


@pytest.mark.parametrize("words", [["invoices", "paint"], ["paint"], ["invoices", "get"], ["--token", "x"]])
def test_an_unknown_command_exits_with_2(run, words: list[str]) -> None:
    ended = run(*words)
    assert (ended.status, ended.out) == (2, "")
    assert "Usage: paisr" in ended.err


def test_a_token_cannot_be_an_argument(run) -> None:
    for command in (["invoices", "list"], ["invoices", "create"], ["doctor"]):
        assert "--token " not in run(*command, "--help").out


def test_characters_outside_the_output_encoding_are_escaped(stub: StubServer, monkeypatch: pytest.MonkeyPatch) -> None:
    (invoice,) = stub.seed(1)
    kept = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(kept, encoding="ascii"))
    data = {"id": invoice, "status": "paid", "summary": "🍕"}
    stub.fail_next(body=json.dumps({"success": True, "data": data}), status=200)
    assert main(["invoices", "get", invoice, "-o", "csv"]) == 0
    assert b"\\U0001f355" in kept.getvalue()


def test_an_output_stream_of_another_class_is_accepted(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = io.StringIO()
    monkeypatch.setattr(sys, "stdout", kept)
    assert main(["--version"]) == 0
    assert kept.getvalue() == f"paisr {paisr.__version__}\n"


def test_an_interruption_is_130_and_one_line(stub: StubServer) -> None:
    (invoice,) = stub.seed(1)
    stub.forget_requests()
    command = [sys.executable, "-m", "paisr", "invoices", "wait", invoice, "--until", "void", "--interval", "60"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        give_up = time.monotonic() + 30
        while not stub.requests and time.monotonic() < give_up:
            time.sleep(0.005)
        process.send_signal(signal.SIGINT)
        assert process.communicate(timeout=30) == ("", "paisr: interrupted\n")
    assert process.returncode == Exit.INTERRUPTED


def test_a_closed_pipe_prints_no_traceback(stub: StubServer) -> None:
    stub.seed(300)
    command = [sys.executable, "-m", "paisr", "invoices", "list", "--output", "jsonl"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline()
        process.stdout.close()
        assert process.stderr is not None
        assert process.stderr.read() == ""
    assert process.returncode == Exit.BROKEN


def test_without_the_extra_one_sentence_names_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in [name for name in sys.modules if name.startswith("paisr_cli")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "typer", None)
    assert main(["invoices", "list"]) == 2
    assert capsys.readouterr().err == "paisr invoices needs typer: install paisr[cli].\n"
    assert main([]) == 2
    assert capsys.readouterr().err == "paisr needs typer: install paisr[cli].\n"
    assert main(["--help"]) == 0
    output = capsys.readouterr().out
    assert output.startswith("usage: paisr stub")
    assert "install paisr[cli]" in output
    with pytest.raises(SystemExit):
        main(["stub", "--help"])
    assert capsys.readouterr().out.startswith("usage: paisr stub")
