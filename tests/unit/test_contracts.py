"""The import contracts name every module, so none that is added slips past them; scripts that travel are on their own.

import-linter itself checks the contracts (`make lint`).
"""

import ast
import pkgutil
import sys
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from classlab.cdk import PROJECT

CONTRACTS = {
    contract["name"]: contract
    for contract in tomllib.loads((PROJECT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
}
# Contract, which of its lists, and of which package it must name all modules but those.
EXCEPTIONS = [
    ("Only the rehearsal starts the embedded AWS", "source_modules", "classlab", {"cli", "rehearsal"}),
    ("Only its own command knows the rehearsal", "source_modules", "classlab.cli", {"main", "rehearse"}),
    ("Lambdas are bundled with the contract alone", "forbidden_modules", "classlab", {"contract"}),
    ("The contract imports nothing of ours", "forbidden_modules", "classlab", {"contract"}),
    (
        "infra composes from the contract, the settings, the manifests and the last build's",
        "forbidden_modules",
        "classlab",
        {"build", "contract", "errors", "fitting", "labs", "roster", "settings"},
    ),
    (
        "infra composes from the contract, the settings, the manifests and the last build's",
        "forbidden_modules",
        "classlab.build",
        {"manifest"},
    ),
]
OURS = {path.parent.name for path in PROJECT.glob("*/__init__.py")} | {"app"}
# What stands beside a script where it runs, and the packages of the image or the kernel it runs in.
TRAVELLING = sorted([*PROJECT.glob("lab_assets/**/*.py"), *PROJECT.glob("lifecycle/**/*.py")])


@pytest.mark.parametrize(("name", "members", "package", "allowed"), EXCEPTIONS)
def test_a_contract_names_every_module_but_the_allowed(
    name: str, members: str, package: str, allowed: set[str]
) -> None:
    contract: Mapping[str, list[str]] = CONTRACTS[name]
    there = {module.name for module in pkgutil.iter_modules([str(PROJECT / package.replace(".", "/"))])}
    depth = package.count(".") + 2
    named = {module for module in contract[members] if module.startswith(f"{package}.") and module.count(".") < depth}
    assert allowed <= there
    assert named == {f"{package}.{module}" for module in there - allowed}


def test_every_package_is_under_contract() -> None:
    linter = tomllib.loads((PROJECT / "pyproject.toml").read_text())["tool"]["importlinter"]
    assert set(linter["root_packages"]) == OURS - {"app", "tests"}


@pytest.mark.parametrize("script", TRAVELLING, ids=lambda path: str(path.relative_to(PROJECT)))
def test_what_runs_elsewhere_imports_nothing_of_ours(script: Path) -> None:
    assert not OURS & set(_imported(script))


def test_what_runs_on_an_instance_needs_nothing_but_python() -> None:
    neighbours = {path.stem for path in (PROJECT / "lifecycle").glob("*.py")}
    imported = {name for path in (PROJECT / "lifecycle").glob("*.py") for name in _imported(path)}
    assert imported <= sys.stdlib_module_names | neighbours


def _imported(script: Path) -> Iterator[str]:
    """The top-level names of all modules that a script imports, wherever in it."""
    for node in ast.walk(ast.parse(script.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module.split(".")[0]


def test_the_embedded_awss_own_tests_know_nothing_of_classlab() -> None:
    own = {"embedded_aws", "tests"}
    for path in sorted(PROJECT.glob("tests/embedded_aws/**/*.py")):
        assert set(_imported(path)) & OURS <= own, path
