import os

from fastapi import FastAPI, HTTPException, Request

from paisr import WebhookError, webhooks

app = FastAPI()


@app.post("/webhooks/paisr", status_code=204)
async def receive(request: Request) -> None:  # not a model: the raw bytes are what was signed
    try:
        event = webhooks.verify(
            await request.body(), headers=request.headers, secret=os.environ["PAISR_WEBHOOK_SECRET"]
        )
    except WebhookError as error:
        raise HTTPException(400, str(error)) from None
    print(event.id, event.event)
