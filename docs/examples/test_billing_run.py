from pathlib import Path

import pytest
from billing_run import main

from paisr_stub import StubServer

ROWS = "customer,plan,price\njane@example.com,Basic,49.95\njohn@example.com,Plus,99.95\nmary@example.com,Basic,49.95\n"


@pytest.fixture(autouse=True)
def folder(paisr_stub: StubServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAISR_TOKEN", paisr_stub.token)
    monkeypatch.setenv("PAISR_BASE_URL", paisr_stub.url)
    monkeypatch.chdir(tmp_path)
    Path("customers.csv").write_text(ROWS, encoding="utf-8")


def test_everybody_is_billed_once(paisr_stub: StubServer, capsys: pytest.CaptureFixture[str]) -> None:
    for output in ("3 new\n", "3 from before\n"):
        assert main("2026-12", "customers.csv") == 0
        assert capsys.readouterr().out.endswith(output)
    assert [str(invoice.amount.net_total) for invoice in paisr_stub.invoices] == ["49.95", "99.95", "49.95"]


def test_the_next_month_is_billed_anew(paisr_stub: StubServer) -> None:
    assert main("2026-12", "customers.csv") == main("2027-01", "customers.csv") == 0
    assert len(paisr_stub.invoices) == 6


def test_a_lost_response_is_not_billed_again(paisr_stub: StubServer, capsys: pytest.CaptureFixture[str]) -> None:
    paisr_stub.fail_next(drop="after", operation="create")
    assert main("2026-12", "customers.csv") == 0
    assert capsys.readouterr().out.endswith("3 new\n")
    assert len(paisr_stub.invoices) == 3


def test_a_wrong_row_does_not_stop_the_others(paisr_stub: StubServer, capsys: pytest.CaptureFixture[str]) -> None:
    Path("customers.csv").write_text(ROWS.replace("Plus,99.95", "Plus,-1"), encoding="utf-8")
    assert main("2026-12", "customers.csv") == 1
    assert capsys.readouterr().out.endswith("2 new, 1 refused\n")
    assert len(paisr_stub.invoices) == 2
