"""TLS over a stream, and one TLS context for the process: making one is most of the cost of making a client."""

from __future__ import annotations

import contextlib
import os
import ssl
import sys
from functools import cache
from importlib.machinery import SourceFileLoader
from importlib.util import find_spec
from typing import TYPE_CHECKING, TypeVar

from paisr._base.errors import ConfigurationError
from paisr._transport.streams import READ_SIZE, Stream

if TYPE_CHECKING:
    from collections.abc import Callable

    from paisr._transport.progress import Progress

T = TypeVar("T")
# Trusted certificates, as OpenSSL and httpx find them: the file wins over the directories.
FILE_VARIABLE = "SSL_CERT_FILE"
DIRECTORY_VARIABLE = "SSL_CERT_DIR"


class Tls:
    """TLS over a stream, or over the TLS of a proxy: without IO of its own, so it serves threads and event loops."""

    def __init__(self, below: Layer, context: ssl.SSLContext, host: str) -> None:
        self._below = below
        self._in, self._out = ssl.MemoryBIO(), ssl.MemoryBIO()
        # As bytes, because the codec for a text is slow to import. The host is ASCII already.
        self._tls = context.wrap_bio(self._in, self._out, server_hostname=host.encode())

    @property
    def is_quiet(self) -> bool:
        return not self._in.pending and not self._tls.pending() and self._below.is_quiet

    async def handshake(self, progress: Progress) -> Tls:
        await self._repeated(self._tls.do_handshake, progress)
        return self

    async def send(self, data: bytes, progress: Progress) -> None:
        await self._repeated(lambda: self._tls.write(data), progress)

    async def receive(self, progress: Progress) -> bytes:
        try:
            return await self._repeated(lambda: self._tls.read(READ_SIZE), progress)
        except (ssl.SSLZeroReturnError, ssl.SSLEOFError):  # closed properly, or cut off
            return b""

    async def _repeated(self, work: Callable[[], T], progress: Progress) -> T:
        """Repeat a TLS operation until it needs no more bytes. The bytes that it produces are written first."""
        while True:
            result: list[T] = []
            with contextlib.suppress(ssl.SSLWantReadError):
                result.append(work())
            if self._out.pending:
                await self._below.send(self._out.read(), progress)
            if result:
                return result[0]
            data = await self._below.receive(progress)
            if data:
                self._in.write(data)
            else:
                self._in.write_eof()


# What HTTP is spoken over.
Layer = Stream | Tls


@cache
def shared_context() -> ssl.SSLContext:
    """The default context, made when it is first needed. Threads that need it at once may each make one."""
    return default_context()


def default_context() -> ssl.SSLContext:
    """A context that trusts the environment's certificates, else the authorities of certifi.

    Raises `ConfigurationError` if the environment names a file or directory that is missing or unreadable.
    """
    file, directories = os.environ.get(FILE_VARIABLE), os.environ.get(DIRECTORY_VARIABLE)
    if not file and not directories:
        return ssl.create_default_context(cafile=certifi_file())
    variable, path = (FILE_VARIABLE, file) if file else (DIRECTORY_VARIABLE, directories or "")
    try:
        if file:
            return ssl.create_default_context(cafile=file)
        # OpenSSL takes several, and ignores one that is missing: no certificate would be trusted.
        if any(os.path.isdir(one) for one in path.split(os.pathsep)):  # noqa: PTH112 - of texts, not of paths
            return ssl.create_default_context(capath=path)
        why = "there is no such directory"
    except FileNotFoundError:
        why = "there is no such file"
    except (OSError, ValueError) as error:  # an SSLError is an OSError
        why = str(error).rstrip(".") or type(error).__name__
    raise ConfigurationError(
        f"{variable} names {path!r}, which cannot be used ({why}); "
        "let it name trusted certificates in PEM format, or unset it."
    )


def certifi_file() -> str:
    """The file of certifi's authorities.

    Importing certifi would be a seventh of the imports of a first call, only to find the file beside the module. It is
    asked if it is imported already, if it has a special loader, or if the file is elsewhere.
    """
    found = None if "certifi" in sys.modules else find_spec("certifi")
    if found is not None and found.origin is not None and type(found.loader) is SourceFileLoader:
        path = f"{found.origin.removesuffix('__init__.py')}cacert.pem"
        if os.path.isfile(path):  # noqa: PTH113 - pathlib is not imported either
            return path
    import certifi  # here, because the file is usually found without it

    return certifi.where()
