"""Writes a page with every setting of a client, from the signature and the docstring of its constructor."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator

from griffe import Docstring, DocstringSectionParameters

from paisr import Paisr, RateLimit

INTRODUCTION = """# Settings

Every argument of `Paisr` and `AsyncPaisr`, with its default and the environment variables that are read when it is not
given. [Clients](clients.md) tells more. An argument wins over a variable, and a variable over the default. Settings
that contradict each other are refused, such as `environment=` beside a `PAISR_BASE_URL` with another address. The
[command line](../guides/command-line.md) reads `PAISR_JOURNAL`, `PAISR_SHARE_RATE` and `PAISR_WEBHOOK_SECRET` as well.

| argument | default | environment variables | meaning |
| --- | --- | --- | --- |
"""
VARIABLE = re.compile(r"``([A-Z]+(?:_[A-Z]+)+)``")
FIRST_SENTENCE = re.compile(r".+?[.:](?=\s|$)", re.DOTALL)


def settings_page() -> str:
    """The page in Markdown."""
    return INTRODUCTION + "".join(f"| {' | '.join(cells)} |\n" for cells in _rows())


def _rows() -> Iterator[tuple[str, str, str, str]]:
    described = dict(_descriptions())
    for name, parameter in inspect.signature(Paisr).parameters.items():
        text = described[name]
        variables = ", ".join(f"`{found}`" for found in VARIABLE.findall(text))
        sentence = FIRST_SENTENCE.match(text)
        assert sentence, f"the description of {name} has no sentence"
        meaning = " ".join(sentence[0].removesuffix(":").split()).removesuffix(".")
        yield f"`{name}`", f"`{_shown(parameter.default)}`", variables, meaning.replace("|", r"\|")


def _descriptions() -> Iterator[tuple[str, str]]:
    """The names and descriptions of the arguments, which stand in the docstring of the constructor."""
    for section in Docstring(inspect.getdoc(Paisr.__init__) or "", parser="google").parse(warnings=False):
        if isinstance(section, DocstringSectionParameters):
            yield from ((each.name, each.description) for each in section.value)


def _shown(default: object) -> str:
    if isinstance(default, RateLimit):
        return f"RateLimit({default.requests}, per={default.per:g})"
    return repr(default)
