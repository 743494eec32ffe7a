"""Every fault that the clients are tested with, as data."""

from __future__ import annotations

from declarations import Expect, Fault
from faults_bodies import BODIES
from faults_connecting import CONNECTING, LOCAL
from faults_statuses import RESPONSES
from faults_wire import WIRE

GROUPS: dict[str, list[Fault]] = {
    "Not sent": LOCAL,
    "Connecting": CONNECTING,
    "On the wire": WIRE,
    "Statuses": RESPONSES,
    "Bodies": BODIES,
}
CATALOGUE = [fault for faults in GROUPS.values() for fault in faults]
CASES: list[tuple[Fault, str, Expect]] = [
    (fault, operation, expected) for fault in CATALOGUE for operation, expected in fault.expects.items()
]
