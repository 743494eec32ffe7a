"""A receiver of webhooks that notes each payment once, in SQLite. Run with `flask --app flask_webhook run`."""

import os
import sqlite3

from flask import Flask, request

from paisr import WebhookError, webhooks

app = Flask(__name__)


def database() -> sqlite3.Connection:
    connection = sqlite3.connect(os.environ["PAYMENTS_DB"])
    connection.execute("CREATE TABLE IF NOT EXISTS payments (invoice TEXT PRIMARY KEY, at TEXT NOT NULL)")
    return connection


@app.post("/webhooks/paisr")
def receive() -> tuple[str, int]:
    try:
        # The raw bytes: what Flask has parsed as JSON is not what was signed.
        event = webhooks.verify(request.get_data(), headers=request.headers, secret=os.environ["PAISR_WEBHOOK_SECRET"])
    except WebhookError as error:
        return f"{error}\n", 400
    if event.event == webhooks.INVOICE_PAID:
        with database() as connection:
            # A delivery can be repeated; the primary key makes the second one do nothing.
            connection.execute("INSERT OR IGNORE INTO payments VALUES (?, ?)", (event.id, event.timestamp.isoformat()))
        connection.close()
    return "", 204
