"""One TLS context for the process, because making one is most of the cost of making a client."""

from __future__ import annotations

import os
import ssl
import sys
from importlib.machinery import SourceFileLoader
from importlib.util import find_spec

from paisr._base.errors import ConfigurationError
from paisr._base.forks import ForkSafe

# Trusted certificates, as OpenSSL and httpx find them: the file wins over the directories.
FILE_VARIABLE = "SSL_CERT_FILE"
DIRECTORY_VARIABLE = "SSL_CERT_DIR"


class _SharedContext(ForkSafe):
    def __init__(self) -> None:
        self._context: ssl.SSLContext | None = None
        super().__init__()

    def get(self) -> ssl.SSLContext:
        """The context, made when it is first needed. Raises `ConfigurationError` as `default_context` does."""
        with self._lock:
            if self._context is None:
                self._context = default_context()
            return self._context


shared_context = _SharedContext()


def default_context() -> ssl.SSLContext:
    """A context that trusts the environment's certificates, else the authorities of certifi.

    Raises `ConfigurationError` if the environment names a file or directory that is missing or unreadable.
    """
    if path := os.environ.get(FILE_VARIABLE):
        return _trusting(FILE_VARIABLE, path, cafile=path)
    if path := os.environ.get(DIRECTORY_VARIABLE):
        # OpenSSL takes several, and ignores one that is missing: no certificate would be trusted.
        if not any(os.path.isdir(one) for one in path.split(os.pathsep)):  # noqa: PTH112 - of texts, not of paths
            raise _unusable(DIRECTORY_VARIABLE, path, "there is no such directory")
        return _trusting(DIRECTORY_VARIABLE, path, capath=path)
    return ssl.create_default_context(cafile=certifi_file())


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


def _trusting(variable: str, path: str, *, cafile: str | None = None, capath: str | None = None) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=cafile, capath=capath)
    except FileNotFoundError:
        raise _unusable(variable, path, "there is no such file") from None
    except (OSError, ValueError) as error:  # an SSLError is an OSError
        raise _unusable(variable, path, str(error).rstrip(".") or type(error).__name__) from error


def _unusable(variable: str, path: str, why: str) -> ConfigurationError:
    return ConfigurationError(
        f"{variable} names {path!r}, which cannot be used ({why}); "
        "let it name trusted certificates in PEM format, or unset it."
    )
