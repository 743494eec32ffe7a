import os

from flask import Flask, request

from paisr import WebhookError, webhooks

app = Flask(__name__)


@app.post("/webhooks/paisr")
def receive() -> tuple[str, int]:
    try:
        event = webhooks.verify(request.get_data(), headers=request.headers, secret=os.environ["PAISR_WEBHOOK_SECRET"])
    except WebhookError as error:
        return str(error), 400
    print(event.id, event.event)
    return "", 204
