"""Say what changed between the contract and another OpenAPI 3 document: `make contract-diff WITH=other.yaml`.

    python scripts/contract_diff.py other.yaml            from the contract to another, such as a vendor's own
    python scripts/contract_diff.py --from previous.yaml  from an earlier contract to the contract
    --format json                                         for a program

Exit status: 0 when nothing changed that asks for more than a patch version, 1 for a minor and 2 for a major version, 64
when a document cannot be compared. A rename is a guess; everything else is what the two documents say.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import NoReturn

from openapi_diff.comparing import compare_files
from openapi_diff.reading import UnreadableError
from openapi_diff.reporting import as_json, as_text

CONTRACT = Path(os.path.relpath(Path(__file__).resolve().parent.parent / "openapi" / "paisr-invoices.yaml"))
STATUS = {"none": 0, "patch": 0, "minor": 1, "major": 2}
UNUSABLE = 64


class Parser(argparse.ArgumentParser):
    """argparse ends with 2 on a wrong option, which is the status of a major change here."""

    def error(self, message: str) -> NoReturn:
        self.exit(UNUSABLE, f"{message}; --help says how.\n")


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; returns the exit status."""
    parser = Parser(description="Say what changed between the contract and another OpenAPI 3 document.")
    parser.add_argument("other", type=Path, nargs="?", help="the document that the contract is compared with")
    parser.add_argument("--from", dest="previous", type=Path, help="an earlier contract, instead of OTHER")
    parser.add_argument("--format", choices=("text", "json"), default="text")
    options = parser.parse_args(arguments)
    if (options.other is None) == (options.previous is None):
        parser.error("one other document is needed")
    before, after = (options.previous, CONTRACT) if options.previous else (CONTRACT, options.other)
    try:
        report = compare_files(before, after, both=options.previous is not None)
    except UnreadableError as error:
        print(error, file=sys.stderr)
        return UNUSABLE
    print(as_json(report) if options.format == "json" else as_text(report))
    return STATUS[report.release]


if __name__ == "__main__":
    sys.exit(main())
