"""What the site has beside the files of docs/: pages made from the contract, the package, and other folders.

A hook of mkdocs (`mkdocs.yml`). Pages of the repository that live elsewhere keep their place there, and links to and
from them lead to their pages of the site.
"""

from __future__ import annotations

import posixpath
import re
import sys
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files

sys.path.insert(0, str(Path(__file__).resolve().parent))

from commands_page import commands_page
from contract_page import contract_page

import paisr

ROOT = Path(__file__).resolve().parent.parent
# Where a page of the site has its text from, by its place in the repository.
ELSEWHERE = {
    "CHANGELOG.md": "changelog.md",
    "CONTRIBUTING.md": "contributing.md",
    "SECURITY.md": "security.md",
    "benchmarks/RESULTS.md": "benchmark-results.md",
    "cli/paisr_cli/_app.py": "reference/commands.md",
    "openapi/PROVENANCE.md": "provenance.md",
    "openapi/paisr-invoices.yaml": "contract.md",
}
LINK = re.compile(r"\]\((?!\w+:|#)([^)#\s]+)")
MODELS = """# Models

What responses are read as, and the enumerations. Made from the [contract](../../openapi/paisr-invoices.yaml): a field
that is added there appears here. Every model is immutable; an absent field and one that is null are both `None`.
"""


def on_files(files: Files, config: Any) -> Files:
    """Add the pages that no file of docs/ holds."""
    made = {page: (ROOT / place).read_text(encoding="utf-8") for place, page in ELSEWHERE.items()}
    made["contract.md"] = contract_page(made["contract.md"])
    made["reference/models.md"] = "\n".join([MODELS, *(f"::: paisr.{name}\n" for name in _names_without_a_page())])
    made["reference/commands.md"] = commands_page()
    for page, text in made.items():
        files.append(File.generated(config, page, content=text))
    return files


def _names_without_a_page() -> list[str]:
    """The names of `paisr` that no page of docs/reference describes: those of the contract, and any that is new."""
    pages = (page.read_text(encoding="utf-8") for page in (ROOT / "docs" / "reference").glob("*.md"))
    described = {name for text in pages for name in re.findall(r"^::: paisr\.(\w+)", text, re.MULTILINE)}
    return [name for name in paisr.__all__ if name not in described | {"__version__"}]


def on_page_markdown(markdown: str, page: Any, **_rest: Any) -> str:
    """Turn links between places of the repository into links between pages of the site."""
    here = page.file.src_uri
    source = next((place for place, name in ELSEWHERE.items() if name == here), f"docs/{here}")

    def on_site(match: re.Match[str]) -> str:
        place = posixpath.normpath(posixpath.join(posixpath.dirname(source), match[1]))
        target = ELSEWHERE.get(place, place.removeprefix("docs/"))
        return f"]({posixpath.relpath(target, posixpath.dirname(here) or '.')}"

    return LINK.sub(on_site, markdown)
