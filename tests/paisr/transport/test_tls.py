"""Trusted certificates: those of the variables that httpx reads, or else certifi's; one context per process."""

from __future__ import annotations

import os
import ssl
import sys
from importlib.machinery import PathFinder, SourceFileLoader
from pathlib import Path
from typing import Any

import certifi
import httpx
import pytest
import trustme

from paisr import ConfigurationError
from paisr._transport import tls
from paisr._transport.tls import certifi_file, default_context, shared_context


@pytest.fixture(autouse=True)
def nothing_named(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (tls.FILE_VARIABLE, tls.DIRECTORY_VARIABLE):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    path = tmp_path / "authority.pem"
    trustme.CA().cert_pem.write_to_path(str(path))
    return path


def trusted(context: ssl.SSLContext) -> list[Any]:
    return sorted(str(one) for one in context.get_ca_certs())


def test_the_default_context_trusts_the_same_certificates_as_httpx() -> None:
    ours, theirs = default_context(), httpx.create_ssl_context()
    assert trusted(ours) == trusted(theirs)
    assert ours.verify_mode is theirs.verify_mode is ssl.CERT_REQUIRED
    assert ours.check_hostname is theirs.check_hostname is True
    assert (ours.options, ours.minimum_version) == (theirs.options, theirs.minimum_version)
    assert (ours.verify_flags, ours.keylog_filename) == (theirs.verify_flags, theirs.keylog_filename)


def test_ssl_cert_file_takes_precedence_over_ssl_cert_dir(monkeypatch: pytest.MonkeyPatch, bundle: Path) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(bundle))
    monkeypatch.setenv("SSL_CERT_DIR", "/not/looked/at")
    assert trusted(default_context()) == trusted(httpx.create_ssl_context())
    assert len(trusted(default_context())) == 1


def test_the_directories_of_ssl_cert_dir_are_trusted(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    asked: list[Any] = []
    usual = ssl.create_default_context

    def create(**named: Any) -> ssl.SSLContext:
        asked.append(named["capath"])
        return usual(**named)

    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path))
    assert trusted(default_context()) == trusted(httpx.create_ssl_context()) == []
    monkeypatch.setattr("ssl.create_default_context", create)
    monkeypatch.setenv("SSL_CERT_DIR", f"/not/there{os.pathsep}{tmp_path}")
    default_context()
    assert asked == [f"/not/there{os.pathsep}{tmp_path}"]


@pytest.mark.parametrize("variable", ["SSL_CERT_FILE", "SSL_CERT_DIR"])
def test_a_missing_file_or_directory_is_named(
    monkeypatch: pytest.MonkeyPatch, side: Any, tmp_path: Path, variable: str
) -> None:
    monkeypatch.setenv(variable, str(tmp_path / "missing"))
    shared_context.cache_clear()
    client = side.client(base_url="https://127.0.0.1:9/v2", max_retries=0)
    with pytest.raises(ConfigurationError, match=rf"^{variable} names '.*/missing', which cannot be used .*\.$") as got:
        side.call(client, "get", "inv_1")
    assert got.value.outcome == "not_sent"


def test_an_invalid_certificate_file_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("not a certificate")
    monkeypatch.setenv("SSL_CERT_FILE", str(path))
    with pytest.raises(ConfigurationError, match=r"^SSL_CERT_FILE names '.*notes\.txt', which cannot be used "):
        default_context()


def test_certifi_is_called_once_in_a_process(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    where = certifi.where

    def count() -> str:
        asked.append("")
        return where()

    monkeypatch.setattr("certifi.where", count)
    shared_context.cache_clear()
    assert shared_context() is shared_context()
    assert len(asked) == 1


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The folder of a fake certifi that is not loaded yet, and whose `where` returns "asked"."""
    folder = tmp_path / "certifi"
    folder.mkdir()
    (folder / "__init__.py").write_text("def where():\n    return 'asked'\n")
    (folder / "cacert.pem").touch()
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "certifi")
    return folder


def test_certifis_file_is_found_without_loading_certifi(installed: Path) -> None:
    assert certifi_file() == str(installed / "cacert.pem")
    assert "certifi" not in sys.modules


def test_certifi_is_called_where_its_file_is_elsewhere_or_it_is_loaded(installed: Path) -> None:
    (installed / "cacert.pem").unlink()
    assert certifi_file() == "asked"
    (installed / "cacert.pem").touch()
    assert certifi_file() == "asked", "a loaded certifi may have been patched, and has to be asked"


def test_certifi_is_called_where_a_custom_finder_loads_it(installed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Loader(SourceFileLoader):
        """Like the loader of a package that replaces certifi's certificates by those of the system."""

    class Finder:
        def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:
            if name != "certifi":
                return None
            spec = PathFinder.find_spec(name)
            assert spec is not None
            assert spec.origin is not None
            spec.loader = Loader(name, spec.origin)
            return spec

    monkeypatch.setattr(sys, "meta_path", [Finder(), *sys.meta_path])
    assert certifi_file() == "asked"
