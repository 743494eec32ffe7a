"""The pictures of the documentation are what their texts give."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path


def test_the_way_of_a_call_is_drawn_from_its_text(root: Path) -> None:
    done = subprocess.run(
        [sys.executable, str(root / "scripts" / "draw_call.py"), "--check"], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
