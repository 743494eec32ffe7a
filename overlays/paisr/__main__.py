"""The command `paisr`."""

from __future__ import annotations

import sys
from collections.abc import Sequence

USAGE = """usage: paisr stub [--help]

commands:
  stub    run the stub of the service on this machine (needs paisr[stub])
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit status is 0 for success and 2 for a command that does not exist."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    if given[:1] == ["stub"]:
        return _stub(given[1:])
    if given and given[0] in {"-h", "--help"}:
        print(USAGE, end="")
        return 0
    print(USAGE, end="", file=sys.stderr)
    return 2


def _stub(arguments: list[str]) -> int:
    try:
        from paisr_stub.__main__ import main as run_stub
    except ModuleNotFoundError as error:
        print(error, file=sys.stderr)
        return 2
    return run_stub(arguments, prog="paisr stub")


if __name__ == "__main__":
    sys.exit(main())
