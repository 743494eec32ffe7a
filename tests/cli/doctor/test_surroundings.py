"""The network of a service: TLS, addresses, and trust in its certificate."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import suppress

import pytest
import trustme

from paisr_cli.doctor.surroundings import look_at_settings, look_at_tls


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def port(authority: trustme.CA) -> Iterator[int]:
    """A server that does one handshake."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            with suppress(OSError), listening.accept()[0] as plain, context.wrap_socket(plain, server_side=True) as one:
                one.recv(1)

        thread = threading.Thread(target=serve)
        thread.start()
        yield listening.getsockname()[1]
        thread.join()


def test_a_trusted_certificate_is_shown_with_its_expiry(authority: trustme.CA, port: int) -> None:
    context = ssl.create_default_context()
    authority.configure_trust(context)
    found = look_at_tls("127.0.0.1", port, lambda: context)
    assert found.verdict == "ok"
    assert found.text.startswith("TLSv1.3, certificate until ")


def test_an_untrusted_certificate_is_a_finding(port: int) -> None:
    found = look_at_tls("127.0.0.1", port, ssl.create_default_context)
    assert (found.verdict, "unable to get local issuer certificate" in found.text) == ("wrong", True)


def test_a_closed_port_is_a_finding() -> None:
    found = look_at_tls("127.0.0.1", 1, ssl.create_default_context)
    assert (found.verdict, "refused" in found.text) == ("wrong", True)


def test_a_name_without_an_address_is_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_address(*_arguments: object, **_options: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy", "PAISR_BASE_URL", "PAISR_ENVIRONMENT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(socket, "getaddrinfo", no_address)
    found = {one.place: one for one in look_at_settings(None, None, None)}
    assert found["base_url"].text == "https://api.live.paisr.tech/v2 (default: live)"
    assert found["address"].verdict == "wrong"
    assert found["address"].text == "api.live.paisr.tech has no address: Name or service not known"
