"""Each recipe is taken by its own system's linter or schema, and each of its commands by the command line."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.webservers import installed

CHECKOUT = Path(__file__).parents[1]
RECIPES = CHECKOUT / "docs" / "ci"
GITHUB = ("github-nightly.yml", "github-release.yml")
PORTERO = f"""#!{sys.executable}
import argparse, sys
from pathlib import Path
understand = argparse.ArgumentParser.parse_args
def parse(self, words):
    taken = understand(self, words)
    with Path("understood").open("a") as file:
        print(taken.module, *sorted(k for k, v in vars(taken).items() if v), file=file)
    sys.exit(0)
argparse.ArgumentParser.parse_args = parse
from conformance import cli
cli.main()
"""


def lint(*command: str | Path, folder: Path = RECIPES) -> None:
    program, *rest = map(str, command)
    # Groovy's linter lives for one file: the fast compiler alone halves its time.
    environ = os.environ | {"JAVA_TOOL_OPTIONS": "-XX:TieredStopAtLevel=1"}
    found = subprocess.run(
        [installed(program), *rest], cwd=folder, env=environ, check=False, capture_output=True, text=True, timeout=120
    )
    assert found.returncode == 0, found.stdout + found.stderr


@pytest.mark.parametrize("recipe", GITHUB)
@pytest.mark.parametrize("schema", ["vendor.github-workflows", "custom.github-workflows-require-timeout"])
def test_github_takes_its_workflows(recipe: str, schema: str) -> None:
    lint("check-jsonschema", "--builtin-schema", schema, recipe)


def test_gitlab_takes_its_pipeline() -> None:
    transform = ["--data-transform", "gitlab-ci"]
    lint("check-jsonschema", "--builtin-schema", "vendor.gitlab-ci", *transform, "gitlab-ci.yml")


def test_jenkins_file_is_sound_groovy() -> None:
    lint("npm-groovy-lint", "--noserver", "-c", "recommended-jenkinsfile", "--failon", "warning", "Jenkinsfile")


def test_cron_takes_its_table() -> None:
    lint("crontab", "-n", "crontab")


def test_dockerfile_is_sound() -> None:
    lint("hadolint", "Dockerfile", folder=CHECKOUT)


def github_scripts(recipe: str) -> list[str]:
    jobs = yaml.safe_load((RECIPES / recipe).read_text(encoding="utf-8"))["jobs"]
    return [step["run"] for job in jobs.values() for step in job["steps"] if "run" in step]


def gitlab_scripts() -> list[str]:
    jobs = yaml.safe_load((RECIPES / "gitlab-ci.yml").read_text(encoding="utf-8"))
    return [line for key in ("script", "after_script") for line in jobs["portero"].get(key, ())]


def jenkins_scripts() -> list[str]:
    return re.findall(r"(?:sh|script:) '([^']+)'", (RECIPES / "Jenkinsfile").read_text(encoding="utf-8"))


def cron_scripts() -> list[str]:
    lines = (RECIPES / "crontab").read_text(encoding="utf-8").splitlines()
    (job,) = (line for line in lines if line[:1].isdigit())
    return [job.split(maxsplit=5)[5].replace(r"\%", "%")]


@pytest.mark.parametrize(
    ("scripts", "understood"),
    [
        (github_scripts(GITHUB[0]), {"run": {"target", "waivers", "compare", "also"}, "restore": {"reports"}}),
        (github_scripts(GITHUB[1]), {"check": {"file"}, "run": {"target", "fail_on"}}),
        (gitlab_scripts(), {"run": {"target", "reports"}, "restore": {"reports"}}),
        (jenkins_scripts(), {"run": {"target", "reports"}, "restore": {"reports"}}),
        (cron_scripts(), {"run": {"quiet", "target", "reports"}}),
    ],
    ids=[*GITHUB, "gitlab-ci.yml", "Jenkinsfile", "crontab"],
)
def test_its_commands_are_understood(scripts: list[str], understood: dict[str, set[str]], tmp_path: Path) -> None:
    """Run every shell line as it stands, with a `portero` that only reads its command line."""
    for name, text in {"portero": PORTERO, "pip": "#!/bin/sh\n", "python3": "#!/bin/sh\n"}.items():
        for place in (tmp_path / "bin" / name, tmp_path / ".venv" / "bin" / name):
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(text)
            place.chmod(0o755)
    for name in ("portero/waivers.toml", "last/results.json", "reports/journal.json", "reports/results.json", "env"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    environ = {"PATH": f"{tmp_path / 'bin'}:{os.environ['PATH']}", "PYTHONPATH": str(CHECKOUT), "PORTERO": "portero"}
    for script in scripts:
        here = script.replace("/opt/portero/bin/", "").replace("/etc/portero", ".").replace("/var/log/portero", ".")
        subprocess.run(["bash", "-eo", "pipefail", "-c", here], cwd=tmp_path, env=environ, check=True, timeout=60)
    found = {line.split()[0]: set(line.split()[1:]) for line in (tmp_path / "understood").read_text().splitlines()}
    assert {name: words & found.get(name, set()) for name, words in understood.items()} == understood
