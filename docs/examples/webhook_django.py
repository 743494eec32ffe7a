import os

from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from paisr import WebhookError, webhooks


@csrf_exempt  # the signature shows who sent it
@require_POST
def receive(request: HttpRequest) -> HttpResponse:
    try:
        event = webhooks.verify(request.body, headers=request.headers, secret=os.environ["PAISR_WEBHOOK_SECRET"])
    except WebhookError as error:
        return HttpResponse(str(error), status=400)
    print(event.id, event.event)
    return HttpResponse(status=204)


urlpatterns = [path("webhooks/paisr", receive)]
