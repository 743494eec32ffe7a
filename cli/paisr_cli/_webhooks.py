"""`paisr webhooks`: verify one delivery, or receive deliveries on this machine and print the genuine ones."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from paisr_cli._columns import at
from paisr_cli._options import OutputOption, SecretFile, number, secret_from
from paisr_cli._output import Column, Output, RowWriter, say, write_one

if TYPE_CHECKING:
    from paisr import WebhookEvent

Tolerance = Annotated[float, typer.Option(metavar="SECONDS", parser=number, help="How old or early a delivery may be.")]


@dataclass(frozen=True, kw_only=True)
class Delivered:
    """A genuine delivery."""

    timestamp: datetime
    event: str
    id: str

    @classmethod
    def of(cls, event: WebhookEvent) -> Delivered:
        return cls(timestamp=event.timestamp, event=event.event, id=event.id)


DELIVERED: list[Column[Delivered]] = [Column(name, at(name)) for name in ("timestamp", "event", "id")]


def verify(
    body: Annotated[str, typer.Argument(metavar="FILE", help="The body, byte for byte; - for standard input.")],
    *,
    signature: Annotated[str, typer.Option(help="The header X-PCB-Signature.")],
    timestamp: Annotated[str, typer.Option(help="The header X-PCB-Timestamp.")],
    tolerance: Tolerance = 300.0,
    secret_file: SecretFile = None,
    output: OutputOption = Output.TABLE,
) -> None:
    """Verify that a delivery comes from the service: status 0 and its event, or 3 and the reason.

    Examples:

    \b
      paisr webhooks verify body.json --signature 1f0c… --timestamp 1750000000
      paisr webhooks verify - --signature 1f0c… --timestamp 1750000000 --tolerance 86400 < body.json
    """
    from paisr import ConfigurationError, webhooks

    secret = webhook_secret(secret_file)
    try:
        raw = sys.stdin.buffer.read() if body == "-" else Path(body).read_bytes()
    except OSError as error:
        raise ConfigurationError(f"The file {body!r} cannot be read: {error.strerror}.") from None
    event = webhooks.verify(raw, signature=signature, timestamp=timestamp, secret=secret, tolerance=tolerance)
    write_one(Delivered.of(event), DELIVERED, output)


def listen(
    *,
    port: Annotated[int, typer.Option(min=0, max=65535, help="A port of this machine's loopback (0: a free one).")] = 0,
    count: Annotated[int | None, typer.Option(min=1, help="End after so many genuine deliveries.")] = None,
    tolerance: Tolerance = 300.0,
    secret_file: SecretFile = None,
    output: OutputOption = Output.TABLE,
) -> None:
    """Receive deliveries on loopback, verify them, and print the genuine ones, until Ctrl-C.

    A genuine delivery gets 204. Any other gets 400, and a line on standard error. JSON is written as lines.

    Examples:

    \b
      paisr webhooks listen --port 8080
      paisr webhooks listen --port 8080 --count 1 --output jsonl
    """
    from paisr_cli._receiver import Receiver

    writer = RowWriter(DELIVERED, output)
    with suppress(KeyboardInterrupt), Receiver(port, webhook_secret(secret_file), tolerance) as receiver:
        say(f"deliveries are taken on {receiver.url}; Ctrl-C ends it")
        for event in islice(receiver, count):
            writer.write(Delivered.of(event))


def webhook_secret(path: Path | None) -> str:
    """The webhook's secret, from a file or the environment."""
    from paisr import ConfigurationError

    secret = os.environ.get("PAISR_WEBHOOK_SECRET", "") if path is None else secret_from(path, "secret")
    if not secret:
        raise ConfigurationError("There is no secret; set PAISR_WEBHOOK_SECRET, or give --secret-file.")
    return secret


def add_to(commands: typer.Typer) -> None:
    """Register the commands."""
    commands.command("verify")(verify)
    commands.command("listen")(listen)
