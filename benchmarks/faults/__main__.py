"""Writes docs/faults.md: the result of every fault with our clients and, on request, with other libraries.

Run by `make faults`, with the server and the catalogue of tests/faults. With ``--peers``, other libraries meet the same
faults. They have their own environment (requirements/peers.txt, in build/) and a process for each fault.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from catalogue import GROUPS
from declarations import CREATE, Expect, Fault
from harness import CANARIES, COLUMNS, OVER, Observed, trial
from server import FaultServer

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
DOCUMENT = ROOT / "docs" / "faults.md"
BUILD = ROOT / "build" / "peers"
PYTHON = BUILD / "venv" / "bin" / "python"
PEERS = {"stripe": "stripe", "openai": "openai (Stainless)", "stock": "generated, stock"}
LIMIT = 15.0  # seconds until a peer's call counts as hanging
LARGE = 50 * 10**6


def run(*command: object, **options: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run([str(part) for part in command], check=True, text=True, **options)


def prepare_peers() -> None:
    """Make the environment of the other libraries, and the stock client, without this project's templates."""
    if not PYTHON.exists():
        run(sys.executable, "-m", "venv", BUILD / "venv")
        run(PYTHON, "-m", "pip", "install", "-q", "--require-hashes", "-r", ROOT / "requirements" / "peers.txt")
    config = BUILD / "stock.yaml"
    config.write_text("package_name_override: stock_client\npost_hooks: []\n")
    generator = Path(sys.executable).with_name("openapi-python-client")
    options = ["--meta", "none", "--overwrite", "--config", config, "--output-path", BUILD / "stock_client"]
    run(generator, "generate", "--path", ROOT / "openapi" / "paisr-invoices.yaml", *options, capture_output=True)


def operation_for_peers(group: str, fault: Fault) -> str:
    """The operation to call: a create, whose outcome matters; a read when the fault is in the body of a response."""
    wanted = "get" if group == "Bodies" else "create"
    return wanted if wanted in fault.expects else next(iter(fault.expects))


def peer_verdict(peer: str, fault: Fault, operation: str) -> str:
    """The verdict on another library for a fault, in the words of the table."""
    tls = fault.tls() if fault.tls else None
    with FaultServer(fault.behave, tls=tls, receive_buffer=fault.receive_buffer) as server:
        target = fault.arrange(server)
        job = {
            "operation": operation,
            "base_url": target.base_url,
            "token": target.token,
            "proxy": target.proxy,
            "ca": target.ca,
            "resolver": target.resolver,
            "warm": fault.warm,
            "create": dict(fault.arguments or CREATE),
            "canaries": list(CANARIES),
        }
        child = subprocess.Popen(
            [PYTHON, HERE / "peers.py", peer],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={"PYTHONPATH": str(BUILD), "PATH": "/usr/bin:/bin"},
        )
        try:
            output, errors = child.communicate(json.dumps(job), timeout=LIMIT + 5)  # five for the imports
        except subprocess.TimeoutExpired:
            child.kill()
            child.communicate()
            return "**hang**"
        lines = output.splitlines()
        if len(lines) < 2:
            return f"**dies** ({errors.strip().splitlines()[-1][:60] if errors else child.returncode})"
        posts = server.count("POST") if operation == "create" else 0
        astray = len(server.elsewhere.requests) if server.elsewhere else 0
        return judged(json.loads(lines[-1]), fault.expects[operation], posts, astray)


def judged(seen: dict[str, Any], expected: Expect, posts: int, astray: int) -> str:
    """`clean`, or everything that was wrong, by the rules in `PEER_RULES`."""
    wrong: list[str] = []
    notes: list[str] = []
    if "error" in seen and not seen["own"]:
        wrong.append(f"**foreign exception** {seen['error']}")
    if "value" in seen and seen["value"] != (expected.result or "(a typed error response)"):
        wrong.append("**silent value**")
    if posts > 1 and expected.requests <= 1:
        wrong.append(f"**second POST** ({posts})")
    if astray:
        wrong.append("**sent to another host**")
    if seen.get("shown"):
        wrong.append("**token shown**")
    notes += [f"token in {place}" for place in ("pickle", "locals") if seen.get(place)]
    if seen["grown"] > LARGE:
        notes.append(f"+{seen['grown'] // 10**6} MB")
    return ", ".join([*(wrong or ["clean"]), *notes])


def our_cell(observed: Observed, expected: Expect) -> str:
    """The result of a call of our clients; marked when the catalogue expects another."""
    wrong = not observed.matches(expected) or not observed.is_ours or observed.overrun >= OVER
    ended = f"{observed.error}, {observed.outcome}" if observed.error else "result"
    marks = ["**not as expected**"] * wrong + ["**token shown**"] * bool(observed.shown)
    return "; ".join([f"{ended}, {observed.requests}", *marks])


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> list[str]:
    head = list(head)
    return ["| " + " | ".join(line) + " |" for line in [head, ["---"] * len(head), *map(list, rows)]]


