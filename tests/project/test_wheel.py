"""The built distributions: their content, their installation, and the demo without the repository."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

PACKAGES = ("paisr", "paisr_cli", "paisr_generated", "paisr_stub")
EXTRAS = {"jinja2", "starlette", "uvicorn", "redis", "psycopg", "opentelemetry", "typer", "rich"}
EXTRAS_ONLY = EXTRAS | {"paisr_stub", "paisr_cli"}
# Public names are loaded on first use, so the program uses all of them.
PROGRAM = """
import sys, paisr
for name in paisr.__all__:
    getattr(paisr, name)
paisr.Paisr("a-token", base_url="http://127.0.0.1:1/v2").close()
print(paisr.__file__, *{name.partition(".")[0] for name in sys.modules})
"""
VERSIONS = ((3, 11), (3, 12), (3, 13))
# Without variables that could replace packages of the wheel; pip's own settings are kept.
ENVIRONMENT = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "VIRTUAL_ENV"))}


def run(*command: str | Path, cwd: Path, **extra: str) -> str:
    """Run a command and return its output. A failure shows its stderr."""
    done = subprocess.run(command, cwd=cwd, env=ENVIRONMENT | extra, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def interpreters() -> dict[str, str]:
    """The supported interpreters on this machine: this one, those on PATH, and pyenv's."""
    found = {f"{sys.version_info[0]}.{sys.version_info[1]}": sys.executable}
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    for version in (f"{major}.{minor}" for major, minor in VERSIONS):
        on_path = shutil.which(f"python{version}")
        candidates = [*sorted(pyenv.glob(f"{version}.*/bin/python")), *([on_path] if on_path else [])]
        # A name on PATH may be a shim for a missing version, and Debian's interpreter may lack ensurepip.
        usable = (str(path) for path in candidates if is_usable(str(path), version))
        if version not in found and (first := next(usable, None)):
            found[version] = first
    return found


def is_usable(python: str, version: str) -> bool:
    probe = "import ensurepip, sys, venv; print('%d.%d' % sys.version_info[:2])"
    done = subprocess.run([python, "-c", probe], env=ENVIRONMENT, capture_output=True, text=True, check=False)
    return done.returncode == 0 and done.stdout.strip() == version


INTERPRETERS = interpreters()


def build(source: Path, into: Path) -> dict[str, Path]:
    """Build both distributions of a source tree, by their kind."""
    run(sys.executable, "-m", "hatchling", "build", "-d", into, cwd=source, SOURCE_DATE_EPOCH="1700000000")
    return {"wheel": next(into.glob("*.whl")), "sdist": next(into.glob("*.tar.gz"))}


