"""The documentation site builds without a warning, has no dead link, and loads nothing from another host."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import zlib
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import attrs
import pytest
import yaml

import paisr
import paisr_stub

# The elements that a browser loads without a click, and the attribute with their URL.
LOADING = {"script": "src", "img": "src", "link": "href", "iframe": "src", "source": "src", "video": "src"}


class ParsedPage(HTMLParser):
    """The links, the loaded files and the anchors of a page."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.links: list[str] = []
        self.loads: list[str] = []
        self.places: set[str] = set()
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = dict(attributes)
        self.places.update(filter(None, (given.get("id"), given.get("name"))))
        if tag == "a" and given.get("href"):
            self.links.append(given["href"] or "")
        if loaded := given.get(LOADING.get(tag, "")):
            self.loads.append(loaded)


parsed = cache(ParsedPage)


@pytest.fixture(scope="module")
def site(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the site that `make docs` builds."""
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)]
    environment = os.environ | {"NO_MKDOCS_2_WARNING": "1"}
    done = subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "WARNING" not in done.stderr
    return folder


@pytest.fixture(scope="module")
def pages(site: Path) -> dict[Path, ParsedPage]:
    # Without 404.html: its links depend on the URL for which a server sends it.
    return {path: parsed(path) for path in sorted(site.rglob("*.html")) if path.name != "404.html"}


@pytest.fixture(scope="module")
def names(site: Path) -> set[str]:
    """Every name in the reference, from its inventory for links of other sites."""
    listed = (site / "objects.inv").read_bytes().split(b"\n", 4)[4]
    return {line.split()[0] for line in zlib.decompress(listed).decode().splitlines()}


def test_no_link_is_dead(site: Path, pages: dict[Path, ParsedPage]) -> None:
    dead = []
    for path, page in pages.items():
        for link in (*page.links, *page.loads):
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            target = target / "index.html" if target.is_dir() else target
            place = unquote(parts.fragment)
            if not target.is_file() or (place and target.suffix == ".html" and place not in parsed(target).places):
                dead.append(f"{path.relative_to(site)}: {link}")
    assert dead == []
    assert sum(len(page.links) for page in pages.values()) > 1000


def test_nothing_is_loaded_from_another_host(site: Path, pages: dict[Path, ParsedPage]) -> None:
    loaded = {load for page in pages.values() for load in page.loads}
    assert loaded
    assert {load for load in loaded if urlsplit(load).netloc} == set()
    styles = [path.read_text(encoding="utf-8") for path in site.rglob("*.css")]
    assert styles
    fetching = re.compile(r"(?:@import|url\()\s*['\"]?(?:https?:)?//[^)]*")
    assert [found for text in styles for found in fetching.findall(text)] == []
    # The theme would load a script for diagrams, if a page had one.
    assert [path for path in pages if 'class="mermaid"' in path.read_text(encoding="utf-8")] == []


def test_every_public_name_is_in_the_reference(names: set[str]) -> None:
    public = {f"paisr.{name}" for name in paisr.__all__ if name not in ("__version__", "webhooks")}
    public |= {f"paisr.webhooks.{name}" for name in paisr.webhooks.__all__}
    public |= {f"paisr_stub.{name}" for name in paisr_stub.__all__}
    assert public - names == set()


def test_every_field_and_method_of_a_public_class_is_in_the_reference(names: set[str]) -> None:
    missing = []
    for name in paisr.__all__:
        kind = getattr(paisr, name)
        if not isinstance(kind, type):
            continue
        builtin = {each for base in kind.__mro__ if base.__module__ in ("builtins", "enum") for each in vars(base)}
        fields = {field.name for field in attrs.fields(kind)} if attrs.has(kind) else set()
        members = {*vars(kind), *fields, *getattr(kind, "__annotations__", ())} - builtin
        public = (f"{name}.{each}" for each in members if not each.startswith("_"))
        missing += [each for each in public if f"paisr.{each}" not in names]
    assert missing == []


def test_the_error_tree_is_that_of_the_module(root: Path) -> None:
    page = (root / "docs" / "reference" / "errors.md").read_text(encoding="utf-8")
    tree = (sys.modules["paisr._base.errors"].__doc__ or "").partition("\n\n")[2]
    assert tree.startswith("PaisrError ")
    assert tree in page


def test_the_page_of_the_contract_has_every_element(root: Path, site: Path) -> None:
    contract = yaml.safe_load((root / "openapi" / "paisr-invoices.yaml").read_text(encoding="utf-8"))
    text = (site / "contract.html").read_text(encoding="utf-8")
    schemas = contract["components"]["schemas"]
    fields = {field for schema in schemas.values() for field in schema.get("properties", {})}
    operations = [item for path in contract["paths"].values() for item in path.values() if isinstance(item, dict)]
    parameters = {one["name"] for item in operations for one in item.get("parameters", [])}
    assert {name for name in schemas if f'id="{name.lower()}"' not in text} == set()
    assert {name for name in fields | parameters if f"<td><code>{name}</code></td>" not in text} == set()
    ids = {item["operationId"] for item in operations}
    assert {each for each in ids if f"<strong>{each}.</strong>" not in text} == set()


def test_earlier_addresses_of_pages_still_work(site: Path) -> None:
    for name in ("architecture", "benchmarks", "change-the-contract", "faults", "mutants", "responses"):
        assert (site / f"{name}.html").is_file()
