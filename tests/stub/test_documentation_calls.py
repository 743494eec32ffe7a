"""The example calls on the documentation's page of the create run with curl, Node.js and Python.

`documentation/` has them as printed. To run, they need the URL of the stub; to create an invoice, a token and real
values. The JavaScript call as printed has no `method`: `fetch` treats it as a GET, refuses its body, and sends nothing.
"""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from paisr_stub import StubServer

PRINTED = Path(__file__).parent / "documentation"
REAL_VALUES = {"customer": "jane@example.com", "summary": "A simple pizza order", "due": "In 3 days"}
# The line of each language after which the token is inserted, and additions for the test.
SHELL_HEADER = '-H "Content-Type: application/json"'
PYTHON_HEADER = '"Content-Type": "application/json"'
SHOW = ").then((response) => response.text()).then(console.log, (error) => console.log(`${error}`))\n"

Need = Callable[[Any, str], Any]


def printed(name: str, stub: StubServer) -> str:
    text = (PRINTED / f"create.{name}.txt").read_text()
    assert text.count("https://api.live.paisr.tech/v2/") == 1
    return text.replace("https://api.live.paisr.tech/v2", stub.url)


def replaced(text: str, old: str, new: str) -> str:
    assert text.count(old) == 1, f"{old} is not exactly once on the page"
    return text.replace(old, new)


def with_real_values(text: str) -> str:
    for name, value in REAL_VALUES.items():
        text = replaced(text, f'"{name}": "string"', f'"{name}": "{value}"')
    return text


def output(*command: str) -> str:
    environment = {**os.environ, "NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"}
    return subprocess.run(command, capture_output=True, text=True, timeout=30, check=True, env=environment).stdout


def run_shell(text: str, need: Need) -> str:
    need(shutil.which("curl"), "curl")
    return output(need(shutil.which("sh"), "a shell"), "-c", text)


def run_javascript(text: str, need: Need) -> str:
    shown = text.rstrip().removesuffix(")") + SHOW  # the call as printed ignores the response
    return output(need(shutil.which("node"), "node"), "--eval", shown)


def run_python(text: str, need: Need) -> str:
    need(importlib.util.find_spec("requests"), "the requests package")
    return output(sys.executable, "-c", text)


def assert_refused_without_token(printed_output: str, stub: StubServer) -> None:
    assert json.loads(printed_output)["success"] is False
    assert [request.status for request in stub.requests] == [401]
    assert stub.requests[0].json() == {"customer": "string", "summary": "string", "due": "string"}
    assert stub.invoices == []


def assert_created(printed_output: str, stub: StubServer) -> None:
    response = json.loads(printed_output)
    assert response["success"] is True
    (invoice,) = stub.invoices
    assert response["data"]["id"] == invoice["id"]
    assert (invoice["summary"], invoice["customer"]["email"]) == (REAL_VALUES["summary"], REAL_VALUES["customer"])
    assert [request.status for request in stub.requests] == [200]


def test_the_curl_call_as_printed_is_refused(stub: StubServer, need: Need) -> None:
    assert_refused_without_token(run_shell(printed("sh", stub), need), stub)


def test_the_curl_call_with_a_token_creates_an_invoice(stub: StubServer, need: Need) -> None:
    header = f'{SHELL_HEADER} -H "Authorization: Bearer {stub.token}"'
    text = replaced(with_real_values(printed("sh", stub)), SHELL_HEADER, header)
    assert_created(run_shell(text, need), stub)


def test_the_javascript_call_as_printed_sends_nothing(stub: StubServer, need: Need) -> None:
    printed_output = run_javascript(printed("js", stub), need)
    assert "GET/HEAD method cannot have body" in printed_output
    assert stub.requests == []


def test_the_javascript_call_with_a_method_is_refused(stub: StubServer, need: Need) -> None:
    text = replaced(printed("js", stub), "{\nbody\n}", '{\nmethod: "POST",\nbody\n}')
    assert_refused_without_token(run_javascript(text, need), stub)


def test_the_javascript_call_with_method_and_token_creates_an_invoice(stub: StubServer, need: Need) -> None:
    headers = f'headers: {{"Authorization": "Bearer {stub.token}", "Content-Type": "application/json"}}'
    text = replaced(with_real_values(printed("js", stub)), "{\nbody\n}", f'{{\nmethod: "POST",\n{headers},\nbody\n}}')
    assert_created(run_javascript(text, need), stub)


def test_the_python_call_as_printed_is_refused(stub: StubServer, need: Need) -> None:
    assert_refused_without_token(run_python(printed("py", stub), need), stub)


def test_the_python_call_with_a_token_creates_an_invoice(stub: StubServer, need: Need) -> None:
    header = f'{PYTHON_HEADER}, "Authorization": "Bearer {stub.token}"'
    text = replaced(with_real_values(printed("py", stub)), PYTHON_HEADER, header)
    assert_created(run_python(text, need), stub)
