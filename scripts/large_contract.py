"""A contract of a hundred operations, and the package that it makes: what a large service costs.

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
    """Our contract, and its paths and schemas again and again, under names of their own, up to a hundred operations."""
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
            room = OPERATIONS - sum(map(len, document["paths"].values()))
            document["paths"][path] = dict(list(item.items())[:room])
        if room <= len(item):
            break
    return document


if __name__ == "__main__":
    target = Path(sys.argv[1]) / "paisr_generated"
    generate.build(large(), target)
