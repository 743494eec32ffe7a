"""Put the clients through every fault of tests/faults, and write docs/faults.md. Run by `make faults`.

python scripts/faults.py            the clients alone
python scripts/faults.py --peers    other libraries beside them (needs a package index the first time)
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def main() -> int:
    parser = argparse.ArgumentParser(description="Put the clients through every fault of tests/faults.")
    parser.add_argument("--peers", action="store_true", help="put other libraries through them, too")
    arguments = parser.parse_args()
    sys.path.insert(0, str(ROOT / "tests" / "faults"))
    import report  # from there

    return int(report.write(arguments.peers))


if __name__ == "__main__":
    sys.exit(main())
