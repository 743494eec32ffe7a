"""One standard term for each thing: words that were replaced are not used again."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

# Pattern: the words to use instead.
REPLACED = {
    r"\b(Happened|Answered|Books|Rival|PlaceGoneError)\b": "AttemptResult, RawResponse, AttemptStore, ...",
    r"^class (Failed|Ask|Do|Memory|Page|Place)\b": "TransportFailure, Pause, RunBlocking, ...",
    r"\b(_lose|_find|LEFT_ALONE|PATIENCE)\b": "_mark_down, _mark_up, BACKEND_COOLDOWN, LOCK_TIMEOUT",
    r"\b_?(MOST|LONGEST|SHORTEST|LARGEST)_[A-Z]": "MAX_, MIN_",
    r"\b(this_runner|has_ended|tell_after_fork|seconds_to_go|kind_of)\b": "current_process_token, ...",
    r"\bshown\(": "safe_repr",
    r"Nobody can tell|\bwho looks\b|\bin vain\b|half a character": "The outcome is unknown: ..., lone surrogate",
    r"\bstand-ins?\b|stand_in": "stub",
    r"(?<![\"`])[aA]nswer": "response; the event of a call that has this name stands in quotes",
    r"tests/contract/holding|\bgates?\b": "support, suite",
    r"\b[Ll]ets? go of\b": "close, release",
    r"\b[Pp]uts? (it|that|this|them) right\b|\bis put right\b": "correct, fix",
    r"\bhands? out\b": "return, export",
    r"\bwhat came of\b|\btold to who\b|def test_who_": "the result; a subject by its name",
    r"\bwent as it should\b|\bas it should be\b": "succeeded, healthy",
    r"\b([Tt]he|[Ee]ach|[Ee]very|[Tt]his|of the) rooms?\b(?! for)": "package, module",
    r"\b[Cc]ontest(s|ant|ants)?\b|\{# Cures": "benchmark, candidate; fixes a defect",
    r"\b(is|are|was|were|be|been) responded\b(?! to\b)": "gets a response; a request is responded to",
    r"\btruth values?\b": "boolean",
    r"\bput to the test\b|\bheld up\b|\bgoes well\b|\bhas a say\b": "exercised, delayed, succeeds, decides",
    r"def test_(what|whatever|whoever|those|somebody|nobody)_": "a test's name begins with its subject",
    r"^ *(for )?(said|told)\b(: \S+)? (=|in)|def said\(": "message, output, events, findings",
}
# Files that are generated from data, or quoted.
LEFT_OUT = (
    "requirements/",
    "openapi/examples/",
    "tests/stub/documentation/",
    "tests/vectors/",
    "docs/faults.md",
    "benchmarks/RESULTS.md",
)
SUFFIXES = {".py", ".md", ".yaml", ".yml", ".toml", ".jinja", ".txt", ".html", ".css", ""}


def sources(root: Path) -> list[Path]:
    listed = subprocess.run(["git", "ls-files"], cwd=root, capture_output=True, text=True, check=True).stdout.split()
    files = [root / name for name in listed if not name.startswith(LEFT_OUT)]
    return [path for path in files if path.suffix in SUFFIXES and path.name != Path(__file__).name]


@pytest.mark.parametrize("pattern", REPLACED)
def test_no_replaced_word_is_used(root: Path, need: Callable[[object, str], object], pattern: str) -> None:
    need((root / ".git").exists(), "a checkout with its history")
    found = [
        f"{path.relative_to(root)}:{number}: {line.strip()}"
        for path in sources(root)
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if re.search(pattern, line)
    ]
    assert found == [], f"write {REPLACED[pattern]}"


def test_the_search_covers_the_repository(root: Path) -> None:
    assert len(sources(root)) > 300
