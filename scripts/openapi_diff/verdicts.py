"""What a change means for the users of this client: whether their code breaks, and which version it asks for.

A user's code breaks when the released client no longer works against a service that has changed, or when the code no
longer works with the client that is generated from the new contract. Versions are those of Semantic Versioning.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

RELEASES = ("none", "patch", "minor", "major")


class Verdict(NamedTuple):
    breaks: bool
    release: str
    why: str


def _breaks(why: str) -> Verdict:
    return Verdict(True, "major", why)


def _minor(why: str) -> Verdict:
    return Verdict(False, "minor", why)


def _patch(why: str) -> Verdict:
    return Verdict(False, "patch", why)


_WITHOUT_REFUSED = _breaks("a request without it is refused")
_NOWHERE = _breaks("calls that give it have nowhere to put it")
_OPTIONAL = _minor("a call may leave it out")
_MAY_REFUSE = _breaks("what was accepted may be refused")

# By what changed and how; "*" is everything that is not named.
_SENT = {
    ("required property", "added"): _WITHOUT_REFUSED,
    ("required parameter", "added"): _WITHOUT_REFUSED,
    ("required body", "added"): _WITHOUT_REFUSED,
    ("property", "added"): _OPTIONAL,
    ("parameter", "added"): _OPTIONAL,
    ("body", "added"): _OPTIONAL,
    ("required", "widened"): _minor("calls that give it go on working"),
    ("required", "narrowed"): _WITHOUT_REFUSED,
    ("other fields", "*"): _patch("this client sends no field that the contract does not name"),
    ("default", "*"): _patch("calls go on working; what is left out means something else"),
    ("style", "*"): _breaks("what the released client sends is read in another way"),
    ("content", "added"): _minor("what was accepted still is"),
    ("content", "removed"): _breaks("what the released client sends is refused"),
    ("further content", "*"): _patch("the client sends JSON"),
    ("writeOnly", "*"): _patch("it is sent as before"),
    ("*", "added"): _MAY_REFUSE,
    ("*", "removed"): _NOWHERE,
    ("*", "renamed"): _breaks("calls give it by its old name"),
    ("*", "widened"): _minor("what was accepted still is"),
    ("*", "narrowed"): _MAY_REFUSE,
    ("*", "changed"): _MAY_REFUSE,
}
_MORE_TO_READ = _minor("one more attribute")
_OTHER_TYPE = _breaks("the value is of another type")
_READ = {
    ("required property", "added"): _MORE_TO_READ,
    ("property", "added"): _MORE_TO_READ,
    ("required header", "added"): _minor("one more header to read"),
    ("header", "added"): _minor("one more header to read"),
    ("required", "widened"): _breaks("the released client refuses a response without it, and code may not expect one"),
    ("required", "narrowed"): _minor("code that allows for its absence goes on working"),
    ("null", "widened"): _breaks("the released client refuses null, and code may not expect it"),
    ("null", "narrowed"): _minor("code that allows for null goes on working"),
    ("values", "widened"): _minor("an unknown value is kept as its text"),
    ("values", "narrowed"): _breaks("a value that code may name goes away from the enumeration"),
    ("open to any value", "widened"): _breaks("the enumeration that code may name goes away"),
    ("open to any value", "narrowed"): _minor("the values of an enumeration are texts, too"),
    ("type, of several", "narrowed"): _minor("code that allows for the other types goes on working"),
    ("type", "*"): _OTHER_TYPE,
    ("form", "*"): _OTHER_TYPE,
    ("alternative", "added"): _breaks("the value may be of another type"),
    ("alternative", "removed"): _minor("code that allows for it goes on working"),
    ("rule", "*"): _patch("the client does not check this rule in responses"),
    ("other fields", "*"): _patch("unknown fields are kept in the raw response"),
    ("content", "added"): _minor("there is something to read"),
    ("content", "removed"): _breaks("there is nothing to read"),
    ("further content", "*"): _patch("the client reads JSON"),
    ("error content", "*"): _patch("every error status has its exception, described or not"),
    ("status", "*"): _patch("the client takes any success"),
    ("readOnly", "*"): _patch("it is read as before"),
    ("*", "renamed"): _breaks("code reads it by its old name"),
    ("*", "removed"): _breaks("code that reads it finds nothing"),
    ("*", "*"): _breaks("code may not expect it"),
}
_OPERATION = {
    ("*", "new, not used here"): Verdict(False, "none", "the contract does not use it"),
    ("operation", "added"): _minor("one more method"),
    ("operation", "removed"): _breaks("the method has nothing to call"),
    ("webhook", "added"): _minor("one more event to receive"),
    ("webhook", "removed"): _breaks("code that waits for it receives nothing"),
    ("operation id", "changed"): _breaks("the method is named after it"),
    ("server", "added"): _minor("one more address to choose"),
    ("server", "*"): _breaks("the released client calls the address that was"),
    ("default", "*"): _breaks("the released client calls the address that was"),
    ("values", "widened"): _minor("one more address to choose"),
    ("values", "*"): _breaks("an address that code may choose goes away"),
    ("authorization", "removed"): _patch("a token that is not asked for does no harm"),
    ("authorization", "*"): _breaks("the released client shows who it is in another way"),
    ("scopes", "widened"): _patch("a token with more scopes than are asked for does no harm"),
    ("scopes", "*"): _breaks("a token without the scope is refused"),
}
_ANYWHERE = {
    ("deprecated", "added"): _minor("it works, and is announced to go away"),
    ("deprecated", "removed"): _patch("it is there to stay"),
}
# A webhook's payload is read as a response is, and what it is replied to with is sent as a request is.
_TABLES = {
    "request": _SENT | _ANYWHERE,
    "response": _READ | _ANYWHERE,
    "payload": _READ | _ANYWHERE,
    "reply": _SENT | _ANYWHERE,
    "operation": _OPERATION | _ANYWHERE,
}
READ = {"response", "payload"}
"""The sides that the client reads; it sends the others."""


def judge(side: str, what: str, kind: str) -> Verdict:
    """The verdict on a change of one side: "request", "response", "payload", "reply" or "operation"."""
    table = _TABLES[side]
    places = ((what, kind), (what, "*"), ("*", kind), ("*", "*"))
    return next(table[place] for place in places if place in table)


def highest(releases: Iterable[str]) -> str:
    """The version that a release with all these changes needs."""
    return max(releases, key=RELEASES.index, default="none")
