"""The command `paisr`: `paisr stub`, and the commands of the extra `paisr[cli]`."""

from __future__ import annotations

import sys
from collections.abc import Sequence

USAGE = """usage: paisr stub [--help]

commands:
  stub    run the stub of the service on this machine (needs paisr[stub])

The other commands need {missing}: install paisr[cli].
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status: 2 for a command that is not installed."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    if given[:1] == ["stub"]:
        return run_stub(given[1:])
    try:
        from paisr_cli._app import main as run
    except ModuleNotFoundError as error:
        if given and given[0] in {"-h", "--help"}:
            print(USAGE.format(missing=error.name), end="")
            return 0
        print(f"{' '.join(['paisr', *given[:1]])} needs {error.name}: install paisr[cli].", file=sys.stderr)
        return 2
    return run(given)


def run_stub(arguments: list[str]) -> int:
    """Run `paisr stub` until Ctrl-C."""
    try:
        from paisr_stub.__main__ import main as run
    except ModuleNotFoundError as error:
        print(error, file=sys.stderr)
        return 2
    return run(arguments, prog="paisr stub")


if __name__ == "__main__":
    sys.exit(main())
