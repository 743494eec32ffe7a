"""The dependency ranges exclude versions that break calls."""

from __future__ import annotations

from importlib.metadata import requires

from packaging.requirements import Requirement

REQUIRED = {one.name: one for one in map(Requirement, requires("paisr") or ()) if one.marker is None}
OPTIONAL = {one.name for one in map(Requirement, requires("paisr") or ()) if one.marker is not None}


def test_the_next_major_version_of_httpx_and_its_pre_releases_are_excluded() -> None:
    """``pip install --pre`` would install httpx 1.0.dev6, which has no transports: calls raised an AttributeError."""
    specifier = REQUIRED["httpx"].specifier
    assert [one for one in ("1.0.dev1", "1.0.dev6", "1.0") if specifier.contains(one, prereleases=True)] == []
    assert [one for one in ("0.27", "0.28.1") if not specifier.contains(one)] == []


def test_every_dependency_has_a_lower_bound() -> None:
    assert [
        name for name, one in REQUIRED.items() if not any(part.operator in {">=", "=="} for part in one.specifier)
    ] == []
    assert not REQUIRED.keys() & OPTIONAL
