"""Every public class, field and method has a docstring, and help() names every method."""

from __future__ import annotations

import ast
import enum
import inspect
import pydoc
import sys
from collections.abc import Iterator
from typing import Any

import pytest

import paisr
from paisr._base import errors
from paisr._recovery import attempts

METHODS = (property, classmethod, staticmethod)
CLASSES = [getattr(paisr, name) for name in paisr.__all__ if inspect.isclass(getattr(paisr, name))]


def definition(cls: type) -> ast.ClassDef:
    # An error says that it is of `paisr`, where it is imported from.
    homes = [errors, attempts] if cls.__module__ == "paisr" else [sys.modules[cls.__module__]]
    trees = [node for home in homes for node in ast.walk(ast.parse(inspect.getsource(home)))]
    return next(node for node in trees if isinstance(node, ast.ClassDef) and node.name == cls.__name__)


def fields(cls: type) -> Iterator[tuple[str, bool]]:
    """The name of each public field and attribute that a class declares or sets, and whether a text stands below it."""
    tree = definition(cls)
    for node, following in zip(tree.body, [*tree.body[1:], None], strict=True):
        if (
            isinstance(node, ast.AnnAssign)
            and isinstance(node.target, ast.Name)
            and "ClassVar" not in str(node.annotation)
        ):
            yield node.target.id, isinstance(following, ast.Expr) and isinstance(following.value, ast.Constant)
    for node in ast.walk(tree):
        targets = (
            node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
        )
        for target in targets:
            if isinstance(target, ast.Attribute) and isinstance(target.value, ast.Name) and target.value.id == "self":
                yield target.attr, False


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)
def test_a_class_has_a_text_of_its_own(cls: type) -> None:
    assert cls.__dict__.get("__doc__"), "none, or its parent's"
    assert not (cls.__doc__ or "").startswith(f"{cls.__name__}("), "made by a decorator"


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)
def test_every_field_has_a_text(cls: Any) -> None:
    if issubclass(cls, enum.Enum) or hasattr(cls, "__total__"):
        return  # values are what the contract says; a mapping's keys are the fields of its model, which are looked at
    texts = " ".join(inspect.getdoc(one) or "" for one in cls.__mro__ if one.__module__.startswith("paisr"))
    missing = {name for name, has_text in fields(cls) if not has_text and f"`{name}`" not in texts}
    assert {name for name in missing if not name.startswith("_")} == set()


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)
def test_every_method_has_a_text(cls: Any) -> None:
    own = [one for one in cls.__mro__ if one.__module__.startswith("paisr")]
    names = {name for one in own for name, value in vars(one).items() if callable(value) or isinstance(value, METHODS)}
    assert [name for name in sorted(names) if not name.startswith("_") and not inspect.getdoc(getattr(cls, name))] == []


@pytest.mark.parametrize("cls", [paisr.Paisr, paisr.AsyncPaisr], ids=lambda cls: cls.__name__)
def test_help_of_a_client_names_every_call(cls: Any) -> None:
    text = pydoc.render_doc(cls, renderer=pydoc.plaintext)
    resources = [name for name, value in inspect.getmembers(cls) if isinstance(value, property)]
    assert "invoices" in resources
    calls = paisr.Invoices if cls is paisr.Paisr else paisr.AsyncInvoices
    methods = [name for name, value in inspect.getmembers(calls) if not name.startswith("_") and callable(value)]
    assert len(methods) >= 7
    assert [name for name in methods if f"`invoices.{name}()`" not in text] == []
    assert "`invoices.with_response`" in text
    assert all(f" {name}(" in text for name in ("with_options", "close" if cls is paisr.Paisr else "aclose"))


def test_help_of_a_resource_says_what_its_calls_take() -> None:
    text = pydoc.render_doc(paisr.Invoices, renderer=pydoc.plaintext)
    assert all(
        said in text for said in ("create(", "customer: The customer to bill", "wait(", "Raises `APITimeoutError`")
    )
