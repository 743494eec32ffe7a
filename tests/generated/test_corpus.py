"""The corpus: every small variant of the contract works in all forms of calling, or is refused with its place."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor
from itertools import repeat
from pathlib import Path

import pytest

# What was generated is also tested with the lowest versions of what it needs, and the generator is not among these.
pytest.importorskip("openapi_python_client", reason="the generator is not installed")

import generate
from corpus.catalogue import VARIANTS
from corpus.worker import built, problems_of
from generator.shapes import UnsupportedContractError
from generator.verify import check_types

WORKING = [name for name, one in VARIANTS.items() if not one.place]
REFUSED = [name for name, one in VARIANTS.items() if one.place]


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the packages are, each generated once."""
    return tmp_path_factory.mktemp("variants")


class Workers:
    """Two processes in which `paisr_generated` is a variant, working ahead of the tests."""

    AHEAD = 8

    def __init__(self, executor: ProcessPoolExecutor, folder: Path) -> None:
        self._executor = executor
        self._folder = folder
        self._problems: dict[str, Future[list[str]]] = {}

    def problems(self, name: str) -> list[str]:
        """What is wrong with a variant."""
        index = WORKING.index(name)
        for one in WORKING[index : index + self.AHEAD]:
            if one not in self._problems:
                self._problems[one] = self._executor.submit(problems_of, one, self._folder)
        return self._problems[name].result()

    def packages(self) -> list[Path]:
        """The packages of all variants that work."""
        return list(self._executor.map(built, WORKING, repeat(self._folder)))


@pytest.fixture(scope="session")
def workers(folder: Path) -> Iterator[Workers]:
    with ProcessPoolExecutor(2, multiprocessing.get_context("spawn")) as executor:
        yield Workers(executor, folder)


def test_there_are_enough_variants() -> None:
    assert len(VARIANTS) >= 120
    assert len(WORKING) >= 80
    assert len(REFUSED) >= 30


@pytest.mark.parametrize("name", WORKING)
def test_a_variant_works_in_all_forms_of_calling(name: str, workers: Workers) -> None:
    problems = workers.problems(name)
    assert not problems, "\n".join(problems)


@pytest.mark.parametrize("name", REFUSED)
def test_a_variant_that_cannot_be_generated_is_refused_with_its_place(name: str, tmp_path: Path) -> None:
    variant = VARIANTS[name]
    with pytest.raises((generate.GenerateError, UnsupportedContractError)) as caught:
        generate.build(variant.document(), tmp_path / "package")
    lines = str(caught.value).splitlines()
    assert any(line.startswith(f"{variant.place}: ") and variant.words in line for line in lines), "\n".join(lines)
    assert not (tmp_path / "package").exists()


def test_the_types_of_all_variants_allow_every_call(folder: Path, workers: Workers) -> None:
    packages = workers.packages()
    halves = [packages[::2], packages[1::2]]
    with ThreadPoolExecutor(2) as threads:
        for checked in [threads.submit(_check, folder, half, str(number)) for number, half in enumerate(halves)]:
            checked.result()


def _check(folder: Path, packages: list[Path], name: str) -> None:
    check_types([*packages, *(folder / f"use_{one.name}" for one in packages)], folder / f".cache{name}")
