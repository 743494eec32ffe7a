"""`paisr invoices`: create, list and read invoices, wait for one, and reconcile a create."""

from __future__ import annotations

from typing import Annotated

import typer

from paisr_cli._bulk import OPTION, OneOrMany
from paisr_cli._columns import CREATED, INVOICES
from paisr_cli._exits import Exit
from paisr_cli._fields import due_of
from paisr_cli._items import ITEM_FORM, items_of
from paisr_cli._options import (
    BaseURL,
    EnvironmentOption,
    JournalOption,
    OutputOption,
    Timeout,
    TokenFile,
    connected,
    number,
    whole_number,
)
from paisr_cli._output import Output, UnwrittenError, progress, say, write, write_one, write_rows
from paisr_cli._reconciling import reconcile
from paisr_cli._texts import visible_json

FINAL = ("paid", "void")
InvoiceId = Annotated[str, typer.Argument(metavar="ID", help="Such as inv_123456.")]


def create(
    *,
    customer: Annotated[str, typer.Option(help="The customer's id or e-mail address.")],
    summary: Annotated[str, typer.Option(help="What the invoice is for.")],
    due: Annotated[str, typer.Option(help="When payment is due: 2026-12-31, or a text such as 'In 3 days'.")],
    item: Annotated[
        list[str] | None, typer.Option(metavar=f"'{ITEM_FORM}'", help="A line item; repeat the option for each.")
    ] = None,
    currency: Annotated[str | None, typer.Option(help="SRD, USD or EUR (default: the customer's own).")] = None,
    source: Annotated[
        str | None,
        typer.Option(OPTION, metavar="FILE", help="One invoice for each row of a file, by options of its own."),
    ] = None,
    key: Annotated[
        str | None, typer.Option(help="Create one invoice for this key, however often it runs; needs --journal.")
    ] = None,
    journal: JournalOption = None,
    output: OutputOption = Output.TABLE,
    token_file: TokenFile = None,
    base_url: BaseURL = None,
    environment: EnvironmentOption = None,
    timeout: Timeout = None,
) -> None:
    """Create an invoice, or with --from FILE one for each row of a file (see --from FILE --help).

    When the outcome is unknown, the exit status is 5, nothing is sent again, and standard output has the attempt
    instead of the invoice. Give it to `paisr invoices reconcile`.

    Examples:

    \b
      paisr invoices create --customer jane@example.com --summary Pizza --due 'In 3 days' --item '2 x 75.00 Margherita'
      paisr invoices create --customer jane@example.com --summary Rent --due 'In 3 days' --key 12/7 --journal creates.db
    """
    from paisr import ConfigurationError, OutcomeUnknownError

    del source  # with it, `OneOrMany` has called another command
    if key is not None and not journal:
        raise ConfigurationError("--key needs a journal: give --journal FILE, or set PAISR_JOURNAL.")
    items = items_of(item or (), currency)
    with connected(token_file, base_url, environment, journal) as client:
        try:
            created = client.invoices.create(
                customer=customer,
                summary=summary,
                due=due_of(due),
                currency=currency,  # type: ignore[arg-type]  # the client names those that there are
                items=items,
                key=key,
                timeout=timeout,
            )
        except OutcomeUnknownError as error:
            _write_attempt(visible_json(error.attempt.to_json()))
            raise
    try:
        write_one(created, CREATED, output)
    except UnwrittenError as error:
        say(f"invoice {created.id} was created, but {error}")
        raise typer.Exit(Exit.CREATED_UNWRITTEN) from None


def _write_attempt(attempt: str) -> None:
    """Write the attempt to reconcile, on standard error if need be: without it, nobody can."""
    try:
        write(f"{attempt}\n")
    except UnwrittenError as error:
        say(f"{error}; the attempt to reconcile is {attempt}")


def list_(
    *,
    resource_id: Annotated[str | None, typer.Option(help="Only of this customer, subscription or voucher.")] = None,
    currency: Annotated[str | None, typer.Option(help="Only in this currency, such as SRD.")] = None,
    status: Annotated[str | None, typer.Option(help="Only draft, unpaid, paid or void.")] = None,
    limit: Annotated[
        int | None,
        typer.Option(metavar="NUMBER", parser=whole_number, help="At most this many, from 1 to 1000."),
    ] = None,
    output: OutputOption = Output.TABLE,
    token_file: TokenFile = None,
    base_url: BaseURL = None,
    environment: EnvironmentOption = None,
    timeout: Timeout = None,
) -> None:
    """List invoices.

    Examples:

    \b
      paisr invoices list --status unpaid --limit 100
      paisr invoices list --output csv > invoices.csv
    """
    with connected(token_file, base_url, environment) as client:
        found = client.invoices.list(
            resource_id=resource_id,
            currency=currency,
            status=status,  # type: ignore[arg-type]  # the client names those that there are
            limit=limit,
            timeout=timeout,
        )
    write_rows(found, INVOICES, output)
    if found.may_be_truncated:
        say(f"the list has as many as the limit of {limit} allows, so there may be more; the API has no pages")


def get(
    invoice_id: InvoiceId,
    *,
    output: OutputOption = Output.TABLE,
    token_file: TokenFile = None,
    base_url: BaseURL = None,
    environment: EnvironmentOption = None,
    timeout: Timeout = None,
) -> None:
    """Read one invoice.

    Examples:

    \b
      paisr invoices get inv_123456
      paisr invoices get inv_123456 --output json
    """
    with connected(token_file, base_url, environment) as client:
        invoice = client.invoices.get(invoice_id, timeout=timeout)
    write_one(invoice, INVOICES, output)


def wait(
    invoice_id: InvoiceId,
    *,
    until: Annotated[
        list[str] | None,
        typer.Option(help="A status to wait for; repeat the option for several (default: paid, void)."),
    ] = None,
    interval: Annotated[float, typer.Option(metavar="SECONDS", parser=number, help="Between two readings.")] = 5.0,
    output: OutputOption = Output.TABLE,
    token_file: TokenFile = None,
    base_url: BaseURL = None,
    environment: EnvironmentOption = None,
    timeout: Annotated[float, typer.Option(metavar="SECONDS", parser=number, help="How long to wait in all.")] = 1800.0,
) -> None:
    """Wait until an invoice is paid or void.

    Examples:

    \b
      paisr invoices wait inv_123456 --timeout 600
      paisr invoices wait inv_123456 --until paid && echo paid
    """
    with connected(token_file, base_url, environment) as client, progress(f"waiting for {invoice_id}"):
        invoice = client.invoices.wait(invoice_id, until=until or FINAL, timeout=timeout, interval=interval)
    write_one(invoice, INVOICES, output)


def add_to(commands: typer.Typer) -> None:
    """Register the commands."""
    commands.command("create", cls=OneOrMany)(create)
    commands.command("list")(list_)
    commands.command("get")(get)
    commands.command("wait")(wait)
    commands.command("reconcile")(reconcile)
