"""Update the versions in requirements/, with the hashes of every package.

Run by `make lock`. A lock file has no index URL and no local path, so that it installs from the index that the user has
configured for pip.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

LOCKS = {
    # Everything that the targets of the Makefile need.
    "dev": ["--all-extras", "--group", "dev"],
    # The client alone, and the client with the stub, for the tests of the built wheel.
    "runtime": [],
    "stub": ["--extra", "stub"],
    # The lowest versions that pyproject.toml allows, with the few packages that the client's own tests need.
    "lowest": ["--all-extras", "--group", "test-core", "--resolution", "lowest-direct"],
    # The libraries that `make bench` compares with.
    "peers": ["benchmarks/peers.in", "--extra", "cli", "--extra", "postgres"],
}


def lock(name: str, options: list[str], upgrade: bool) -> None:
    """Write requirements/NAME.txt. `upgrade`: take the newest versions, not the locked ones where these are allowed."""
    target = ROOT / "requirements" / f"{name}.txt"
    # The user's index settings apply, but must not appear in the lock file.
    environment = {key: value for key, value in os.environ.items() if key != "UV_FIND_LINKS"}
    command = [
        "uv",
        "pip",
        "compile",
        "pyproject.toml",
        *options,
        "--universal",
        "--python-version=3.11",
        "--generate-hashes",
        "--no-emit-index-url",
        "--no-emit-find-links",
        "--no-annotate",
        "--custom-compile-command=make lock",
        "--quiet",
    ]
    if upgrade:
        command.append("--upgrade")
    with tempfile.TemporaryDirectory() as folder:
        fresh = Path(folder) / target.name
        if target.exists():
            fresh.write_bytes(target.read_bytes())
        subprocess.run([*command, f"--output-file={fresh}"], cwd=ROOT, env=environment, check=True)
        target.write_bytes(fresh.read_bytes())


def main() -> int:
    upgrade = "--upgrade" in sys.argv[1:]
    os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    for name, options in LOCKS.items():
        lock(name, options, upgrade)
        print(f"requirements/{name}.txt")
    return 0


if __name__ == "__main__":
    sys.exit(main())
