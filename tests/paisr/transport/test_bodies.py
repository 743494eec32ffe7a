"""The body of a response: decompressed up to a size limit, or refused with the reason."""

from __future__ import annotations

import gzip
import json
import tracemalloc
import zlib
from typing import Any

import httpx
import pytest

from paisr import NotFoundError, OutcomeUnknownError, UnexpectedResponseError
from paisr._transport.bodies import MAX_BODY, Body, UnreadableBodyError

GOOD = json.dumps({"success": True, "data": {"id": "inv_1", "status": "paid", "summary": "x" * 1000}}).encode()


def gathered(chunks: list[bytes], *encodings: str) -> bytes:
    body = Body([(b"Content-Encoding", encoding.encode()) for encoding in encodings])
    for chunk in chunks:
        body.add(chunk)
    return body.whole()


def bomb(size: int) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, zlib.MAX_WBITS | 16)
    return b"".join(packer.compress(b" " * 2**20) for _ in range(size // 2**20)) + packer.flush()


def in_steps(data: bytes, step: int) -> list[bytes]:
    return [data[start : start + step] for start in range(0, len(data), step)]


@pytest.mark.parametrize("encoding", ["gzip", "GZIP", "x-gzip", " gzip "])
@pytest.mark.parametrize("step", [1, 7, 10_000])
def test_gzip_is_decompressed_in_parts_of_any_size(encoding: str, step: int) -> None:
    assert gathered(in_steps(gzip.compress(GOOD), step), encoding) == GOOD


@pytest.mark.parametrize("encodings", [[], [""], ["identity"], ["Identity"]])
def test_a_body_without_compression_is_unchanged(encodings: list[str]) -> None:
    assert gathered([b"ab", b"", b"c"], *encodings) == b"abc"
    assert gathered([], *encodings) == b""


@pytest.mark.parametrize("encodings", [["br"], ["zstd"], ["deflate"], ["gzip, gzip"], ["gzip", "br"], ["\xff" * 200]])
def test_an_encoding_that_was_not_offered_is_refused(encodings: list[str]) -> None:
    with pytest.raises(UnreadableBodyError, match="only gzip was offered"):
        gathered([b"x"], *encodings)


def test_the_token_is_removed_from_an_encoding_before_it_is_shortened(side: Any, script: Any) -> None:
    """If it were shortened first, half of the token would be left."""
    for before in range(180):
        encoding = "x" * before + "CANARY-c0ffee"
        responses = script(responding(200, Raw(b"x"), encoding))
        with pytest.raises(UnexpectedResponseError, match="only gzip was offered") as caught:
            side.call(side.client(responses, token="CANARY-c0ffee"), "get", "inv_1")
        assert "CANARY" not in str(caught.value)
        assert len(str(caught.value)) < 300


@pytest.mark.parametrize("step", [1, 10_000])
def test_invalid_truncated_and_extended_gzip_is_refused(step: int) -> None:
    packed = gzip.compress(GOOD)
    for data, message in [
        (packed[:-1], "cut off"),
        (packed[:20], "cut off"),
        (b"", "cut off"),
        (packed + b"x", "continues after"),
        (GOOD, "not valid gzip"),
        (packed[:-8] + b"\0" * 8, "not valid gzip"),
    ]:
        with pytest.raises(UnreadableBodyError, match=message):
            gathered(in_steps(data, step), "gzip")


def test_the_size_limit_applies_after_decompression_and_is_exact() -> None:
    assert len(gathered([bomb(MAX_BODY)], "gzip")) == MAX_BODY
    assert len(gathered([b" " * MAX_BODY])) == MAX_BODY
    for chunks, encodings in ([[b" " * MAX_BODY, b" "], []], [[bomb(MAX_BODY + 2**20)], ["gzip"]]):
        with pytest.raises(UnreadableBodyError, match="larger than 16 MiB"):
            gathered(chunks, *encodings)


def test_a_gzip_bomb_does_not_fill_the_memory() -> None:
    packed = bomb(256 * 2**20)
    tracemalloc.start()
    try:
        with pytest.raises(UnreadableBodyError, match="larger than 16 MiB"):
            gathered([packed], "gzip")
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 4 * MAX_BODY


class Raw(httpx.SyncByteStream, httpx.AsyncByteStream):
    """A body as it is on the wire, which httpx does not decompress."""

    def __init__(self, *chunks: bytes) -> None:
        self.chunks = chunks
        self.closed = False

    def __iter__(self) -> Any:
        return iter(self.chunks)

    async def __aiter__(self) -> Any:
        for chunk in self.chunks:
            yield chunk

    def close(self) -> None:
        self.closed = True

    async def aclose(self) -> None:
        self.closed = True


def responding(status: int, stream: Raw, encoding: str) -> Any:
    return lambda request: httpx.Response(status, headers=[("Content-Encoding", encoding)], stream=stream)


def test_both_clients_read_gzip(side: Any, script: Any) -> None:
    stream = Raw(*in_steps(gzip.compress(GOOD), 30))
    responses = script(responding(200, stream, "gzip"))
    assert side.call(side.client(responses), "get", "inv_1").summary == "x" * 1000
    assert responses.requests[0].headers["Accept-Encoding"] == "gzip"
    assert stream.closed


def test_an_unreadable_body_is_an_error_and_not_retried(side: Any, script: Any, create: Any) -> None:
    for encoding, content, message in [
        ("gzip", gzip.compress(GOOD)[:-4], "cut off"),
        ("br", b"x", "only gzip"),
        ("gzip", bomb(MAX_BODY + 2**20), "larger than 16 MiB"),
        ("identity", b" " * (MAX_BODY + 1), "ask for less with limit="),
    ]:
        stream = Raw(content)
        responses = script(responding(200, stream, encoding))
        client = side.client(responses)
        with pytest.raises(UnexpectedResponseError, match=message) as caught:
            side.call(client, "get", "inv_1")
        assert (caught.value.path, caught.value.status_code) == ("$", 200)
        assert stream.closed
        with pytest.raises(OutcomeUnknownError):
            side.call(client, "create", **create)
        assert len(responses.requests) == 2


def test_the_status_of_an_error_with_an_unreadable_body_is_known(side: Any, script: Any) -> None:
    for encoding, content in [("br", b"x"), ("gzip", b"x"), ("identity", b" " * (MAX_BODY + 1))]:
        with pytest.raises(NotFoundError, match="no message"):
            side.call(side.client(script(responding(404, Raw(content), encoding))), "get", "inv_1")
