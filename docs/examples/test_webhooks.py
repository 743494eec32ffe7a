from collections.abc import Callable
from typing import Any

import pytest

from paisr_stub import Event, StubServer

PATH = "/webhooks/paisr"


def starlette() -> Any:
    from starlette.testclient import TestClient
    from webhook_starlette import app

    return TestClient(app)


def fastapi() -> Any:
    from fastapi.testclient import TestClient
    from webhook_fastapi import app

    return TestClient(app)


def flask() -> Any:
    from webhook_flask import app

    return app.test_client()


class Django:
    """Django's test client, with the `post` that the stub delivers to."""

    def __init__(self) -> None:
        import django
        from django.conf import settings

        if not settings.configured:
            settings.configure(ROOT_URLCONF="webhook_django", ALLOWED_HOSTS=["*"], SECRET_KEY="of these tests")
            django.setup()
        from django.test import Client

        self.client = Client(enforce_csrf_checks=True)

    def post(self, path: str, *, data: bytes, content_type: str, headers: dict[str, str]) -> Any:
        return self.client.post(path, data, content_type=content_type, headers=headers)


@pytest.mark.parametrize("client", [starlette, fastapi, flask, Django])
def test_a_delivery_is_taken_and_a_forged_one_refused(
    client: Callable[[], Any],
    paisr_stub: StubServer,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    app = client()
    monkeypatch.setenv("PAISR_WEBHOOK_SECRET", paisr_stub.webhook_secret)
    event = Event("inv_17", "invoice.paid")
    assert paisr_stub.deliver(event, to=app, path=PATH).status == 204
    assert capsys.readouterr().out == "inv_17 invoice.paid\n"
    monkeypatch.setenv("PAISR_WEBHOOK_SECRET", "whsec_another")
    assert paisr_stub.deliver(event, to=app, path=PATH).status == 400
    assert capsys.readouterr().out == ""
