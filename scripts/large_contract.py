"""Generate a package from a contract with a hundred operations, to measure the cost of a large contract.

python scripts/large_contract.py FOLDER       write FOLDER/paisr_generated
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

import generate

OPERATIONS = 100


def large() -> dict[str, Any]:
    """The contract, with copies of its paths and schemas under new names, up to a hundred operations."""
    document = generate.read_document(generate.CONTRACT)
    own = json.dumps({"paths": document["paths"], "schemas": document["components"]["schemas"]})
    names = sorted(document["components"]["schemas"])
    for number in range(2, OPERATIONS):
        text = re.sub(rf'"({"|".join(names)})"', rf'"\g<1>{number}"', own)
        text = re.sub(rf'/({"|".join(names)})"', rf'/\g<1>{number}"', text)
        text = re.sub(r"(create|list|get)(Invoices?)\b", rf"\g<1>{number}\g<2>", text)
        text = text.replace('"/invoices', f'"/{number}/invoices').replace(
            '"tags": ["invoices"]', f'"tags": ["part {number}"]'
        )
        copied = json.loads(text)
        document["components"]["schemas"] |= copied["schemas"]
        for path, item in copied["paths"].items():
            missing = OPERATIONS - sum(map(len, document["paths"].values()))
            document["paths"][path] = dict(list(item.items())[:missing])
        if missing <= len(item):
            break
    return document


if __name__ == "__main__":
    target = Path(sys.argv[1]) / "paisr_generated"
    generate.build(large(), target)
