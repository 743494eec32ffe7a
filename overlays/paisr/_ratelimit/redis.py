"""The backend for several machines: the times of the last permits in a list in Redis, on the server's clock."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from paisr._base.errors import ConfigurationError
from paisr._ratelimit.shared import Backend, BackendUnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable

    from paisr._base.secrets import Secret
    from paisr._ratelimit.rate import RateLimit

# Seconds, for connecting and for a command. Together they may exceed a call's deadline by less than half a second.
_TIMEOUT = 0.2

# Computes as `rate.wait_time` does. Times are whole microseconds, since numbers in Lua are exact up to 2^53. The
# newest is at the left of the list. If the server's clock is set back, times in the future count as now. If it is set
# forward, the list is lost, and each process still keeps the limit by its own window.
_ACQUIRE_SCRIPT = """
local limit, window, ahead = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local clock = redis.call('TIME')
local now = clock[1] * 1000000 + clock[2]
local newest = redis.call('LINDEX', KEYS[1], 0)
if newest and tonumber(newest) > now then
    local times = redis.call('LRANGE', KEYS[1], 0, -1)
    for index, value in ipairs(times) do
        if tonumber(value) > now then redis.call('LSET', KEYS[1], index - 1, string.format('%.0f', now)) end
    end
    redis.call('PEXPIRE', KEYS[1], math.ceil(window / 1000))
end
local kept = redis.call('LLEN', KEYS[1])
local rounds = math.floor(ahead / limit)
local used_at = redis.call('LINDEX', KEYS[1], limit - 1 - ahead % limit)
local wait = rounds * window
if used_at then wait = wait + math.max(0, tonumber(used_at) + window - now) end
if wait <= 0 then
    redis.call('LPUSH', KEYS[1], string.format('%.0f', now))
    redis.call('LTRIM', KEYS[1], 0, math.max(limit, kept) - 1)
    redis.call('PEXPIRE', KEYS[1], math.max(redis.call('PTTL', KEYS[1]), math.ceil(window / 1000)))
end
return math.ceil(wait)
"""


# Permanent failures, by the name of the library's exception.
_PERMANENT = {
    "AuthenticationError": "it refuses the user name or password",
    "NoPermissionError": "this user may not run scripts there",
    "ReadOnlyError": "it is a replica that cannot be written to",
    "MovedError": "it is a cluster, and a single server is needed",
    "ClusterDownError": "it is a cluster, and a single server is needed",
}
# Temporary failures that share a base class with the permanent ones.
_TEMPORARY = {"MasterDownError", "OutOfMemoryError", "TryAgainError"}


class RedisBackend(Backend):
    """One list for each service, as long as the highest limit in use: every request counts for all limits.

    The library reconnects in a forked child.
    """

    def __init__(self, rate: RateLimit, clock: Callable[[], float], url: Secret, service: str) -> None:
        super().__init__(rate, clock)
        self._url = url
        self._key = f"paisr:rate:{service}"
        self._window = round(rate.window * 1_000_000)
        try:
            self._library: Any = import_module("redis")
        except ImportError:
            raise ConfigurationError(
                "A rate shared by redis:// needs the Redis client library; install paisr[redis]."
            ) from None
        self._client: Any = None
        # Once the server has worked, every failure may be temporary: its replica may be taking over.
        self._has_worked = False

    def try_acquire(self, ahead: int) -> float:
        try:
            if self._client is None:
                self._client = self._connected()
            wait: int = self._client.eval(_ACQUIRE_SCRIPT, 1, self._key, self._limit, self._window, ahead)
        except Exception as error:  # any error: the call goes on without Redis, and the text may hold a password
            if not self._has_worked and (why := self._permanent_problem(error)):
                raise ConfigurationError(
                    f"The rate limit cannot be shared at {self._rate.shared}: {why}; name a Redis server on which "
                    "this user may write and run scripts."
                ) from None
            raise BackendUnavailableError(type(error).__name__) from None
        except BaseException as interruption:
            # While it connects, the library's frames have the password among their locals.
            raise interruption.with_traceback(None) from None
        self._has_worked = True
        return wait / 1_000_000

    def _permanent_problem(self, error: Exception) -> str | None:
        """Return why the failure is permanent; None if it may be temporary."""
        exceptions = self._library.exceptions
        name = type(error).__name__
        if name in _TEMPORARY or not isinstance(error, (exceptions.ResponseError, exceptions.AuthenticationError)):
            return None
        return _PERMANENT.get(name, f"it refuses the script ({name})")

    def _connected(self) -> Any:
        # Some versions of the library retry by themselves, and sleep in between, unless told not to.
        retry = import_module("redis.retry").Retry(import_module("redis.backoff").NoBackoff(), 0)
        return self._library.Redis.from_url(
            self._url.reveal(), socket_timeout=_TIMEOUT, socket_connect_timeout=_TIMEOUT, retry=retry
        )
