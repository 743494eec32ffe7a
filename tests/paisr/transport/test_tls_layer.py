"""TLS without a socket: handshake, data in both directions, TLS inside TLS, and the end of a connection."""

from __future__ import annotations

import ssl
from typing import Any

import pytest
import trustme
from wire import wire

from paisr._transport.streams import READ_SIZE
from paisr._transport.tls import Tls


class Peer:
    """The other side of `layers` nested TLS connections, in memory."""

    def __init__(self, authority: trustme.CA, layers: int = 1) -> None:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        authority.issue_cert("api.example").configure_cert(context)
        self.bios = [(ssl.MemoryBIO(), ssl.MemoryBIO()) for _ in range(layers)]
        self.tls = [context.wrap_bio(*bios, server_side=True) for bios in self.bios]
        self.heard = b""

    def take(self, data: bytes) -> None:
        for (into, _out), tls in zip(self.bios, self.tls, strict=True):
            into.write(data)
            data = b""
            try:
                if not tls.version() or tls.cipher() is None:
                    tls.do_handshake()
                while True:
                    data += tls.read(READ_SIZE)
            except ssl.SSLWantReadError:
                pass
        self.heard += data

    def send(self, data: bytes = b"") -> bytes:
        """The bytes on the wire: DATA encrypted, with the pending messages of TLS itself."""
        for (_into, out), tls in reversed(list(zip(self.bios, self.tls, strict=True))):
            if data:
                tls.write(data)
            data = out.read()
        return data


def run_with(coroutine: Any, peer: Peer) -> Any:
    try:
        step = coroutine.send(None)
        while True:
            if step is None:
                step = coroutine.send(peer.send())
            else:
                peer.take(step)
                step = coroutine.send(b"")
    except StopIteration as stop:
        return stop.value


def read(layer: Any, *came: bytes) -> Any:
    """The data that is read when the parts of CAME arrive in turn, and then the end."""
    coroutine, left = layer.receive(None), list(came)
    try:
        coroutine.send(None)
        while True:
            coroutine.send(left.pop(0) if left else b"")
    except StopIteration as stop:
        return stop.value


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


def trusting(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return context


def opened(authority: trustme.CA, layers: int = 1) -> tuple[Any, Peer]:
    peer, layer = Peer(authority, layers), wire()
    for _ in range(layers):
        layer = Tls(layer, trusting(authority), "api.example")
        run_with(layer.handshake(None), peer)
    return layer, peer


@pytest.mark.parametrize("layers", [1, 2])
def test_data_passes_in_both_directions(authority: trustme.CA, layers: int) -> None:
    layer, peer = opened(authority, layers)
    run_with(layer.send(b"request" * 10_000, None), peer)
    assert peer.heard == b"request" * 10_000
    assert read(layer, peer.send(b"response")) == b"response"
    assert layer.is_quiet


def test_a_layer_with_unread_data_is_not_quiet(authority: trustme.CA) -> None:
    layer, peer = opened(authority)
    assert read(layer, peer.send(b"response") + peer.send(b"surplus")) == b"response"
    assert not layer.is_quiet
    with pytest.raises(StopIteration) as stop:
        layer.receive(None).send(None)
    assert stop.value.value == b"surplus"
    assert layer.is_quiet


@pytest.mark.parametrize("clean", [True, False])
def test_the_end_is_read_with_and_without_a_close_notify(authority: trustme.CA, clean: bool) -> None:
    layer, peer = opened(authority)
    goodbye = b""
    if clean:
        with pytest.raises(ssl.SSLWantReadError):
            peer.tls[0].unwrap()
        goodbye = peer.send()
    assert read(layer, goodbye) == b""


def test_a_handshake_with_an_untrusted_or_closed_peer_is_an_error(authority: trustme.CA) -> None:
    stranger: Any = Tls(wire(), ssl.create_default_context(), "api.example")
    with pytest.raises(ssl.SSLCertVerificationError):
        run_with(stranger.handshake(None), Peer(authority))
    other: Any = Tls(wire(), trusting(authority), "api.example")
    hung_up = other.handshake(None)
    assert hung_up.send(None)
    assert hung_up.send(b"") is None
    with pytest.raises(ssl.SSLError):
        hung_up.send(b"")
