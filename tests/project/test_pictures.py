"""The pictures of the documentation are up to date with their text sources."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path


def test_the_picture_of_a_call_is_drawn_from_its_text(root: Path) -> None:
    done = subprocess.run(
        [sys.executable, str(root / "scripts" / "draw_call.py"), "--check"], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
