"""The settings with their sources, and how the service is reached."""

from __future__ import annotations

import inspect
import os
import platform
import socket
import ssl
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from paisr import ConfigurationError, Paisr, __version__
from paisr._base.secrets import wrap
from paisr._settings import BASE_URL_VARIABLE, ENVIRONMENT_VARIABLE, read_service
from paisr._transport.proxies import choose_proxy
from paisr._transport.tls import DIRECTORY_VARIABLE, FILE_VARIABLE, default_context
from paisr_cli.doctor.findings import Finding, note, ok, wrong
from paisr_generated.contract import DEFAULT_ENVIRONMENT, VERSION

if TYPE_CHECKING:
    from paisr._base.route import Service
    from paisr._transport.proxies import Proxy

# Seconds for a check of the network.
PATIENT = 10.0


def look_at_settings(base_url: str | None, environment: str | None, timeout: float | None) -> Iterator[Finding]:
    """The versions, and each setting with where it came from."""
    yield ok("versions", "paisr", f"{__version__}, contract {VERSION}")
    yield ok("versions", "python", f"{platform.python_version()} on {platform.system()} {platform.machine()}")
    defaults = {name: one.default for name, one in inspect.signature(Paisr).parameters.items()}
    given = "--timeout" if timeout is not None else "default"
    yield ok("settings", "timeout", f"{timeout or defaults['timeout']:g} s ({given})")
    yield ok("settings", "max_retries", f"{defaults['max_retries']} (default)")
    rate = defaults["rate_limit"]
    yield ok("settings", "rate_limit", f"{rate.requests} requests in {rate.per:g} s (default)")
    try:
        service = read_service(environment, wrap(base_url))
        proxy = choose_proxy(service, None)
    except ConfigurationError as error:
        yield wrong("settings", "base_url", str(error))
        return
    yield ok("settings", "base_url", f"{service.url} ({_origin(base_url, environment)})")
    yield _proxy_finding(proxy)
    yield from _look_at_network(service, proxy)


def _origin(base_url: str | None, environment: str | None) -> str:
    """The source of the address, in the order in which the client reads the sources."""
    if base_url is not None:
        return "--base-url"
    if environment is not None:
        return f"--environment {environment}"
    for variable in (BASE_URL_VARIABLE, ENVIRONMENT_VARIABLE):
        if os.environ.get(variable):
            return variable
    return f"default: {DEFAULT_ENVIRONMENT}"


def _proxy_finding(proxy: Proxy | None) -> Finding:
    if proxy is None:
        return ok("network", "proxy", "none")
    return ok("network", "proxy", f"{proxy.scheme}://{proxy.host}:{proxy.port} (from the environment)")


def _look_at_network(service: Service, proxy: Proxy | None) -> Iterator[Finding]:
    host, port = service.host, service.effective_port
    if proxy is not None:
        yield note("network", "address", f"{host} is resolved by the proxy, and TLS goes through it: not looked at")
        return
    try:
        found = {str(one[4][0]) for one in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)}
    except OSError as error:
        yield wrong("network", "address", f"{host} has no address: {error.strerror}")
        return
    known = f"{host} is an address" if found == {host} else f"{host} is {', '.join(sorted(found))}"
    yield ok("network", "address", known)
    if service.scheme == "http":
        yield note("network", "tls", "none: the service is on this machine's loopback")
    else:
        yield look_at_tls(host, port, default_context)


def look_at_tls(host: str, port: int, context: Callable[[], ssl.SSLContext]) -> Finding:
    """The version of TLS, and whether the certificate is trusted."""
    trusted = next((name for name in (FILE_VARIABLE, DIRECTORY_VARIABLE) if os.environ.get(name)), "certifi")
    try:
        with (
            socket.create_connection((host, port), timeout=PATIENT) as plain,
            context().wrap_socket(plain, server_hostname=host) as secured,
        ):
            certificate = secured.getpeercert() or {}
            ends = certificate.get("notAfter")
            return ok("network", "tls", f"{secured.version()}, certificate until {ends}, trusted by {trusted}")
    except (OSError, ConfigurationError) as error:
        reason = getattr(error, "verify_message", "") or getattr(error, "strerror", None) or str(error)
        return wrong("network", "tls", f"no connection that {trusted} trusts: {reason}")
