"""Judges changes by their effect on the users of this client: the version that a change asks for, and why.

A major version is asked for when a user's code breaks: when the released client no longer works against a service that
has changed, or when the code no longer works with the client that is generated from the new contract.
"""

from __future__ import annotations

RELEASES = ("none", "patch", "minor", "major")
NONE, PATCH, MINOR, MAJOR = RELEASES
UNUSED = "new, not used here"
READ = {"response", "payload"}
"""The sides of an operation that the client reads; it sends the others."""

Verdicts = dict[tuple[str, str], tuple[str, str]]
_WITHOUT_REFUSED = MAJOR, "a request without it is refused"
_MAY_REFUSE = MAJOR, "values that were accepted may be refused"
_STILL_ACCEPTED = MINOR, "values that were accepted still are"
_MORE_TO_READ = MINOR, "there is more to read"
_OTHER_TYPE = MAJOR, "the value is of another type"
_OLD_ADDRESS = MAJOR, "the released client calls the old address"

# By the part that changed, and how it changed; "*" stands for everything else.
_ANYWHERE: Verdicts = {
    ("deprecated", "added"): (MINOR, "it works, but is going to be removed"),
    ("deprecated", "removed"): (PATCH, "it is not going to be removed"),
}
_SENT: Verdicts = _ANYWHERE | {
    ("required property", "added"): _WITHOUT_REFUSED,
    ("required parameter", "added"): _WITHOUT_REFUSED,
    ("required body", "added"): _WITHOUT_REFUSED,
    ("property", "added"): (MINOR, "a call may leave it out"),
    ("parameter", "added"): (MINOR, "a call may leave it out"),
    ("body", "added"): (MINOR, "a call may leave it out"),
    ("required", "widened"): (MINOR, "calls that give it go on working"),
    ("required", "narrowed"): _WITHOUT_REFUSED,
    ("other fields", "*"): (PATCH, "this client sends no field that the contract does not name"),
    ("default", "*"): (PATCH, "calls go on working; an argument that is left out has another meaning"),
    ("style", "*"): (MAJOR, "the service reads the released client's value in another way"),
    ("content", "added"): _STILL_ACCEPTED,
    ("content", "removed"): (MAJOR, "the service refuses the requests of the released client"),
    ("further content", "*"): (PATCH, "the client sends JSON"),
    ("writeOnly", "*"): (PATCH, "it is sent as before"),
    ("*", "added"): _MAY_REFUSE,
    ("*", "removed"): (MAJOR, "calls that give it fail"),
    ("*", "renamed"): (MAJOR, "calls give it by its old name"),
    ("*", "widened"): _STILL_ACCEPTED,
    ("*", "narrowed"): _MAY_REFUSE,
    ("*", "changed"): _MAY_REFUSE,
}
_READ: Verdicts = _ANYWHERE | {
    ("required property", "added"): _MORE_TO_READ,
    ("property", "added"): _MORE_TO_READ,
    ("required header", "added"): _MORE_TO_READ,
    ("header", "added"): _MORE_TO_READ,
    ("required", "widened"): (MAJOR, "the released client refuses its absence, and code may not expect it"),
    ("required", "narrowed"): (MINOR, "code that allows for its absence goes on working"),
    ("null", "widened"): (MAJOR, "the released client refuses null, and code may not expect it"),
    ("null", "narrowed"): (MINOR, "code that allows for null goes on working"),
    ("values", "widened"): (MINOR, "an unknown value is kept as its text"),
    ("values", "narrowed"): (MAJOR, "a value that code may use is no longer in the enumeration"),
    ("open to any value", "widened"): (MAJOR, "the enumeration that code may use is removed"),
    ("open to any value", "narrowed"): (MINOR, "the values of an enumeration are strings, too"),
    ("type, of several", "narrowed"): (MINOR, "code that allows for the other types goes on working"),
    ("type", "*"): _OTHER_TYPE,
    ("form", "*"): _OTHER_TYPE,
    ("alternative", "added"): (MAJOR, "the value may be of another type"),
    ("alternative", "removed"): (MINOR, "code that allows for it goes on working"),
    ("rule", "*"): (PATCH, "the client does not check this rule in responses"),
    ("other fields", "*"): (PATCH, "unknown fields are kept in the raw response"),
    ("content", "added"): _MORE_TO_READ,
    ("content", "removed"): (MAJOR, "there is nothing to read"),
    ("further content", "*"): (PATCH, "the client reads JSON"),
    ("error content", "*"): (PATCH, "every error status has its exception, described or not"),
    ("status", "*"): (PATCH, "the client takes any success"),
    ("readOnly", "*"): (PATCH, "it is read as before"),
    ("*", "renamed"): (MAJOR, "code reads it by its old name"),
    ("*", "removed"): (MAJOR, "code that reads it finds nothing"),
    ("*", "*"): (MAJOR, "code may not expect it"),
}
_OPERATION: Verdicts = _ANYWHERE | {
    ("*", UNUSED): (NONE, "the contract does not use it"),
    ("operation", "added"): (MINOR, "one more method"),
    ("operation", "removed"): (MAJOR, "the method has nothing to call"),
    ("operation id", "changed"): (MAJOR, "the method is named after it"),
    ("tag", "changed"): (MAJOR, "the client's attribute is named after it"),
    ("webhook", "added"): (MINOR, "one more event to receive"),
    ("webhook", "removed"): (MAJOR, "code that waits for it receives nothing"),
    ("server", "added"): (MINOR, "one more address to choose"),
    ("authorization", "removed"): (PATCH, "a token that is not needed does no harm"),
    ("authorization", "*"): (MAJOR, "the released client authorizes its calls in another way"),
    ("scopes", "widened"): (PATCH, "a token with more scopes than needed does no harm"),
    ("scopes", "*"): (MAJOR, "a token without the scope is refused"),
    ("values", "widened"): (MINOR, "one more address to choose"),
    ("open to any value", "widened"): (MINOR, "one more address to choose"),
    ("*", "*"): _OLD_ADDRESS,
}
# A webhook's payload is read, as a response is; the reply to it is sent, as a request is.
_TABLES = {"request": _SENT, "response": _READ, "payload": _READ, "reply": _SENT, "operation": _OPERATION}


def judge(side: str, what: str, kind: str) -> tuple[str, str]:
    """The release that a change asks for, and why. SIDE is "request", "response", "payload", "reply" or "operation"."""
    table = _TABLES[side]
    places = ((what, kind), (what, "*"), ("*", kind), ("*", "*"))
    return next(table[place] for place in places if place in table)


def highest(releases: list[str]) -> str:
    """The version that a release with all these changes needs."""
    return max(releases, key=RELEASES.index, default=NONE)