@pytest.fixture(scope="session")
def dist(root: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return build(root, tmp_path_factory.mktemp("dist"))


@pytest.fixture(scope="session")
def unpacked(dist: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The source distribution, unpacked."""
    folder = tmp_path_factory.mktemp("sdist")
    with tarfile.open(dist["sdist"]) as archive:
        archive.extractall(folder, filter="data")
    return next(folder.iterdir())


def modules(folder: Path) -> set[str]:
    return {
        f"{folder.name}/{path.relative_to(folder).as_posix()}"
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


def dist_info(dist: dict[str, Path]) -> str:
    return "-".join(dist["wheel"].name.split("-")[:2]) + ".dist-info"


def test_the_wheel_has_exactly_the_four_packages(root: Path, dist: dict[str, Path]) -> None:
    with zipfile.ZipFile(dist["wheel"]) as wheel:
        names = set(wheel.namelist())
    metadata = {name for name in names if ".dist-info/" in name}
    files = ("METADATA", "WHEEL", "RECORD", "entry_points.txt", "licenses/LICENSE")
    assert metadata == {f"{dist_info(dist)}/{name}" for name in files}
    sources = (
        root / "overlays/paisr",
        root / "generated/paisr_generated",
        root / "stub/paisr_stub",
        root / "cli/paisr_cli",
    )
    assert names - metadata == set().union(*map(modules, sources))
    assert {f"{package}/{name}" for package in PACKAGES for name in ("__init__.py", "py.typed")} <= names


def test_the_wheel_declares_its_dependencies(dist: dict[str, Path]) -> None:
    with zipfile.ZipFile(dist["wheel"]) as wheel:
        metadata = wheel.read(f"{dist_info(dist)}/METADATA").decode()
    always = re.findall(r"^Requires-Dist: ([\w-]+)[^;\n]*$", metadata, re.MULTILINE)
    assert sorted(always) == ["attrs", "certifi", "h11", "httpx", "msgspec", "python-dateutil"]
    # The next major version has other transports.
    assert re.search(r"^Requires-Dist: httpx[^;\n]*<1\b", metadata, re.MULTILINE)
    assert set(re.findall(r"^Provides-Extra: (.+)$", metadata, re.MULTILINE)) == {
        "otel",
        "cli",
        "postgres",
        "redis",
        "stub",
    }
    assert "Requires-Python: >=3.11" in metadata


def test_the_long_description_refers_to_no_file_of_the_repository(root: Path, dist: dict[str, Path]) -> None:
    with zipfile.ZipFile(dist["wheel"]) as wheel:
        shown = wheel.read(f"{dist_info(dist)}/METADATA").decode().partition("\n\n")[2]
    readme = (root / "README.md").read_text(encoding="utf-8")
    assert shown.startswith("# paisr\n")
    assert readme.startswith(shown.rstrip())
    assert readme[len(shown.rstrip()) :].strip().startswith("<!-- What follows is for the repository")
    # Without a published URL of the repository, no link of the long description could work.
    assert re.findall(r"\]\((?!https://)|\bmake [a-z]", shown) == []
    assert "pip install paisr" in shown


def test_two_builds_are_identical(root: Path, dist: dict[str, Path], tmp_path: Path) -> None:
    again = build(root, tmp_path)
    for kind, path in dist.items():
        assert again[kind].read_bytes() == path.read_bytes(), kind


def test_the_source_distribution_builds_the_same_wheel(dist: dict[str, Path], unpacked: Path, tmp_path: Path) -> None:
    assert build(unpacked, tmp_path)["wheel"].read_bytes() == dist["wheel"].read_bytes()


def test_the_source_distribution_has_all_files_for_building_and_testing(root: Path, unpacked: Path) -> None:
    listing = subprocess.run(["git", "ls-files", "-z"], cwd=root, capture_output=True, text=True, check=False)
    tracked = {name for name in listing.stdout.split("\0") if name and (root / name).exists()}
    left_out = {name for name in tracked if not (unpacked / name).exists()}
    assert {name for name in left_out if not name.startswith((".github/", ".editorconfig"))} == set()


@pytest.fixture(scope="module", params=sorted(INTERPRETERS))
def installed(request: pytest.FixtureRequest, dist: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of a new environment with the wheel and its required dependencies."""
    home = tmp_path_factory.mktemp(f"python{request.param}") / "env"
    run(INTERPRETERS[request.param], "-m", "venv", home, cwd=home.parent)
    python = next(path for path in (home / "bin/python", home / "Scripts/python.exe") if path.exists())
    run(python, "-m", "pip", "install", "--quiet", "--no-compile", dist["wheel"], cwd=home.parent)
    return python


def test_the_wheel_installs_alone_and_its_import_loads_no_extra(installed: Path, tmp_path: Path) -> None:
    where, *loaded = run(installed, "-I", "-c", PROGRAM, cwd=tmp_path).split()
    assert Path(where).is_relative_to(installed.parents[1])
    assert {"paisr", "paisr_generated"} <= set(loaded)
    assert EXTRAS_ONLY & set(loaded) == set()
    assert "usage: paisr" in run(installed.with_name("paisr"), "--help", cwd=tmp_path)
    refused = subprocess.run(
        [installed.with_name("paisr"), "invoices", "list"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert (refused.returncode, refused.stderr) == (2, "paisr invoices needs typer: install paisr[cli].\n")
    for command in ([installed, "-m", "paisr_stub"], [installed.with_name("paisr"), "stub"]):
        refused = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert refused.returncode != 0
        assert refused.stderr.splitlines()[-1].endswith("paisr_stub needs starlette: install paisr[stub].")


@pytest.fixture(scope="module")
def example_python(root: Path, dist: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of an environment with the wheel, its stub extra, and the other imports of docs/examples."""
    folder = tmp_path_factory.mktemp("example_python")
    lock = (root / "requirements" / "dev.txt").read_text(encoding="utf-8")
    pins = folder / "pins.txt"
    pins.write_text("\n".join(re.findall(r"^[\w.-]+==[^\\\n]+", lock, re.MULTILINE)), encoding="utf-8")
    run(sys.executable, "-m", "venv", "--without-pip", folder / "env", cwd=folder)
    python = folder / "env" / "bin" / "python"
    options = ("--quiet", "--python", python, "--constraint", pins)
    needs = ("django", "fastapi", "flask", "httpx2", "pytest")
    run(sys.executable, "-m", "uv", "pip", "install", *options, f"{dist['wheel']}[stub,cli]", *needs, cwd=folder)
    return python


def test_the_example_programs_pass_their_tests_on_the_wheel_alone(
    root: Path, example_python: Path, tmp_path: Path
) -> None:
    shutil.copytree(root / "docs" / "examples", tmp_path, dirs_exist_ok=True)
    where = run(
        example_python, "-c", "import paisr, paisr_stub; print(paisr.__file__, paisr_stub.__file__)", cwd=tmp_path
    )
    assert all(Path(name).is_relative_to(example_python.parents[1]) for name in where.split())
    output = run(example_python, "-m", "pytest", "-q", "-W", "error", "-p", "no:cacheprovider", cwd=tmp_path)
    passed = re.search(r"(\d+) passed", output)
    assert passed is not None
    assert int(passed[1]) >= sum(path.read_text().count("\ndef test_") for path in tmp_path.glob("test_*.py"))
    assert "skipped" not in output


@pytest.mark.parametrize("name", ["fastapi_shop.py", "flask_webhook.py", "billing_run.py"])
def test_an_example_program_is_short_and_has_tests(root: Path, name: str) -> None:
    lines = (root / "docs" / "examples" / name).read_text(encoding="utf-8").splitlines()
    assert 20 <= len(lines) <= 60
    assert (root / "docs" / "examples" / f"test_{name}").exists()


def test_the_demo_runs_on_the_wheel_without_the_repository(root: Path, installed: Path, tmp_path: Path) -> None:
    lock = root / "requirements" / "stub.txt"
    options = ("--quiet", "--no-compile", "--require-hashes")
    run(installed, "-m", "pip", "install", *options, "-r", lock, cwd=tmp_path)
    run(installed, "-m", "pip", "check", cwd=tmp_path)
    script = shutil.copy(root / "scripts" / "demo.py", tmp_path)
    empty = tmp_path / "empty"
    empty.mkdir()
    assert "Every step succeeded." in run(installed, "-I", script, cwd=empty)


class BackgroundCommand:
    """A command that runs in the background until the test ends."""

    def __init__(self, *command: str | Path, cwd: Path, **extra: str) -> None:
        out = subprocess.PIPE
        self._process = subprocess.Popen(
            command, cwd=cwd, env=ENVIRONMENT | extra, stdout=out, stderr=subprocess.STDOUT, text=True
        )

    def wait_for(self, pattern: str) -> str:
        """Wait for a line that matches PATTERN, and return its first group."""
        assert self._process.stdout is not None
        lines = []
        for line in self._process.stdout:
            lines.append(line)
            if found := re.search(pattern, line):
                return found[1]
        raise AssertionError("".join(lines))

    def rest(self) -> str:
        """The output until the command ends, which must be a success."""
        output, _ = self._process.communicate(timeout=60)
        assert self._process.returncode == 0, output
        return output

    def end(self) -> None:
        if self._process.poll() is None:
            self._process.terminate()
        self._process.communicate(timeout=60)


@pytest.fixture
def start(example_python: Path, tmp_path: Path) -> Iterator[Callable[..., BackgroundCommand]]:
    """Starts `paisr …` in an empty folder: `start("stub", PAISR_TOKEN=…)`."""
    running: list[BackgroundCommand] = []

    def start(*arguments: str, **environment: str) -> BackgroundCommand:
        running.append(BackgroundCommand(example_python.with_name("paisr"), *arguments, cwd=tmp_path, **environment))
        return running[-1]

    yield start
    for one in running:
        one.end()


def test_an_invoice_is_created_paid_in_a_browser_and_delivered(
    start: Callable[..., BackgroundCommand], browser: Any
) -> None:
    secret = "whsec_of_this_test"
    listening = start("webhooks", "listen", "--count", "2", "--output", "jsonl", PAISR_WEBHOOK_SECRET=secret)
    url = listening.wait_for(r"deliveries are taken on (http://\S+?);")
    stub = start("stub", "--webhook-url", url, "--webhook-secret", secret)
    token = stub.wait_for(r"export PAISR_TOKEN=(\S+)")
    settings = {"PAISR_TOKEN": token, "PAISR_BASE_URL": stub.wait_for(r"export PAISR_BASE_URL=(\S+)")}
    bill = ("--customer", "jane@example.com", "--summary", "Pizza", "--due", "In 3 days", "--item", "2 x 75.00 Pizza")
    created = json.loads(start("invoices", "create", *bill, "--output", "json", **settings).rest())
    waiting = start("invoices", "wait", created["id"], "--interval", "0.5", "--output", "jsonl", **settings)
    browser.get(created["session"]["url"])
    assert "SRD 150.00" in browser.find_element("tag name", "body").text
    next(each for each in browser.find_elements("tag name", "button") if each.text.startswith("Pay")).click()
    assert json.loads(waiting.rest().splitlines()[-1])["status"] == "paid"
    events = [json.loads(line) for line in listening.rest().splitlines()]
    assert [(one["event"], one["id"]) for one in events] == [
        ("invoice.created", created["id"]),
        ("invoice.paid", created["id"]),
    ]
