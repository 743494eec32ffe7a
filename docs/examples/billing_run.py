"""Bill everybody in a CSV file, once: `python billing_run.py 2026-12 customers.csv`.

Run it again after a crash, or when a row is open: who has an invoice does not get a second one.
"""

import csv
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import timedelta
from pathlib import Path

from paisr import Paisr


def bills(month: str, rows: Iterable[dict[str, str]]) -> Iterator[dict[str, object]]:
    """For each row of the file, what `create` is to be given."""
    for row in rows:
        yield {
            "customer": row["customer"],
            "summary": f"Subscription {month}, {row['plan']}",
            "due": timedelta(days=14),
            "currency": "SRD",
            "items": [{"description": row["plan"], "quantity": 1, "unit_price": row["price"]}],
            "key": f"{month}/{row['customer']}",
        }


def main(month: str, path: str) -> int:
    done: Counter[str] = Counter()
    with Path(path).open(encoding="utf-8", newline="") as file, Paisr(journal=f"billing-{month}.db") as client:
        for result in client.invoices.create_many(bills(month, csv.DictReader(file))):
            if result.created is not None:
                done["new" if result.is_new else "from before"] += 1
                print(result.key, result.created.id)
            elif result.error is not None:
                done["open" if result.error.outcome == "unknown" else "refused"] += 1
                print(f"row {result.index + 1}: {result.error}", file=sys.stderr)
    print(", ".join(f"{number} {what}" for what, number in sorted(done.items())))
    return 1 if done["open"] or done["refused"] else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
