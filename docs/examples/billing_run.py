"""Bill everybody in a CSV file, once: `python billing_run.py 2026-12 customers.csv`.

Run it again after a crash, or when it says that something is open: who has an invoice does not get a second one.
"""

import csv
import sys
from collections import Counter
from datetime import timedelta
from pathlib import Path

from paisr import OutcomeUnknownError, Paisr, PaisrError


def bill(client: Paisr, month: str, row: dict[str, str]) -> str:
    """What became of one row."""
    try:
        created = client.invoices.create(
            customer=row["customer"],
            summary=f"Subscription {month}, {row['plan']}",
            due=timedelta(days=14),
            currency="SRD",
            items=[{"description": row["plan"], "quantity": 1, "unit_price": row["price"]}],
            key=f"{month}/{row['customer']}",
            timeout=90,  # seconds: more rows than the service allows in a minute wait for their turn
        )
    except OutcomeUnknownError as error:
        print(f"{row['customer']}: open. {error}", file=sys.stderr)
        return "open"
    except PaisrError as error:
        print(f"{row['customer']}: {error}", file=sys.stderr)
        return error.outcome
    print(row["customer"], created.id)
    return "billed"


def main(month: str, path: str) -> int:
    with Path(path).open(encoding="utf-8", newline="") as file, Paisr(journal=f"billing-{month}.db") as client:
        done = Counter(bill(client, month, row) for row in csv.DictReader(file))
    print(", ".join(f"{number} {what}" for what, number in sorted(done.items())))
    return 0 if set(done) <= {"billed"} else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
