import os

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from paisr import WebhookError, webhooks


async def receive(request: Request) -> Response:
    try:
        event = webhooks.verify(
            await request.body(), headers=request.headers, secret=os.environ["PAISR_WEBHOOK_SECRET"]
        )
    except WebhookError as error:
        return PlainTextResponse(str(error), 400)
    print(event.id, event.event)
    return Response(status_code=204)


app = Starlette(routes=[Route("/webhooks/paisr", receive, methods=["POST"])])
