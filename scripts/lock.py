"""Update the versions in requirements/, with the hashes of every package.

Run by `make lock`. A lock holds no index address and no path of the machine that made it, so that it installs from
whatever index the reader's own pip is set up for.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

LOCKS = {
    # Everything that make needs.
    "dev": ["--all-extras", "--group", "dev"],
    # The client alone, and the client with the stub: what the tests of the built wheel install.
    "runtime": [],
    "stub": ["--extra", "stub"],
    # The lowest versions that pyproject.toml allows, with the few packages that the client's own tests need.
    "lowest": ["--all-extras", "--group", "test-core", "--resolution", "lowest-direct"],
    # What `make bench` compares with.
    "peers": ["benchmarks/peers.in", "--extra", "cli", "--extra", "postgres"],
}


def lock(name: str, options: list[str], upgrade: bool) -> None:
    """Write requirements/NAME.txt; versions stay as they are unless UPGRADE says otherwise or they no longer fit."""
    target = ROOT / "requirements" / f"{name}.txt"
    # The person's own index settings decide where packages come from, but must not leave a trace in the file.
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
