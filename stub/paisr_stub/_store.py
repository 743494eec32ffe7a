"""The stub's state in SQLite, in memory or in a file.

Amounts are kept as text, exactly as they are written. There is one connection and one lock. Every change is one
transaction: parallel requests, and two processes on one file, never see half of an invoice.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Generator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import cast

from paisr_stub import _exact
from paisr_stub._clock import Clock, utc_now
from paisr_stub._money import Voucher, VoucherType
from paisr_stub._records import (
    CHECKOUT_URL,
    FIRST_SID,
    SESSION_LENGTH,
    Customer,
    NewInvoice,
    address,
    made_id,
    timestamp,
    written,
)
from paisr_stub._schema import connect, copied_to_memory
from paisr_stub._validation import Item

_SELECT = """
SELECT i.*, c.name, c.email, c.billing, c.shipping, v.type AS voucher_type, v.rate AS voucher_rate
FROM invoices i JOIN customers c ON c.id = i.customer_id LEFT JOIN vouchers v ON v.id = i.voucher_id
"""


class Store:
    """The tables, and the only code that speaks SQL."""

    def __init__(self, path: str | Path | None = None, *, seed: int = 0, clock: Clock = utc_now) -> None:
        self.checkout_url = CHECKOUT_URL  # what the links of checkout sessions begin with
        self._seed = seed
        self._clock = clock
        self._lock = threading.RLock()
        self._depth = 0
        self._in_file = path is not None
        self._closed = False
        self._db = connect(path)

    def close(self) -> None:
        """Close the file, if there is one. The content can still be read, but not changed."""
        with self._lock:
            if self._in_file and not self._closed:
                copy = copied_to_memory(self._db)
                self._db.close()
                self._db = copy
            self._closed = True

    def discard(self) -> None:
        """Close the database in memory as well."""
        with self._lock:
            self._closed = True
            self._db.close()

    @contextmanager
    def transaction(self) -> Generator[None]:
        """A transaction; an inner one joins the outer one. Raises `RuntimeError` when the store is closed."""
        with self._lock:
            if self._closed:
                raise RuntimeError("The stub has stopped: what it held can be read, and no longer be changed.")
            outermost = self._depth == 0
            if outermost:
                self._db.execute("BEGIN IMMEDIATE")
            self._depth += 1
            try:
                yield
            except BaseException:
                if outermost:
                    self._db.execute("ROLLBACK")
                raise
            else:
                if outermost:
                    self._db.execute("COMMIT")
            finally:
                self._depth -= 1

    def _row(self, sql: str, *values: object) -> sqlite3.Row | None:
        return cast("sqlite3.Row | None", self._db.execute(sql, values).fetchone())

    # customers and vouchers

    def customer(self, reference: str) -> Customer | None:
        """By id, or by e-mail address (case-insensitive; the oldest of several)."""
        column = "email" if "@" in reference else "id"
        with self._lock:
            row = self._row(f"SELECT * FROM customers WHERE {column} = ? ORDER BY rowid", reference)
        if row is None:
            return None
        return Customer(
            row["id"], row["name"], row["email"], row["currency"], address(row["billing"]), address(row["shipping"])
        )

    def add_customer(self, customer: Customer) -> None:
        """Raises `ValueError` when the id is taken."""
        values = (
            customer.id,
            customer.name,
            customer.email,
            customer.currency,
            None if customer.billing_details is None else _exact.dumps(customer.billing_details).decode(),
            None if customer.shipping_details is None else _exact.dumps(customer.shipping_details).decode(),
        )
        self._insert("INSERT INTO customers VALUES (?, ?, ?, ?, ?, ?)", values, f"There is a customer {customer.id}.")

    def add_voucher(self, voucher: Voucher, *, customer_id: str | None = None) -> None:
        """Raises `ValueError` when the id is taken."""
        values = (voucher.id, voucher.type, _exact.number(voucher.rate), customer_id)
        self._insert("INSERT INTO vouchers VALUES (?, ?, ?, ?)", values, f"There is a voucher {voucher.id}.")

    def _insert(self, sql: str, values: tuple[object, ...], taken: str) -> None:
        try:
            with self.transaction():
                self._db.execute(sql, values)
        except sqlite3.IntegrityError:
            raise ValueError(taken) from None

    def voucher_of(self, customer_id: str) -> Voucher | None:
        """The newest voucher of this customer."""
        with self._lock:
            row = self._row("SELECT * FROM vouchers WHERE customer_id = ? ORDER BY rowid DESC", customer_id)
        return None if row is None else Voucher(row["id"], cast("VoucherType", row["type"]), Decimal(row["rate"]))

    def unused_id(self, prefix: str) -> str:
        """The next `cus_…` or `vch_…`, six digits counted up."""
        table = {"cus_": "customers", "vch_": "vouchers"}[prefix]
        with self._lock:
            row = self._row(f"SELECT count(*) AS n FROM {table}")
            number = 100_001 + (0 if row is None else int(row["n"]))
            while self._row(f"SELECT 1 FROM {table} WHERE id = ?", f"{prefix}{number}") is not None:
                number += 1
        return f"{prefix}{number}"

    # invoices

    def add_invoice(self, new: NewInvoice) -> dict[str, object]:
        """Give it its `sid` and `id`, keep it with its items, and return it as the API writes it."""
        with self.transaction():
            row = self._row("SELECT max(sid) AS last FROM invoices")
            sid = FIRST_SID if row is None or row["last"] is None else int(row["last"]) + 1
            invoice_id = made_id(sid, self._seed)
            self._db.execute(
                f"INSERT INTO invoices VALUES ({', '.join('?' * 17)})",
                (
                    sid, invoice_id, new.subscription_id, new.customer_id, new.voucher_id, new.summary,
                    _exact.number(new.amount.sub_total), _exact.number(new.amount.discount_total),
                    _exact.number(new.amount.net_total), new.status, new.currency, f"{invoice_id[4:]}{sid}",
                    self._session_end() if new.status == "unpaid" else None,
                    new.due_at, new.paid_at, new.void_at, new.created_at,
                ),
            )  # fmt: skip
            self._db.executemany(
                "INSERT INTO items VALUES (?, ?, ?, ?, ?)",
                [
                    (sid, position, item.description, _exact.number(item.quantity), _exact.number(item.unit_price))
                    for position, item in enumerate(new.items)
                ],
            )
            found = self.invoice(invoice_id)
        assert found is not None
        return found

    def invoice(self, invoice_id: str) -> dict[str, object] | None:
        return self._one("i.id", invoice_id)

    def invoice_of_session(self, key: str) -> dict[str, object] | None:
        """The invoice that a checkout link is for, whether or not its session has expired."""
        return self._one("i.session_key", key)

    def _one(self, column: str, value: str) -> dict[str, object] | None:
        with self._lock:
            row = self._row(f"{_SELECT}WHERE {column} = ?", value)
            return None if row is None else self._written(row, timestamp(self._clock()))

    def invoices(
        self,
        *,
        resource_id: str | None = None,
        currency: str | None = None,
        status: str | None = None,
        limit: int = -1,
    ) -> list[dict[str, object]]:
        """The invoices that match, newest first; `limit=-1` returns all."""
        wanted: list[str] = []
        values: list[object] = []
        if resource_id is not None:
            wanted.append("(i.customer_id = ? OR i.subscription_id = ? OR i.voucher_id = ?)")
            values += [resource_id] * 3
        if currency is not None:
            wanted.append("i.currency = ?")
            values.append(currency)
        if status is not None:
            wanted.append("i.status = ?")
            values.append(status)
        where = f"WHERE {' AND '.join(wanted)} " if wanted else ""
        with self._lock:
            rows = self._db.execute(f"{_SELECT}{where}ORDER BY i.sid DESC LIMIT ?", (*values, limit)).fetchall()
        now = timestamp(self._clock())
        return [self._written(row, now) for row in rows]

    def _written(self, row: sqlite3.Row, now: str) -> dict[str, object]:
        return written(row, checkout_url=self.checkout_url, now=now)

    def _session_end(self) -> str:
        return timestamp(self._clock() + SESSION_LENGTH)

    def items(self, invoice_id: str) -> list[Item]:
        with self._lock:
            rows = self._db.execute(
                "SELECT t.* FROM items t JOIN invoices i ON i.sid = t.sid WHERE i.id = ? ORDER BY position",
                (invoice_id,),
            ).fetchall()
        return [Item(row["description"], Decimal(row["quantity"]), Decimal(row["unit_price"])) for row in rows]

    def count(self) -> int:
        with self._lock:
            row = self._row("SELECT count(*) AS n FROM invoices")
        return 0 if row is None else int(row["n"])

    def move(self, invoice_id: str, to: str, *, allowed: tuple[str, ...], now: str) -> None:
        """Change the status; raises `ValueError` for an unknown id or from a status that is not allowed."""
        with self.transaction():
            row = self._row("SELECT status FROM invoices WHERE id = ?", invoice_id)
            if row is None:
                raise ValueError(f"There is no invoice {invoice_id}.")
            if row["status"] not in allowed:
                hint = " issue() makes a draft unpaid." if row["status"] == "draft" else ""
                raise ValueError(
                    f"Invoice {invoice_id} is {row['status']} and cannot become {to}: "
                    f"only {' or '.join(allowed)} invoices can.{hint}"
                )
            stamp = {"paid": ", paid_at = :now", "void": ", void_at = :now", "unpaid": ", session_expires_at = :end"}
            set_also = stamp.get(to, "")
            self._db.execute(
                f"UPDATE invoices SET status = :to{set_also} WHERE id = :id",
                {"to": to, "now": now, "end": self._session_end(), "id": invoice_id},
            )
