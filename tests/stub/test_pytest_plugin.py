"""The pytest plugin in another project: a folder with only its own tests."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

PROJECT = {
    "test_paid.py": """
        import pytest

        ITEMS = [{"description": "Pizza", "quantity": 2, "unit_price": 75}]

        def create(client):
            return client.invoices.create(customer="jane@example.com", summary="Pizza", due="In 3 days", items=ITEMS)

        @pytest.mark.parametrize("number", range(4))
        def test_it_is_paid(paisr_stub, paisr, number):
            assert paisr_stub.invoices == []
            created = create(paisr)
            paisr_stub.pay(created.id)
            assert paisr.invoices.get(created.id).status == "paid"
            assert [invoice.status for invoice in paisr_stub.invoices] == ["paid"]

        @pytest.mark.paisr_stub(rate_limit=5, token="chosen")
        def test_settings(paisr_stub, paisr):
            from paisr import PaisrError
            assert paisr_stub.token == "chosen"
            for _ in range(5):
                paisr.invoices.list(limit=1)
            with pytest.raises(PaisrError):
                paisr.invoices.list(timeout=0.2)
            assert paisr_stub.requests[-1].status == 429

        KEPT = []

        def test_one_that_keeps_its_stub(paisr_stub, paisr):
            KEPT.append((paisr_stub, create(paisr).id))
            assert paisr_stub.invoices[0].status == "unpaid"

        def test_one_that_looks_at_it_later():
            for stub, invoice_id in KEPT:
                assert stub.invoice(invoice_id).status == "unpaid"
    """,
    "test_async.py": """
        import asyncio
        import pytest

        async def journey(stub, closed_client):
            async with closed_client as client:
                made = await asyncio.gather(*(
                    client.invoices.create(customer="jane@example.com", summary=str(n), due="In 3 days")
                    for n in range(5)
                ))
                assert {one.id for one in made} == {invoice.id for invoice in stub.invoices}

        def test_a_loop_of_its_own(paisr_stub, async_paisr):
            asyncio.run(journey(paisr_stub, async_paisr))

        @pytest.fixture
        def anyio_backend():
            return "asyncio"

        @pytest.mark.anyio
        async def test_a_loop_of_a_plugin(paisr_stub, async_paisr):
            await journey(paisr_stub, async_paisr)
    """,
}
UNUSED = """
    import sys
    HEAVY = {"paisr", "paisr_generated", "starlette", "uvicorn", "httpx", "jinja2", "sqlite3", "asyncio"}

    def test_nothing_is_imported():
        assert not HEAVY & set(sys.modules)
        assert {name for name in sys.modules if name.startswith("paisr")} == {"paisr_stub", "paisr_stub.pytest_plugin"}
"""


def run(folder: Path, files: dict[str, str], *arguments: str) -> str:
    for name, text in files.items():
        lines = text.splitlines()
        indent = len(lines[1]) - len(lines[1].lstrip())
        (folder / name).write_text("\n".join(line[indent:] for line in lines) + "\n")
    command = [
        sys.executable,
        "-m",
        "pytest",
        "--strict-markers",
        "-W",
        "error",
        "-q",
        "-p",
        "no:schemathesis",
        *arguments,
    ]
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "PAISR_"))}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_fixtures_work_in_another_project_and_its_xdist_workers(tmp_path: Path) -> None:
    assert "9 passed" in run(tmp_path, PROJECT, "-n", "2")


def test_nothing_is_imported_until_a_fixture_is_used(tmp_path: Path) -> None:
    only_ours = ("-p", "no:anyio", "-p", "no:hypothesispytest", "-p", "no:xdist")
    assert "1 passed" in run(tmp_path, {"test_unused.py": UNUSED}, *only_ours)


def test_the_fixtures_and_the_marker_have_descriptions(tmp_path: Path) -> None:
    assert "paisr_stub(**settings)" in run(tmp_path, {}, "--markers")
    (tmp_path / "test_one.py").write_text("def test_one(): pass\n")
    listed = run(tmp_path, {}, "--fixtures")
    for name in ("paisr_stub", "paisr", "async_paisr"):
        assert f"\n{name} -- " in listed


def test_without_the_extra_only_the_fixtures_fail_and_name_it(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text("import sys\nsys.modules['starlette.requests'] = None\n")
    (tmp_path / "test_both.py").write_text("def test_other(): pass\ndef test_one(paisr_stub): pass\n")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:schemathesis"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert "1 passed, 1 error" in done.stdout
    assert "paisr_stub needs starlette.requests: install paisr[stub]." in done.stdout
