"""The fault tests share the server, the catalogue and the harness, which are found wherever this folder is."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
