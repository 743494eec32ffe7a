"""What the site's reader of source code (griffe) cannot see: names that are found while the program runs.

`paisr` exports every name of the contract, and its resources extend those that the contract gives.
"""

from __future__ import annotations

from typing import Any

from griffe import Alias, Extension, Module

import paisr
import paisr_generated
from paisr._invoices import EXTENDED


class PublicNames(Extension):
    """Make these names members of the modules that they are used from."""

    def on_package(self, *, pkg: Module, **_rest: Any) -> None:
        """Called with each package when all of it has been read."""
        if pkg.name != paisr.__name__:
            return
        for name in paisr_generated.__all__:
            home = getattr(paisr_generated, name).__module__
            pkg.set_member(name, Alias(name, f"{home}.{name}"))
        extended = pkg.modules["_invoices"]
        for base in EXTENDED:
            extended.set_member(f"Contract{base.__name__}", Alias(base.__name__, f"{base.__module__}.{base.__name__}"))
