"""Report the changes between two OpenAPI 3 documents. A document that is not given is the contract.

    make contract-diff WITH=other.yaml              from the contract to another, such as the vendor's own
    make contract-diff FROM=previous.yaml           from an earlier contract to the contract
    make contract-diff FROM=old.yaml WITH=new.yaml  from any document to any other
    make contract-diff WITH=other.yaml RECORD=1     record the differences as known: in openapi/known-differences.txt

Known differences are counted and not listed (ALL=1 lists them). For comparisons from the contract they are in
openapi/known-differences.txt; BASELINE=file names the file for another pair of documents. FORMAT=json prints JSON.

Exit status: 1 when the changes ask for a minor version, 2 for a major version, 0 for less, 64 when a document cannot be
compared. A rename is a guess; every other change is certain.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import NoReturn

from openapi_diff.baseline import compare_with, record
from openapi_diff.comparing import compare_files
from openapi_diff.reading import UnreadableError
from openapi_diff.reporting import as_json, as_text, count

OPENAPI = Path(os.path.relpath(Path(__file__).resolve().parent.parent / "openapi"))
CONTRACT = OPENAPI / "paisr-invoices.yaml"
BASELINE = OPENAPI / "known-differences.txt"
EXIT_STATUS = {"none": 0, "patch": 0, "minor": 1, "major": 2}
EXIT_UNUSABLE = 64


class Parser(argparse.ArgumentParser):
    """A parser that exits with 64 on a wrong option: argparse exits with 2, which means a major change here."""

    def error(self, message: str) -> NoReturn:
        self.exit(EXIT_UNUSABLE, f"{message}; see --help.\n")


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; returns the exit status."""
    options = _options(arguments)
    try:
        return _compare(options)
    except UnreadableError as error:
        print(error, file=sys.stderr)
        return EXIT_UNUSABLE


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = Parser(description="Report the changes between two OpenAPI 3 documents.")
    parser.add_argument("--from", dest="before", type=Path, help="the first document; the contract when not given")
    parser.add_argument("--with", dest="after", type=Path, help="the second document; the contract when not given")
    parser.add_argument("--baseline", type=Path, help="the known differences between the two documents")
    parser.add_argument("--record", action="store_true", help="write the known differences")
    parser.add_argument("--all", action="store_true", help="list the known differences, too")
    parser.add_argument("--format", choices=("text", "json"), default="text")
    options = parser.parse_args(arguments)
    if options.before is None and options.after is None:
        parser.error("name another document, as in WITH=other.yaml or FROM=previous.yaml")
    if options.baseline and not options.record and not options.baseline.exists():
        parser.error(f"the list of known differences {options.baseline} does not exist; RECORD=1 writes it")
    if options.before is None and options.baseline is None:
        options.baseline = BASELINE
    if options.record and options.baseline is None:
        parser.error("name the list of known differences between these two documents, as in BASELINE=file")
    return options


def _compare(options: argparse.Namespace) -> int:
    report = compare_files(options.before or CONTRACT, options.after or CONTRACT, subset=options.before is None)
    if options.record:
        number = record(options.baseline, report)
        print(f"{options.baseline}: recorded {count(number, 'known difference')}.")
        return 0
    if options.baseline and not options.all:
        report = compare_with(options.baseline, report)
    print(as_json(report) if options.format == "json" else as_text(report))
    return EXIT_STATUS[report.release]


if __name__ == "__main__":
    sys.exit(main())
