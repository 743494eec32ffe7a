"""Every error of the package. `OutcomeUnknownError` is defined beside its `Attempt`, in `_recovery.attempts`.

PaisrError                        every error of the package; .outcome is "not_sent", "rejected" or "unknown"
├── ConfigurationError            token, base URL, settings (also ValueError)
├── InvalidArgumentError          refused before anything was sent (also ValueError)
├── APIConnectionError            the service was not reached, or the connection broke
│   └── APITimeoutError
├── APIStatusError                .status_code .message .response
│   ├── BadRequestError 400 · AuthenticationError 401 · PermissionDeniedError 403 · NotFoundError 404
│   ├── ConflictError 409 · UnprocessableEntityError 422 · RateLimitError 429 (.retry_after) · ServerError 5xx
├── UnexpectedResponseError       a response that the contract does not allow; says where
├── OutcomeUnknownError           a create that may or may not have happened; .attempt goes to reconcile()
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

# Users import the errors from here, so tracebacks show it as their module.
PUBLIC_MODULE = "paisr"
Outcome = Literal["not_sent", "rejected", "unknown"]
WebhookReason = Literal["missing", "signature", "timestamp", "body"]


class PaisrError(Exception):
    """The base class of the package's errors. The message says in one sentence what was wrong and what would be right.

    `outcome` says whether the request was carried out: ``"not_sent"``: no byte of it left this machine; ``"rejected"``:
    the service refused it; ``"unknown"``: the service may have carried it out.
    """

    outcome: Outcome = "not_sent"

    def __init__(self, message: str, *, outcome: Outcome | None = None) -> None:
        super().__init__(message)
        if outcome is not None:
            self.outcome = outcome

    def __reduce__(self) -> tuple[Any, ...]:
        # Without a call of the constructor, whose keywords are not in `args`.
        return type(self).__new__, (type(self), *self.args), {**self.__dict__, "__cause__": _portable(self.__cause__)}

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        if cls.__module__.startswith(f"{PUBLIC_MODULE}."):
            cls.__module__ = PUBLIC_MODULE


PaisrError.__module__ = PUBLIC_MODULE


class ConfigurationError(PaisrError, ValueError):
    """A token, base URL or setting that the client cannot work with.

    `kept_rate`: the requests and seconds of the limit that the file of a shared rate limit keeps, if it keeps another.
    """

    kept_rate: tuple[int, float] | None = None


class InvalidArgumentError(PaisrError, ValueError):
    """An argument that the contract does not allow; nothing was sent."""


class APIConnectionError(PaisrError):
    """The service was not reached (outcome ``not_sent``), or the connection broke (outcome ``unknown``)."""


class APITimeoutError(APIConnectionError):
    """The deadline of the whole call passed."""


class APIStatusError(PaisrError):
    """The service responded with an error status: `status_code`, and the service's `message` (None if it gave none).

    `response` is the whole response without the token, and its `data` is None. If the body lists errors, they are
    ``error.response.json()["errors"]``.
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
    """429: more requests than the service allows. `retry_after`: the seconds that it asks to wait, or None."""

    retry_after: float | None = None


class ServerError(APIStatusError):
    """5xx: the service failed. For a create see `OutcomeUnknownError`. `retry_after`: as for `RateLimitError`."""

    outcome: Outcome = "unknown"
    retry_after: float | None = None


class UnexpectedResponseError(PaisrError):
    """A response that the contract does not allow.

    `path` is the place in the JSON (``$.data.invoices[3].amount.net_total``; ``$`` for the whole), `status_code` the
    response's status, and `excerpt` the first characters of the body. `response` is the whole response, and its `data`
    is None; if the body could not be read to its end, it has only the status. None of these has the token.

    If only some items of a list do not fit the contract, `unreadable` has these, each with its `index`, `path`,
    `reason` and `raw` JSON, and `partial` has the other items.
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
    """The deadline would pass before the limiter allows the call; nothing was sent.

    `retry_after`: the seconds after which the limiter would allow it.
    """

    retry_after: float | None = None


class WebhookError(PaisrError):
    """A delivery that is not to be trusted.

    `reason` is for programs: ``"missing"`` (a header), ``"signature"``, ``"timestamp"`` or ``"body"``.
    """

    outcome: Outcome = "rejected"

    def __init__(self, text: str, *, reason: WebhookReason) -> None:
        super().__init__(text)
        self.reason: WebhookReason = reason


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
    return STATUS_ERRORS.get(status_code, ServerError if status_code >= 500 else APIStatusError)


def _portable(cause: BaseException | None) -> BaseException | None:
    """The cause if it can be pickled, else None: an error that cannot be pickled would crash a worker."""
    import pickle  # here, because only pickled errors need it

    try:
        pickle.loads(pickle.dumps(cause))
    except Exception:
        return None
    return cause
