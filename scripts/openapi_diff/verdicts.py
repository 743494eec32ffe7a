"""What a change means for the users of this client: whether their code breaks, and which version it asks for.

A user's code breaks when the released client no longer works against a service that has moved, or when the code no
longer works with the client that is made from the new contract. What a version is, says Semantic Versioning.
"""

from __future__ import annotations

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


# By what changed and how; "*" is everything that is not named.
_REQUEST = {
    ("required property", "added"): _breaks("a request without it is refused"),
    ("required parameter", "added"): _breaks("a request without it is refused"),
    ("required property", "removed"): _breaks("calls that give it have nowhere to put it"),
    ("required parameter", "removed"): _breaks("calls that give it have nowhere to put it"),
    ("property", "added"): _minor("a call may leave it out"),
    ("parameter", "added"): _minor("a call may leave it out"),
    ("body", "added"): _minor("a call may leave it out"),
    ("required body", "added"): _breaks("a request without it is refused"),
    ("required", "widened"): _minor("calls that give it go on working"),
    ("required", "narrowed"): _breaks("a request without it is refused"),
    ("other fields", "widened"): _patch("this client sends no field that the contract does not name"),
    ("other fields", "narrowed"): _patch("this client sends no field that the contract does not name"),
    ("default", "*"): _patch("calls go on working; what is left out means something else"),
    ("how it is written", "*"): _breaks("what the released client sends is read in another way"),
    ("*", "added"): _breaks("what was accepted may be refused"),
    ("*", "removed"): _breaks("calls that give it have nowhere to put it"),
    ("*", "renamed"): _breaks("calls give it by its old name"),
    ("*", "widened"): _minor("what was accepted still is"),
    ("*", "narrowed"): _breaks("what was accepted may be refused"),
    ("*", "changed"): _breaks("what was accepted may be refused"),
}
_ANSWER = {
    ("required property", "added"): _minor("one more attribute"),
    ("property", "added"): _minor("one more attribute"),
    ("required", "widened"): _breaks(
        "an answer without it is refused by the released client, and code may not expect it"
    ),
    ("required", "narrowed"): _minor("code that allows for its absence goes on working"),
    ("null", "widened"): _breaks("null is refused by the released client, and code may not expect it"),
    ("null", "narrowed"): _minor("code that allows for null goes on working"),
    ("values", "widened"): _minor("an unknown value is kept as its text"),
    ("values", "narrowed"): _breaks("a value that code may name goes away from the enumeration"),
    ("open to any value", "widened"): _breaks("the enumeration that code may name goes away"),
    ("open to any value", "narrowed"): _minor("the values of an enumeration are texts, too"),
    ("type, of several", "narrowed"): _minor("code that allows for the other types goes on working"),
    ("type", "*"): _breaks("the value is of another type"),
    ("form", "*"): _breaks("the value is of another type"),
    ("alternative", "added"): _breaks("the value may be of another type"),
    ("alternative", "removed"): _minor("code that allows for it goes on working"),
    ("rule", "*"): _patch("the client does not check this rule in answers"),
    ("other fields", "*"): _patch("unknown fields are kept in the raw answer"),
    ("success", "added"): _minor("there is something to read"),
    ("success", "removed"): _breaks("there is nothing to read"),
    ("error", "*"): _patch("every error status has its exception, described or not"),
    ("status", "*"): _patch("the client takes any success"),
    ("*", "renamed"): _breaks("code reads it by its old name"),
    ("*", "removed"): _breaks("code that reads it finds nothing"),
    ("*", "*"): _breaks("code may not expect it"),
}
_OPERATION = {
    ("operation", "added"): _minor("one more method"),
    ("operation", "removed"): _breaks("the method has nothing to call"),
    ("servers", "*"): _patch("the base URL is part of the client, and can be set"),
    ("authorization", "removed"): _patch("a token that is not asked for does no harm"),
    ("authorization", "*"): _breaks("the released client shows who it is in another way"),
}
_ANYWHERE = {
    ("deprecation", "added"): _minor("it works, and is announced to go away"),
    ("deprecation", "removed"): _patch("it is there to stay"),
}
_TABLES = {"request": _REQUEST | _ANYWHERE, "answer": _ANSWER | _ANYWHERE, "operation": _OPERATION | _ANYWHERE}


def judge(side: str, what: str, kind: str) -> Verdict:
    """SIDE is "request", "answer" or "operation"."""
    table = _TABLES[side]
    places = ((what, kind), (what, "*"), ("*", kind), ("*", "*"))
    return next(table[place] for place in places if place in table)


def highest(releases: list[str]) -> str:
    """The version that a release with all these changes needs."""
    return max(releases, key=RELEASES.index, default="none")
