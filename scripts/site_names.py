"""An extension of griffe, the site's reader of source code: adds the names that exist only at run time.

`paisr` exports every generated name, and its resources extend the generated ones.
"""

from __future__ import annotations

from typing import Any

from griffe import Alias, Extension, Module

import paisr
import paisr_generated
from paisr._invoices import EXTENDED


class PublicNames(Extension):
    """Adds the generated names to the modules that export or extend them."""

    def on_package(self, *, pkg: Module, **_rest: Any) -> None:
        """Called by griffe with each package that it has read."""
        if pkg.name != paisr.__name__:
            return
        for name in paisr_generated.__all__:
            home = getattr(paisr_generated, name).__module__
            pkg.set_member(name, Alias(name, f"{home}.{name}"))
        extended = pkg.modules["_invoices"]
        for base in EXTENDED:
            extended.set_member(f"Contract{base.__name__}", Alias(base.__name__, f"{base.__module__}.{base.__name__}"))
