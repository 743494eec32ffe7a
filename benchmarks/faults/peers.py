"""Makes one call of another library, in its own environment and a fresh process, and prints the result as JSON.

Run as `peers.py PEER`, with a JSON object on stdin: `operation` ("get" or "create"), `base_url`, `token`, `proxy`,
`ca`, `resolver`, `warm`, `create` (the arguments of a create) and `canaries` (texts that must not be shown). Each
library is used as its documentation shows, with its own retries, and a time-out of two seconds.
"""

from __future__ import annotations

import json
import logging
import pickle
import resource
import socket
import sys
import threading
import time
import traceback
from collections.abc import Callable
from typing import Any

SECONDS = 2.0
Call = Callable[[str, str], Any]  # operation, invoice id


def stripe(job: dict[str, Any]) -> tuple[Call, str]:
    import stripe as library

    root = job["base_url"].removesuffix("/v2")
    http = library.RequestsClient(
        timeout=SECONDS, verify_ssl_certs=True, proxy=job["proxy"] and {"https": job["proxy"], "http": job["proxy"]}
    )
    if job["ca"]:
        library.ca_bundle_path = job["ca"]
    client = library.StripeClient(job["token"], base_addresses={"api": root}, http_client=http)

    def call(operation: str, invoice_id: str) -> Any:
        if operation == "get":
            response = client.raw_request("get", f"/v2/invoices/{invoice_id}")
        else:
            response = client.raw_request("post", "/v2/invoices", **job["create"])
        return client.deserialize(response, api_mode="V2")["data"]["id"]

    return call, "stripe"


def openai(job: dict[str, Any]) -> tuple[Call, str]:
    import ssl

    import httpx
    import openai as library

    class Data(library.BaseModel):
        id: str
        status: str

    class Response(library.BaseModel):
        success: bool
        data: Data

    verify = ssl.create_default_context(cafile=job["ca"]) if job["ca"] else True
    client = library.OpenAI(
        api_key=job["token"],
        base_url=job["base_url"],
        timeout=SECONDS,
        http_client=library.DefaultHttpxClient(verify=verify, proxy=job["proxy"] and httpx.Proxy(job["proxy"])),
    )

    def call(operation: str, invoice_id: str) -> Any:
        if operation == "get":
            return client.get(f"/invoices/{invoice_id}", cast_to=Response).data.id
        return client.post("/invoices", body=job["create"], cast_to=Response).data.id

    return call, "openai"


def stock(job: dict[str, Any]) -> tuple[Call, str]:
    import ssl

    import httpx
    from stock_client.api.invoices import create_invoice, get_invoice
    from stock_client.client import AuthenticatedClient
    from stock_client.models import CreateInvoiceRequest, ErrorResponse

    client = AuthenticatedClient(
        base_url=job["base_url"],
        token=job["token"],
        timeout=httpx.Timeout(SECONDS),
        verify_ssl=ssl.create_default_context(cafile=job["ca"]) if job["ca"] else True,
        httpx_args={"proxy": job["proxy"]} if job["proxy"] else {},
    )

    def call(operation: str, invoice_id: str) -> Any:
        if operation == "get":
            response = get_invoice.sync(invoice_id, client=client)
        else:
            response = create_invoice.sync(client=client, body=CreateInvoiceRequest.from_dict(job["create"]))
        if isinstance(response, ErrorResponse):
            return "(a typed error response)"
        return None if response is None else response.data.id

    return call, "stock_client"


PEERS = {"stripe": stripe, "openai": openai, "stock": stock}


def patch_resolver(kind: str) -> None:
    usual = socket.getaddrinfo

    def look_up(host: Any, *arguments: Any, **options: Any) -> Any:
        if not str(host).endswith(".invalid"):
            return usual(host, *arguments, **options)
        if kind == "hangs":
            threading.Event().wait(60)
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    if kind:
        socket.getaddrinfo = look_up


def peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def displayed(error: BaseException, canaries: list[str]) -> bool:
    """Whether a secret is in an error's message, its attributes or its traceback."""
    text = f"{error!r} {error!s} {error.__dict__!r} {''.join(traceback.format_exception(error))}"
    return any(canary in text for canary in canaries)


def in_pickle(error: BaseException, canaries: list[str]) -> bool:
    try:
        text = pickle.dumps(error).decode("latin-1")
    except Exception:
        return False
    return any(canary in text for canary in canaries)


def in_locals(error: BaseException, canaries: list[str]) -> bool:
    """Whether an error tracker that records the library's local variables would have a secret."""
    try:
        recorded = traceback.TracebackException.from_exception(error, capture_locals=True)
    except Exception:
        return False
    # The frames of this file belong to the caller, who has the secrets anyway.
    recorded.stack[:] = [frame for frame in recorded.stack if frame.filename != __file__]
    return any(canary in "".join(recorded.stack.format()) for canary in canaries)


def main() -> None:
    job = json.load(sys.stdin)
    patch_resolver(job["resolver"])
    logging.disable()
    call, family = PEERS[sys.argv[1]](job)
    if job["warm"]:
        try:
            call("get", "inv_warm")
        except Exception as error:
            logging.debug("the warming-up: %r", error)
        time.sleep(0.03)
    before = peak()
    print("ready", flush=True)
    result: dict[str, Any] = {}
    try:
        result["value"] = call(job["operation"], "inv_123")
    except Exception as error:
        result["error"] = type(error).__name__
        result["own"] = type(error).__module__.partition(".")[0] == family
        result["shown"] = displayed(error, job["canaries"])
        result["pickle"] = in_pickle(error, job["canaries"])
        result["locals"] = in_locals(error, job["canaries"])
    result["grown"] = peak() - before
    print(json.dumps(result, default=repr), flush=True)


if __name__ == "__main__":
    main()
