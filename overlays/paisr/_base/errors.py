"""Every error of the package.

PaisrError                        every error of the package; .outcome is "not_sent", "rejected" or "unknown"
├── ConfigurationError            token, base URL, settings (also ValueError)
├── InvalidArgumentError          refused before anything was sent (also ValueError)
├── APIConnectionError            the service was not reached, or the connection broke
│   └── APITimeoutError
├── APIStatusError                .status_code .message .response
│   ├── BadRequestError 400 · AuthenticationError 401 · PermissionDeniedError 403 · NotFoundError 404
│   ├── ConflictError 409 · UnprocessableEntityError 422 · RateLimitError 429 (.retry_after) · ServerError 5xx
├── UnexpectedResponseError       a response that the contract does not allow; says where
├── OutcomeUnknownError           a create that may or may not have happened; .attempt goes to reconcile() (beside it)
├── RateLimitTimeoutError         the deadline would pass before the limiter allows the call
└── WebhookError                  a delivery that is not to be trusted; says why
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from paisr_generated.reading import UnreadableItem
    from paisr_generated.responses import ApiResponse

__all__ = [
    "APIConnectionError",
    "APIStatusError",
    "APITimeoutError",
    "AuthenticationError",
    "BadRequestError",
    "ConfigurationError",
    "ConflictError",
    "InvalidArgumentError",
    "NotFoundError",
    "PaisrError",
    "PermissionDeniedError",
    "RateLimitError",
    "RateLimitTimeoutError",
    "ServerError",
    "UnexpectedResponseError",
    "UnprocessableEntityError",
    "WebhookError",
]

# Where users import the errors from, and what a traceback should therefore say.
PUBLIC_MODULE = "paisr"
Outcome = Literal["not_sent", "rejected", "unknown"]


class PaisrError(Exception):
    """Every error of this package: one sentence that says what was wrong and what would be right.

    `outcome` says what became of the request: ``"not_sent"``: no byte of it left this machine; ``"rejected"``: the
    service responded that it did not do it; ``"unknown"``: it may have been carried out.
    """

    outcome: Outcome = "not_sent"

    def __init__(self, message: str, *, outcome: Outcome | None = None) -> None:
        super().__init__(message)
        if outcome is not None:
            self.outcome = outcome

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (type(self), self.args, self.__dict__.copy(), _portable(self.__cause__))

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        if cls.__module__.startswith(f"{PUBLIC_MODULE}."):
            cls.__module__ = PUBLIC_MODULE


PaisrError.__module__ = PUBLIC_MODULE


class ConfigurationError(PaisrError, ValueError):
    """A token, base URL or setting that the client cannot work with."""


class InvalidArgumentError(PaisrError, ValueError):
    """An argument that the contract does not allow; nothing was sent."""


class APIConnectionError(PaisrError):
    """The service was not reached (outcome ``not_sent``), or the connection broke (outcome ``unknown``)."""


class APITimeoutError(APIConnectionError):
    """The deadline of the whole call passed."""


class APIStatusError(PaisrError):
    """The service responded with an error: `status_code`, and its own words as `message` (None if it gave none).

    `response` is the whole of it without the token: ``error.response.json()["errors"]`` where the body has some. `data`
    is None.
    """

    outcome: Outcome = "rejected"
    response: ApiResponse[None]

    def __init__(self, text: str, *, status_code: int, message: str | None, outcome: Outcome | None = None) -> None:
        super().__init__(text, outcome=outcome)
        self.status_code = status_code
        self.message = message


class BadRequestError(APIStatusError):
    """400."""


class AuthenticationError(APIStatusError):
    """401: the token is missing, wrong or expired."""


class PermissionDeniedError(APIStatusError):
    """403: the token lacks a scope, such as ``invoices.read``."""


class NotFoundError(APIStatusError):
    """404: no such invoice, or none that this token may see."""


class ConflictError(APIStatusError):
    """409."""


class UnprocessableEntityError(APIStatusError):
    """422."""


class RateLimitError(APIStatusError):
    """429: more requests than the service allows. `retry_after`: the seconds that it asked to wait, or None."""

    retry_after: float | None = None


class ServerError(APIStatusError):
    """5xx: the service failed. For a create see `OutcomeUnknownError`. `retry_after`: as of a `RateLimitError`."""

    outcome: Outcome = "unknown"
    retry_after: float | None = None


class UnexpectedResponseError(PaisrError):
    """A response that the contract does not allow.

    `path` says where in the JSON (``$.data.invoices[3].amount.net_total``; ``$`` for the whole), `status_code` is the
    response's, `excerpt` the first characters of the body, without the token. `response` is the whole of it, also
    without the token and with None as its `data`; of one that could not be read to its end, it has the status only.

    Of a list of which some items do not fit, `partial` has the others, and `unreadable` these, each with its `index`,
    `path`, `reason` and `raw` JSON.
    """

    outcome: Outcome = "unknown"
    response: ApiResponse[None]
    partial: Sequence[Any] = ()
    unreadable: Sequence[UnreadableItem] = ()

    def __init__(self, text: str, *, path: str, status_code: int, excerpt: str) -> None:
        super().__init__(text)
        self.path = path
        self.status_code = status_code
        self.excerpt = excerpt


class RateLimitTimeoutError(PaisrError):
    """The deadline would pass before the limiter allows the call; it was not sent.

    `retry_after`: the seconds after which the limiter would allow it.
    """

    retry_after: float | None = None


class WebhookError(PaisrError):
    """A delivery that is not to be trusted. `reason` is a short word for programs, such as ``"signature"``."""

    outcome: Outcome = "rejected"

    def __init__(self, text: str, *, reason: str) -> None:
        super().__init__(text)
        self.reason = reason


STATUS_ERRORS: dict[int, type[APIStatusError]] = {
    400: BadRequestError,
    401: AuthenticationError,
    403: PermissionDeniedError,
    404: NotFoundError,
    409: ConflictError,
    422: UnprocessableEntityError,
    429: RateLimitError,
}


def status_error_type(status_code: int) -> type[APIStatusError]:
    """The class for a status: its own, `ServerError` from 500 on, `APIStatusError` for the rest."""
    if status_code >= 500:
        return ServerError
    return STATUS_ERRORS.get(status_code, APIStatusError)


def _rebuild(
    kind: type[PaisrError], args: tuple[Any, ...], state: dict[str, Any], cause: BaseException | None
) -> PaisrError:
    error = kind.__new__(kind, *args)
    error.__dict__.update(state)
    error.__cause__ = cause
    return error


def _portable(cause: BaseException | None) -> BaseException | None:
    """The cause if it survives pickling, else None: an error must never take a worker down by not pickling."""
    import pickle  # here, because only an error that travels needs it

    try:
        pickle.loads(pickle.dumps(cause))
    except Exception:
        return None
    return cause
