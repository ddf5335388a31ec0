"""Every command of the documentation is run, page by page.

Each shell block is run by bash, in a folder that a reader could have before him: a target file of the bundled gateway,
which is served meanwhile, a waiver file, and what the page's earlier blocks have left. Runs probe one area, unless
the page names another: PYTEST_ADDOPTS says so.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from reference_server.faults import known
from tests.pages import CHECKOUT, PAGES, Page
from tests.test_readme import MAIN, TEST

SERVED = "portero serve --write-target reference.toml"  # runs as long as the pages' commands do
ELSEWHERE = {
    MAIN: "installs; the tests' command below it does, too",
    TEST: ".ci/run runs it",
    "ruff check . && ruff format --check . && mypy": ".ci/run runs it",
    "pytest tests/test_faults.py -k no-strict-transport": "a part of this run",
    "python -m conformance.inputs.schemas": "writes into the checkout; tests/inputs/test_schemas.py compares what",
    "python -m benchmarks": "measures a machine that has nothing else to do",
    "python -m benchmarks.recorded runs": "runs every fault; tests/test_recorded.py judges one again",
    "docker build --build-arg DIGEST=sha256:… -t portero .": "builds an image; tests/test_ci_recipes.py lints its file",
    'docker run --rm -e WA_SECRET -v "$PWD:/target" -u "$(id -u)" portero run --target staging.toml': "runs that image",
}
GATEWAY = "https://wa.staging.example:9090"  # becomes the served gateway's
CHECKED_OUT = ("conformance", "conftest.py", "fixtures", "pyproject.toml", "reference_server", "tests")
AREA = "hdr"


def test_what_is_not_run_here_stands_on_a_page() -> None:
    every = {command for page in PAGES.values() for command in page.commands}
    assert {SERVED, *ELSEWHERE} <= every
    (fault,) = (command.split()[-1] for command in ELSEWHERE if "test_faults" in command)
    assert fault in known()


@dataclass(frozen=True, slots=True)
class Served:
    """The gateway that is served, and the folder with its target file and secrets."""

    folder: Path
    process: subprocess.Popen[str]

    def document(self) -> dict[str, Any]:
        return tomllib.loads((self.folder / "reference.toml").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("served")
    command = [sys.executable, "-m", "conformance", *shlex.split(SERVED)[1:]]
    with subprocess.Popen(command, cwd=folder, env=_environ(folder), stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert any(line.startswith("ready:") for line in process.stdout)
        yield Served(folder, process)
        process.terminate()


def _environ(home: Path, **more: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name != "GITHUB_STEP_SUMMARY"}
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    return kept | {"PATH": path, "PYTHONPATH": str(CHECKOUT), "HOME": str(home)} | more


def _prepared(folder: Path, page: Page, served: Served) -> Path:
    """Put into a folder what a reader of the page has."""
    for secret in served.folder.glob("*.secret"):
        shutil.copy(secret, folder)
    if "portero init staging.toml" not in page.text:
        shutil.copy(served.folder / "reference.toml", folder / "staging.toml")
    (waivers,) = (text for text in PAGES["docs/target-file.md"].blocks("toml") if "[[waiver]]" in text)
    (folder / "waivers.toml").write_text(waivers, encoding="utf-8")
    for name in CHECKED_OUT:
        (folder / name).symlink_to(CHECKOUT / name)
    return folder


def _walked(folder: Path, blocks: Iterable[str], environ: dict[str, str], url: str = GATEWAY) -> str:
    """Run shell blocks one after the other; return what the first one said that failed, or nothing."""
    for text in blocks:
        lines = [line for line in text.splitlines() if re.sub(r"\s+# .*", "", line) not in (SERVED, *ELSEWHERE)]
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", "\n".join(lines).replace(GATEWAY, url)],
            cwd=folder,
            env=environ,
            capture_output=True,
            text=True,
            timeout=180,
            check=False,
        )
        if done.returncode:
            return f"{text}ended with {done.returncode}:\n{done.stdout}{done.stderr}"
    return ""


def _read(folder: Path, page: Page, served: Served) -> str:
    """Do what a page says, as its reader would."""
    webapp = served.document()["webapp"]
    environ = _environ(folder, PYTEST_ADDOPTS=f"--area={AREA}", SSL_CERT_FILE=webapp["ca_file"])
    return _walked(_prepared(folder, page, served), page.blocks("sh"), environ, webapp["url"])


RUN = {name: page for name, page in PAGES.items() if name != "README.es.md" and page.commands}  # it has README.md's


@pytest.fixture(scope="module")
def readings(served: Served, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Future[str]]]:
    """Read the pages side by side: one of them waits for a message to grow old, and is begun first."""
    with ThreadPoolExecutor(2, "page") as pool:
        yield {
            name: pool.submit(_read, tmp_path_factory.mktemp("page"), RUN[name], served)
            for name in sorted(RUN, key=lambda name: "--area chn" not in RUN[name].text)
        }
        pool.shutdown(cancel_futures=True)


@pytest.mark.parametrize("name", RUN)
def test_every_command_does_what_the_page_says(name: str, readings: dict[str, Future[str]]) -> None:
    assert readings[name].result() == ""


def test_a_command_that_fails_would_be_noticed(tmp_path: Path) -> None:
    told = _walked(tmp_path, ["echo before\n", "portero check none.toml\necho after\n"], _environ(tmp_path))
    assert "ended with 4:\nportero: none.toml: cannot be read" in told
    assert _walked(tmp_path, [f"{MAIN}\n", "test -n there  # a word\n"], _environ(tmp_path)) == ""
