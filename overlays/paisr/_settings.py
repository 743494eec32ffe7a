"""Reads and checks the token, the base URL and other settings. An argument wins over an environment variable."""

from __future__ import annotations

import os
import platform
import re
from collections import deque
from collections.abc import Callable
from inspect import iscoroutinefunction
from urllib.parse import SplitResult, unquote, urlsplit

from paisr._base.errors import ConfigurationError
from paisr._base.headers import check_header, check_value
from paisr._base.route import Service, ascii_host, is_loopback, names_one_host
from paisr._base.secrets import Secret, Secrets
from paisr._base.texts import safe_repr, type_name
from paisr._base.version import __version__
from paisr._engine.events import OnEvent, harmless
from paisr_generated.contract import DEFAULT_ENVIRONMENT, SERVERS

TOKEN_VARIABLE = "PAISR_TOKEN"
BASE_URL_VARIABLE = "PAISR_BASE_URL"
ENVIRONMENT_VARIABLE = "PAISR_ENVIRONMENT"
# The number of a callable's latest tokens that are redacted: calls may be in flight with any of them.
MAX_ROTATED = 8
_HEADER_TEXT = re.compile(r"[\x21-\x7e]+")
_PATH_TEXT = re.compile(r"([A-Za-z0-9._~!$&'()*+,;=:/-]|%[0-9A-Fa-f]{2})*")


def read_token(given: Secret | Callable[[], str] | None) -> Secret:
    """The token that is given, else that of ``PAISR_TOKEN``, as a `Secret`."""
    if given is not None and not isinstance(given, Secret):
        return RotatingToken(given)
    return _checked_token(given if given is not None else Secret(os.environ.get(TOKEN_VARIABLE, "")))


class RotatingToken(Secret):
    """A token that a callable returns, which is called for each attempt."""

    __slots__ = ("_get_token", "_latest")

    def __init__(self, get_token: Callable[[], str]) -> None:
        super().__init__("")
        self._get_token = get_token
        self._latest: deque[Secret] = deque(maxlen=MAX_ROTATED)

    @property
    def owner(self) -> Callable[[], str]:
        """The callable: it stands for one account, whatever token it returns now."""
        return self._get_token

    def reveal(self) -> str:
        try:
            secret = Secret(self._get_token())
        except Exception as error:
            raise ConfigurationError(
                f"The callable given as token= raised {type_name(error)}; let it return the token as text."
            ) from error.with_traceback(None)
        if not any(one.reveal() == secret.reveal() for one in self._latest):
            self._latest.append(_checked_token(secret))
        return secret.reveal()

    def scrub(self, text: str) -> str:
        return Secrets(*self._latest.copy()).scrub(text)


def _checked_token(secret: Secret) -> Secret:
    if not secret.is_text:
        problem = f"The token is {secret.kind}; give it as text."
    elif not secret.reveal():
        problem = f"There is no token: pass token=, or set {TOKEN_VARIABLE} to one made in the Paisr dashboard."
    elif secret.reveal().lower().startswith("bearer "):
        problem = "The token begins with 'Bearer '; give the token alone, the client adds that word."
    elif not _HEADER_TEXT.fullmatch(secret.reveal()):
        problem = "The token has a space, a line break or a character outside ASCII; copy it again, alone."
    else:
        return secret
    raise ConfigurationError(problem)


def read_service(environment: object, base_url: Secret | None) -> Service:
    """The service to call: that of an argument, else of an environment variable, else the contract's default server.

    Settings that contradict each other are refused: a call that is meant for a stub must not reach the live service.
    """
    url = Secret(os.environ[BASE_URL_VARIABLE]) if os.environ.get(BASE_URL_VARIABLE) else None
    if base_url is not None:
        if environment is not None:
            raise ConfigurationError("environment= and base_url= both say where the service is; give one of them.")
        return _service(base_url)
    name = "environment"
    if environment is None and os.environ.get(ENVIRONMENT_VARIABLE):
        name, environment = ENVIRONMENT_VARIABLE, os.environ[ENVIRONMENT_VARIABLE]
    if environment is None:
        return _service(url or Secret(SERVERS[DEFAULT_ENVIRONMENT]))
    if not isinstance(environment, str) or environment not in SERVERS:
        raise ConfigurationError(
            f"{name}={safe_repr(environment)} is not known; it is one of {', '.join(map(repr, SERVERS))}."
        )
    service = _service(Secret(SERVERS[environment]))
    if url is not None and (other := _service(url)) != service:
        raise ConfigurationError(
            f"{name}={environment!r} is {service.url} and {BASE_URL_VARIABLE} is {other.url}; leave one of them out."
        )
    return service


def _service(url: Secret) -> Service:
    parts = _split(url) if url.is_text else f"is {url.kind}, not text"
    if isinstance(parts, str):
        raise ConfigurationError(f"The base URL {parts}; give one such as {SERVERS[DEFAULT_ENVIRONMENT]!r}.")
    host = ascii_host(parts.hostname or "")
    return Service(scheme=parts.scheme, host=host, port=parts.port, path=parts.path.rstrip("/"))


def _split(url: Secret) -> SplitResult | str:
    """The URL's parts, or what is wrong with it, without any credentials in it."""
    if "@" in url.reveal():
        return "has a user name or password in it; leave them out, the token is all that is needed"
    try:
        parts = urlsplit(url.reveal())
        host, port = parts.hostname, parts.port
    except ValueError as error:
        return f"cannot be read ({error})"
    # These do not quote the URL: it may be a token by mistake, or have one in its query.
    if parts.scheme not in {"https", "http"} or not host:
        return "is not an https address"
    if "?" in url.reveal() or "#" in url.reveal():
        return "has a query or a fragment"
    given = safe_repr(url.reveal())
    if not _PATH_TEXT.fullmatch(parts.path) or any(unquote(part) in {".", ".."} for part in parts.path.split("/")):
        return f"{given} has a path that cannot be sent as it is"
    if not ascii_host(host) or port == 0 or not names_one_host(parts.netloc):
        return f"{given} has an invalid host or port"
    if parts.scheme == "http" and not is_loopback(host):
        return f"{given} is not https, which is only allowed on loopback: the token would be sent unencrypted"
    return parts


def read_headers(given: dict[str, Secret] | Secret | None, user_agent: object) -> tuple[tuple[str, Secret], ...]:
    """The headers that a user adds to every request, and the ``User-Agent`` with the user's addition."""
    if isinstance(given, Secret):
        raise ConfigurationError("default_headers is not a mapping; give one such as {'X-Team': 'billing'}.")
    headers = given or {}
    for name, value in headers.items():
        check_header(name, value)
    agent = f"paisr/{__version__} python/{platform.python_version()}"
    if user_agent is not None:
        check_value(Secret(user_agent), "user_agent")
        agent = f"{agent} {user_agent}"
    return ("User-Agent", Secret(agent)), *headers.items()


def read_on_event(on_event: object) -> OnEvent | None:
    if on_event is None:
        return None
    if not callable(on_event) or iscoroutinefunction(on_event):
        raise ConfigurationError(
            f"on_event is {type_name(on_event)}; give a callable that takes an event, and is not a coroutine function."
        )
    return harmless(on_event)


def read_max_retries(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= 100:
        raise ConfigurationError(f"max_retries={safe_repr(value)} is not a whole number from 0 to 100.")
    return value
