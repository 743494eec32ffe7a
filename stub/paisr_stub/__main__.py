"""`python -m paisr_stub`: the stub on the command line, until Ctrl-C."""

from __future__ import annotations

import argparse
import signal
import sqlite3
import sys
import threading
from collections.abc import Sequence
from types import FrameType
from typing import NoReturn

from paisr_stub import StubServer


def main(argv: Sequence[str] | None = None, *, prog: str = "paisr_stub") -> int:
    """Run the stub until it is interrupted; returns the exit status: 0, or 2 when it could not start.

    `prog` is what it calls itself in its messages.
    """
    options = _parser(prog).parse_args(argv)
    try:
        stub = StubServer(
            host=options.host,
            port=options.port,
            db=options.db,
            token=options.token,
            rate_limit=options.rate_limit,
        )
        stub.start()
    except (OSError, OverflowError, ValueError, sqlite3.Error) as error:
        print(f"{prog}: {_reason(error, options)}", file=sys.stderr)
        return 2
    # SIGINT too: a shell script's background processes are started with it ignored.
    before = {number: signal.signal(number, _interrupt) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        _serve(stub, options.seed)
    except KeyboardInterrupt:
        print()
    finally:
        stub.stop()
        for number, handler in before.items():
            signal.signal(number, handler)
    return 0


def _count(text: str) -> int:
    count = int(text)
    if count < 0:
        raise ValueError(text)
    return count


def _parser(prog: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog=prog, description="A stub for the Paisr invoices API, on this machine only.")
    parser.add_argument("--host", default="127.0.0.1", help="a loopback address (default: %(default)s)")
    parser.add_argument("--port", type=int, default=0, help="a port (default: a free one)")
    parser.add_argument("--db", metavar="FILE", help="keep everything in this SQLite file (default: in memory)")
    parser.add_argument("--seed", type=_count, default=0, metavar="N", help="make up N invoices if there are none yet")
    parser.add_argument("--token", help="the token to ask for (default: a random one)")
    parser.add_argument(
        "--rate-limit", type=int, metavar="N", help="respond with 429 beyond N requests a minute (default: never)"
    )
    return parser


def _serve(stub: StubServer, invoices: int) -> None:
    if invoices > 0 and not stub.invoices:
        stub.seed(invoices)
    print("The stub for the Paisr invoices API is running. Ctrl-C ends it.", file=sys.stderr)
    print(f"export PAISR_TOKEN={stub.token}\nexport PAISR_BASE_URL={stub.url}", flush=True)
    threading.Event().wait()


def _interrupt(number: int, frame: FrameType | None) -> NoReturn:
    del number, frame
    raise KeyboardInterrupt


def _reason(error: Exception, options: argparse.Namespace) -> str:
    if isinstance(error, sqlite3.Error):
        return f"{options.db} cannot be used as a database: {error}."
    if isinstance(error, OSError | OverflowError):
        reason = getattr(error, "strerror", None) or "there is no such port"
        return f"{options.host} port {options.port} cannot be listened on: {reason}."
    return str(error)


if __name__ == "__main__":
    sys.exit(main())
