"""lambdas/README.md says what the templates give: every function's settings, and every right of its role.

After a change that is meant: ``CLASSLAB_UPDATE_SNAPSHOTS=1 python -m pytest tests/synth/test_functions_readme.py``
writes the tables of rights; the settings are written by hand.
"""

import os
from typing import Any

import pytest

from infra.inputs import PROJECT
from tests.synth.conftest import Template
from tests.synth.resolving import Resolver, logical_ids, only
from tests.synth.rights_tables import table
from tests.synth.roles import EXPORTS, principal

README = PROJECT / "lambdas" / "README.md"
FUNCTIONS = {"assets": "AssetsCopier", "pipeline": "Gate", "teardown": "TeardownReaper"}
PLATFORM = {"WriteLogs", "SendTraces"}  # every function's own logs and traces: said once, in prose


def _rights(class_template: Template, attendee_template: Template, package: str) -> list[Any]:
    """Statements of the function's role, and of the attendees' buckets about it."""
    role = only(class_template, "AWS::IAM::Role", FUNCTIONS[package])
    own = principal(Resolver("sample", class_template), role).statements
    seat = Resolver("sample--ann", attendee_template, EXPORTS)
    policy = seat.resource(only(attendee_template, "AWS::S3::BucketPolicy"))["PolicyDocument"]
    given = [one for one in policy["Statement"] if one["Effect"] == "Allow" and package == "pipeline"]
    return [one for one in (*own, *given) if one["Sid"] not in PLATFORM]


@pytest.mark.parametrize("package", FUNCTIONS)
def test_the_table_of_rights_is_the_templates(
    class_template: Template, attendee_template: Template, package: str
) -> None:
    before, mark, rest = README.read_text(encoding="utf-8").partition(f"<!-- rights: {package} -->\n")
    written, end, after = rest.partition("<!-- end -->\n")
    wanted = f"\n{table(_rights(class_template, attendee_template, package))}\n\n"
    if os.environ.get("CLASSLAB_UPDATE_SNAPSHOTS"):
        README.write_text(f"{before}{mark}{wanted}{end}{after}", encoding="utf-8")
    else:
        assert written == wanted


def test_every_function_has_its_settings_in_the_table(class_template: Template) -> None:
    functions = [
        class_template["Resources"][one]["Properties"] for one in logical_ids(class_template, "AWS::Lambda::Function")
    ]
    assert len(functions) == len(FUNCTIONS)
    for function in functions:
        (row,) = [
            line for line in README.read_text(encoding="utf-8").splitlines() if f"`{function['Handler']}`" in line
        ]
        assert f"| {function['Timeout']} s, {function['MemorySize']:,} MB |" in row