def our_tables() -> list[str]:
    """The totals, and a table for each group of faults."""
    lines: list[str] = []
    counts: Counter[str] = Counter()
    longest = 0.0
    for group, faults in GROUPS.items():
        rows = []
        for fault in faults:
            for operation, expected in fault.expects.items():
                seen = [trial(column, fault, operation) for column in COLUMNS]
                cells = [our_cell(one, expected) for one in seen]
                longest = max(longest, *(one.overrun for one in seen))
                counts["calls"] += len(cells)
                counts["unexpected"] += sum("**not" in cell for cell in cells)
                counts["sinks"] += sum(len(one.shown) for one in seen)
                rows.append([fault.name, operation, *cells])
        lines += ["", f"### {group}", "", *table(["fault", "call", *COLUMNS], rows)]
    faults_in_all = sum(map(len, GROUPS.values()))
    return [
        f"{faults_in_all} faults, {counts['calls']} calls: {counts['unexpected']} not as expected; "
        f"a secret in {counts['sinks']} places; no call outlived its deadline by more than {longest:.2f} s.",
        *lines,
    ]


def our_verdict(fault: Fault, operation: str) -> str:
    """The verdict on our client, by the same rules as for other libraries."""
    expected, seen = fault.expects[operation], trial("Paisr", fault, operation)
    values = {"value": seen.result} if seen.result else {"error": seen.error, "own": seen.is_ours}
    posts = seen.requests if operation == "create" else 0
    verdict = judged(values | {"shown": seen.shown, "grown": 0}, expected, posts, seen.astray)
    return "**hang**" if seen.overrun > LIMIT else verdict


def peer_tables() -> list[str]:
    prepare_peers()
    chosen = [
        (fault, operation_for_peers(group, fault))
        for group, faults in GROUPS.items()
        for fault in faults
        if fault.peers
    ]
    cases = [(peer, fault, operation) for fault, operation in chosen for peer in PEERS]
    with ThreadPoolExecutor(4) as pool:
        theirs = iter(list(pool.map(lambda case: peer_verdict(*case), cases)))
    names = ["paisr", *PEERS.values()]
    rows = [
        [fault.name, operation, our_verdict(fault, operation), *(next(theirs) for _ in PEERS)]
        for fault, operation in chosen
    ]
    columns = range(2, 2 + len(names))
    totals = [[word, *(str(sum(word in row[column] for row in rows)) for column in columns)] for word in WORDS]
    summed = table([f"of {len(rows)} faults", *names], totals)
    return [*PEER_RULES, *summed, "", *table(["fault", "call", *names], rows)]


WORDS = (
    "clean",
    "foreign exception",
    "hang",
    "dies",
    "silent value",
    "second POST",
    "another host",
    "token shown",
    "token in pickle",
    "token in locals",
)
PEER_RULES = [
    "One call for each fault that does not depend on this client's own arguments and settings, in a fresh process.",
    f"After {LIMIT:g} s it counts as `hang`. `clean`: the right result, or an error of the library, and nothing else.",
    "`foreign exception`: an exception of another library, which the caller does not expect. `silent value`: a wrong",
    "result, or a result instead of an error. `second POST`: a create was sent again although the first may have",
    "succeeded. `token shown`: the error's message, attributes or traceback has the token. Noted, but not counted",
    "against another library: a token in the pickled error, a token in the local variables that an error tracker would",
    "record, and memory that grew by more than 50 MB. Each library is used as its documentation shows, with its own",
    "retries and a time-out of two seconds; stripe and openai by their methods for raw requests.",
    "",
]
HEAD = [
    "# Faults",
    "",
    "The behaviour of the clients when the service, the network or the caller fails. Written by `make faults` (the",
    "part about other libraries by `make faults PEERS=1`) from the catalogue in `tests/faults`: a server on raw",
    "sockets produces each fault, and the result of the call is recorded here.",
    "",
    "## The clients",
    "",
    "Each cell has the error and its outcome, or the word result; then the number of requests that reached the server.",
    "It receives a create more than once only after it has responded with 429.",
    "",
]
PEERS_HEAD = "## Other libraries"


def write(with_peers: bool) -> int:
    """Write the document. Without `with_peers`, the part about other libraries is kept. Returns the exit status."""
    lines = [*HEAD, *our_tables(), ""]
    known = DOCUMENT.read_text() if DOCUMENT.exists() else ""
    kept = known.partition(PEERS_HEAD)[2]
    text = "\n".join(lines)
    if with_peers:
        kept = "\n".join(["", "", *peer_tables(), ""])
    if kept:
        text += f"\n{PEERS_HEAD}{kept}"
    print(text)
    DOCUMENT.parent.mkdir(exist_ok=True)
    DOCUMENT.write_text(text)
    return 1 if "**not as expected**" in text else 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Run every fault of tests/faults with our clients.")
    parser.add_argument("--peers", action="store_true", help="run the faults with other libraries, too")
    sys.exit(write(parser.parse_args().peers))
