"""A hook of mkdocs (see `mkdocs.yml`): adds pages that are made from the contract, the package and other folders.

Links in the sources are between files of the repository. On the site, they become links between pages.
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
from settings_page import settings_page

import paisr

ROOT = Path(__file__).resolve().parent.parent
# The page for each source file that is not in docs/.
PAGES = {
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

The models of responses, and the enumerations, generated from the [contract](../../openapi/paisr-invoices.yaml): a field
that is added there appears here. Every model is immutable; an absent field and a null field are both `None`.
"""


def on_files(files: Files, config: Any) -> Files:
    """Add the pages that are not files in docs/."""
    made = {page: (ROOT / place).read_text(encoding="utf-8") for place, page in PAGES.items()}
    made["contract.md"] = contract_page(made["contract.md"])
    made["reference/models.md"] = "\n".join([MODELS, *(f"::: paisr.{name}\n" for name in _names_without_a_page())])
    made["reference/commands.md"] = commands_page()
    made["reference/settings.md"] = settings_page()
    for page, text in made.items():
        files.append(File.generated(config, page, content=text))
    return files


def _names_without_a_page() -> list[str]:
    """The names of `paisr` that no page in docs/reference describes: the generated ones, and new ones."""
    pages = (page.read_text(encoding="utf-8") for page in (ROOT / "docs" / "reference").glob("*.md"))
    described = {name for text in pages for name in re.findall(r"^::: paisr\.(\w+)", text, re.MULTILINE)}
    return [name for name in paisr.__all__ if name not in described | {"__version__"}]


def on_page_markdown(markdown: str, page: Any, **_rest: Any) -> str:
    """Turn links between files of the repository into links between pages of the site."""
    here = page.file.src_uri
    source = next((place for place, name in PAGES.items() if name == here), f"docs/{here}")

    def on_site(match: re.Match[str]) -> str:
        place = posixpath.normpath(posixpath.join(posixpath.dirname(source), match[1]))
        target = PAGES.get(place, place.removeprefix("docs/"))
        return f"]({posixpath.relpath(target, posixpath.dirname(here) or '.')}"

    return LINK.sub(on_site, markdown)
