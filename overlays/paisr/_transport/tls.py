"""One TLS context for the process: making one takes nearly all the time that making a client would."""

from __future__ import annotations

import os
import ssl
import sys
import threading
from importlib.machinery import SourceFileLoader
from importlib.util import find_spec

from paisr._base.errors import ConfigurationError
from paisr._base.forks import register_after_fork

# Who is trusted, as OpenSSL and httpx read it: the file counts more than the directories.
FILE_VARIABLE = "SSL_CERT_FILE"
DIRECTORY_VARIABLE = "SSL_CERT_DIR"


class _SharedContext:
    def __init__(self) -> None:
        self._context: ssl.SSLContext | None = None
        self._lock = threading.Lock()
        register_after_fork(self)

    def get(self) -> ssl.SSLContext:
        """The context, made when it is first needed. Raises `ConfigurationError` as `default_context` does."""
        with self._lock:
            if self._context is None:
                self._context = default_context()
            return self._context

    def after_fork(self) -> None:
        self._lock = threading.Lock()


shared_context = _SharedContext()


def default_context() -> ssl.SSLContext:
    """A context that trusts whom the environment names, else the authorities of certifi.

    Raises `ConfigurationError` for a file or directory of the environment that is not there or cannot be read.
    """
    if path := os.environ.get(FILE_VARIABLE):
        return _trusting(FILE_VARIABLE, path, cafile=path)
    if path := os.environ.get(DIRECTORY_VARIABLE):
        # OpenSSL takes several, and says nothing of one that is missing: nobody would be trusted.
        if not any(os.path.isdir(one) for one in path.split(os.pathsep)):  # noqa: PTH112 - of texts, not of paths
            raise _unusable(DIRECTORY_VARIABLE, path, "there is no such directory")
        return _trusting(DIRECTORY_VARIABLE, path, capath=path)
    return ssl.create_default_context(cafile=certifis_list())


def certifis_list() -> str:
    """The file of certifi's authorities.

    certifi itself loads a seventh of all that a first call loads, only to find the file beside it. It is asked where it
    is loaded already, where something has a say in how it is loaded, and where the file is not beside it.
    """
    found = None if "certifi" in sys.modules else find_spec("certifi")
    if found is not None and found.origin is not None and type(found.loader) is SourceFileLoader:
        path = f"{found.origin.removesuffix('__init__.py')}cacert.pem"
        if os.path.isfile(path):  # noqa: PTH113 - pathlib is one of those that are not loaded
            return path
    import certifi  # here, because most find the file without

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
