"""`python -m paisr_stub`: the stub on the command line, until Ctrl-C."""

from __future__ import annotations

import argparse
import json
import shlex
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

    `prog` is the program's name in messages.
    """
    options = _parser(prog).parse_args(argv)
    try:
        stub = StubServer(
            host=options.host,
            allow_remote=options.allow_remote,
            public_url=options.public_url,
            port=options.port,
            db=options.db,
            token=options.token,
            rate_limit=options.rate_limit,
            webhook_url=options.webhook_url,
            webhook_secret=options.webhook_secret,
        )
        stub.start()
    except (OSError, OverflowError, ValueError, sqlite3.Error) as error:
        print(f"{prog}: {_reason(error, options)}", file=sys.stderr)
        return 2
    # SIGINT too: a shell script starts its background processes with SIGINT ignored.
    before = {number: signal.signal(number, _interrupt) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        _serve(stub, options.seed, options.webhook_url)
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
    parser = argparse.ArgumentParser(prog=prog, description="A stub of the Paisr invoices API, to test against.")
    add = parser.add_argument
    add("--host", default="127.0.0.1", help="the address to listen on (default: %(default)s, this machine only)")
    add("--allow-remote", action="store_true", help="allow a --host that other machines or containers can reach")
    add("--public-url", metavar="URL", help="the URL under which others reach it, such as http://stub:8000")
    add("--port", type=int, default=0, help="a port (default: a free one)")
    add("--db", metavar="FILE", help="keep everything in this SQLite file (default: in memory)")
    add("--seed", type=_count, default=0, metavar="N", help="generate N invoices if there are none yet")
    add("--token", help="the token that requests need (default: a random one)")
    add("--rate-limit", type=int, metavar="N", help="respond with 429 beyond N requests a minute (default: never)")
    add("--webhook-url", metavar="URL", help="send a delivery there when an invoice is created, paid or voided")
    add("--webhook-secret", metavar="SECRET", help="the secret that signs deliveries (default: a random one)")
    return parser


def _serve(stub: StubServer, invoices: int, webhook_url: str | None) -> None:
    if invoices > 0 and not stub.invoices:
        stub.seed(invoices)
    print("The stub of the Paisr invoices API is running. Ctrl-C ends it.", file=sys.stderr)
    print("A customer pays at the session.url of an invoice, in a browser; or from the shell:", file=sys.stderr)
    print(_way_to_pay(stub), file=sys.stderr)
    exports = {"PAISR_TOKEN": stub.token, "PAISR_BASE_URL": stub.url}
    if webhook_url is not None:
        exports["PAISR_WEBHOOK_SECRET"] = stub.webhook_secret
    print("\n".join(f"export {name}={shlex.quote(value)}" for name, value in exports.items()), flush=True)
    threading.Event().wait()


def _way_to_pay(stub: StubServer) -> str:
    """A shell command that pays the newest unpaid invoice; without one, the id is a placeholder."""
    invoice_id = next((invoice.id for invoice in reversed(stub.invoices) if invoice.status == "unpaid"), "inv_123456")
    headers = (f"Authorization: Bearer {stub.token}", "Content-Type: application/json")
    command = ["curl", f"{stub.url_for_control}/pay"]
    for header in headers:
        command += ["-H", header]
    return "  " + shlex.join([*command, "-d", json.dumps({"id": invoice_id})])


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
