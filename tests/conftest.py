"""Fixtures for all folders: required programs, a PostgreSQL server, a browser."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import pytest

T = TypeVar("T")
PASSWORD = "canary-9f3e"
# No sandbox, so that it runs as root in a container, and no feature that connects to other machines.
FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-proxy-server",
)  # fmt: skip
BROWSERS = ("chromium", "chromium-browser", "google-chrome")


@pytest.fixture(scope="session", autouse=True)
def interruptible() -> Iterator[None]:
    """Restore the handler of SIGINT, for child processes too: in the background, a shell has the tests ignore it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture(scope="session")
def need() -> Callable[[T | None, str], T]:
    """Return the thing that a test cannot run without, or skip the test with WHAT as the reason.

    Where CI is set nothing may be missing, and a skip would hide it: there the test fails instead.
    `redis_server = need(shutil.which("redis-server"), "a redis-server program")`
    """

    def need(found: T | None, what: str) -> T:
        if found:
            return found
        if os.environ.get("CI"):
            pytest.fail(f"CI must have {what}", pytrace=False)
        pytest.skip(f"needs {what}")

    return need


class PostgresServer:
    """A PostgreSQL server on a free loopback port, run by a user other than root, without syncs to disk."""

    def __init__(self, programs: Path, folder: Path, user: str | None) -> None:
        self.programs, self.folder, self.user = programs, folder, user
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.process: subprocess.Popen[bytes] | None = None
        (folder / "password").write_text(PASSWORD)
        self._run("initdb", "-A", "scram-sha-256", "-U", "paisr", f"--pwfile={folder / 'password'}", "-N")

    @property
    def url(self) -> str:
        return f"postgresql://paisr:{PASSWORD}@127.0.0.1:{self.port}/postgres"

    def _run(self, program: str, *arguments: str) -> None:
        command = [str(self.programs / program), "-D", str(self.folder / "data"), *arguments]
        done = subprocess.run(command, user=self.user, cwd=self.folder, capture_output=True, check=False)
        assert done.returncode == 0, done.stderr.decode()

    def start(self) -> None:
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": self.port,
            "unix_socket_directories": "",
            "fsync": "off",
            "max_connections": 100,
        }
        command = [str(self.programs / "postgres"), "-D", str(self.folder / "data")]
        command += [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(command, user=self.user, cwd=self.folder, stderr=log)
        until = time.monotonic() + 20
        while True:
            with contextlib.suppress(Exception), self.connect():
                return
            assert time.monotonic() < until, (self.folder / "log").read_text()
            time.sleep(0.02)

    def connect(self) -> Any:
        psycopg = pytest.importorskip("psycopg", reason="needs the extra paisr[postgres]")
        return psycopg.connect(self.url, autocommit=True)

    def stop(self) -> None:
        if self.process is not None:
            self.process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(3)
            self.process.kill()
            self.process.wait()
            self.process = None


def postgres_programs() -> Path | None:
    """The folder of `initdb` and `postgres`: that of Debian's package, or one on the PATH."""
    found = shutil.which("initdb")
    folders = [Path(found).parent] if found else sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    return next((one for one in reversed(folders) if (one / "postgres").exists()), None)


@pytest.fixture(scope="session")
def postgres(need: Any) -> Iterator[PostgresServer]:
    programs = need(postgres_programs(), "the programs of PostgreSQL (Debian: postgresql)")
    user = None if os.geteuid() else "postgres"
    if user is not None:
        need(user in [one.pw_name for one in pwd.getpwall()], "a user postgres, since PostgreSQL does not run as root")
    # Not below pytest's temporary folder, which only its own user may read.
    with tempfile.TemporaryDirectory(prefix="paisr-postgres-") as name:
        if user is not None:
            shutil.chown(name, user)
        server = PostgresServer(programs, Path(name), user)
        server.start()
        try:
            yield server
        finally:
            server.stop()


@pytest.fixture
def postgres_url(postgres: PostgresServer) -> str:
    """A database without tables."""
    with postgres.connect() as connection:
        connection.execute("DROP TABLE IF EXISTS paisr_attempts")
    return postgres.url


@pytest.fixture(scope="module")
def browser(need: Callable[[Any, str], Any], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A WebDriver of a headless chromium."""
    need(importlib.util.find_spec("selenium"), "the selenium package")
    from selenium import webdriver

    options = webdriver.ChromeOptions()
    options.binary_location = need(
        next(filter(None, map(shutil.which, BROWSERS)), None), "a browser: chromium or google-chrome"
    )
    for flag in (*FLAGS, f"--user-data-dir={tmp_path_factory.mktemp('browser')}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = need(shutil.which("chromedriver"), "the program chromedriver")
    made = webdriver.Chrome(options, webdriver.ChromeService(driver))
    yield made
    made.quit()
