"""Trusted certificates: those that the environment names, as httpx reads it, else certifi's; one context per
process."""

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


def test_by_default_it_trusts_the_certificates_that_httpx_trusts() -> None:
    ours, theirs = default_context(), httpx.create_ssl_context()
    assert trusted(ours) == trusted(theirs)
    assert ours.verify_mode is theirs.verify_mode is ssl.CERT_REQUIRED
    assert ours.check_hostname is theirs.check_hostname is True
    assert (ours.options, ours.minimum_version) == (theirs.options, theirs.minimum_version)
    assert (ours.verify_flags, ours.keylog_filename) == (theirs.verify_flags, theirs.keylog_filename)


def test_a_file_of_the_environment_counts_alone(monkeypatch: pytest.MonkeyPatch, bundle: Path) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(bundle))
    monkeypatch.setenv("SSL_CERT_DIR", "/not/looked/at")
    assert trusted(default_context()) == trusted(httpx.create_ssl_context())
    assert len(trusted(default_context())) == 1


def test_directories_of_the_environment_count(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
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
def test_what_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch, side: Any, tmp_path: Path, variable: str) -> None:
    monkeypatch.setenv(variable, str(tmp_path / "missing"))
    monkeypatch.setattr(shared_context, "_context", None)
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


def test_certifi_is_asked_once_in_a_process(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    where = certifi.where

    def count() -> str:
        asked.append("")
        return where()

    monkeypatch.setattr("certifi.where", count)
    monkeypatch.setattr(shared_context, "_context", None)
    assert shared_context.get() is shared_context.get()
    assert len(asked) == 1


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The folder of a certifi that nobody has loaded yet, and that says "asked"."""
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


def test_certifi_is_asked_where_the_file_is_not_beside_it(installed: Path) -> None:
    (installed / "cacert.pem").unlink()
    assert certifi_file() == "asked"
    (installed / "cacert.pem").touch()
    assert certifi_file() == "asked", "once it is loaded, somebody may have changed what it says"


def test_certifi_is_asked_where_something_has_a_say_in_how_it_is_loaded(
    installed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Loader(SourceFileLoader):
        """As of those that put the system's authorities in the place of certifi's."""

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
