"""The contract with the emulator: every hook finds its places, says so when one changes, and works.

What hooks of stacks, tasks, schedules and IAM do is shown in the tests of these; here are the rest.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from embedded_aws.hook_table import HOOK_TABLE
from embedded_aws.hooks import Hook, HookError
from embedded_aws.lambda_functions import IDLE_SECONDS, error_type
from embedded_aws.launcher import STATE_VARIABLE
from embedded_aws.runtime import images
from embedded_aws.runtime.environments import Environment
from tests.embedded_aws.account import Account, allow, polls

ROOT = Path(__file__).parent.parent.parent
# Runs in the engine's environment: takes each place of each hook away, and gives functions another parameter.
BREAK_EACH = """
import importlib, inspect, json, os, sys
os.environ.update(GATEWAY_PORT="1", MINISTACK_ACCOUNT_ID="123456789012", S3_DATA_DIR=sys.argv[1])
from embedded_aws import ministack_adapter
from embedded_aws.hooks import HookError

def said(hook):
    try:
        hook.check()
    except HookError as error:
        return str(error)
    return ""

found = {}
for hook in ministack_adapter.HOOKS.all:
    found[hook.name] = {"whole": said(hook), "applied": hook.name in ministack_adapter.HOOKS._apply}
    for place, parameters in hook.places.items():
        module, _, path = place.partition(":")
        owner, *rest = [importlib.import_module("ministack." + module), *path.split(".")]
        for name in rest[:-1]:
            owner = getattr(owner, name)
        kept = getattr(owner, rest[-1])
        delattr(owner, rest[-1])
        found[hook.name][place + " gone"] = said(hook)
        if parameters is not None:
            setattr(owner, rest[-1], lambda something_else: None)
            found[hook.name][place + " changed"] = said(hook)
        setattr(owner, rest[-1], kept)
print(json.dumps(found))
"""

# Runs in the engine's environment: looks for stores while a service is imported, and after that.
LOADS_SLOWLY = """
import json, os, sys, types
from importlib.machinery import ModuleSpec
os.environ.update(GATEWAY_PORT="1", MINISTACK_ACCOUNT_ID="123456789012", S3_DATA_DIR=sys.argv[1])
from embedded_aws.ministack_adapter import journal_hooks
from ministack.core.responses import AccountScopedDict

class Journal:
    found = []
    def adopt(self, address, held):
        self.found = list(address)
        return held

journal, name = Journal(), "ministack.services.late"
known = set(sys.modules)
late = sys.modules[name] = types.ModuleType(name)
late.__spec__ = ModuleSpec(name, None)
late.__spec__._initializing = True
journal_hooks._discover(journal, known)
before = journal.found
late._things = AccountScopedDict()
late.__spec__._initializing = False
journal_hooks._discover(journal, known)
print(json.dumps([before, journal.found]))
"""


@pytest.fixture(scope="module")
def broken(environments: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, str]]:
    """What each hook said when it was whole, and when a place of it was gone or changed."""
    found: dict[str, dict[str, str]] = _said(BREAK_EACH, environments, tmp_path_factory.mktemp("objects"))
    return found


def _said(code: str, environments: Path, folder: Path) -> Any:  # noqa: ANN401 # any JSON
    """What code in the engine's environment prints last."""
    lock = ROOT / "embedded_aws" / "requirements.txt"
    python = Environment("engine", lock, environments).python
    command, env = [str(python), "-c", code, str(folder)], {"PATH": os.environ["PATH"]}
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, env=env)
    return json.loads(done.stdout.splitlines()[-1])


def test_stores_of_a_module_that_still_loads_are_kept_once_it_has_them(environments: Path, tmp_path: Path) -> None:
    assert _said(LOADS_SLOWLY, environments, tmp_path) == [[], ["late", "_things"]]


@pytest.mark.parametrize("name", list(HOOK_TABLE))
def test_hook_fits_the_emulator_and_names_what_no_longer_does(name: str, broken: dict[str, dict[str, str]]) -> None:
    told = broken[name]
    assert told.pop("whole") == ""
    assert told.pop("applied")
    for place, text in told.items():
        where, _, what = place.partition(" ")
        assert f"({name})" in text, place
        assert f"ministack.{where}" in text
        assert ("is gone" if what == "gone" else "was written for") in text


def test_hook_of_another_emulator_is_told_apart() -> None:
    hook = Hook(3, "example", "shows", {"no_such_module:thing": None})
    with pytest.raises(HookError, match=r"hook 3 \(example\): ministack.no_such_module:thing is gone"):
        hook.check()


# --- functions ---------------------------------------------------------------------------------------------


def invoke(account: Account, function: str, given: object = None) -> tuple[str, object]:
    answer = account.client("lambda").invoke(FunctionName=function, Payload=json.dumps(given))
    return answer.get("FunctionError", ""), json.loads(answer["Payload"].read())


def test_function_runs_in_the_runtimes_own_interpreter(account: Account, environments: Path) -> None:
    source = (
        "import sys, importlib.util\n"
        "def handler(event, context):\n"
        "    return [sys.executable, *[bool(importlib.util.find_spec(name)) for name in event]]\n"
    )
    function = account.function(source, account.role())
    _, found = invoke(account, function, ["boto3", "ministack", "pydantic"])
    expected = images.environment(images.LAMBDA, environments).python
    assert found == [str(expected), True, False, False]


def test_function_of_another_python_is_refused(account: Account) -> None:
    function = account.function("def handler(event, context):\n    return 1\n", account.role(), Runtime="python3.9")
    error, answer = invoke(account, function)
    assert error
    assert "Unsupported runtime: python3.9" in str(answer)


def test_function_acts_as_its_role(account: Account) -> None:
    source = "import boto3\ndef handler(event, context):\n    return boto3.client('sts').get_caller_identity()['Arn']\n"
    role = account.role()
    _, arn = invoke(account, account.function(source, role))
    assert f":assumed-role/{role.rsplit('/', 1)[-1]}/" in str(arn)


def test_exceptions_have_their_names(account: Account) -> None:
    source = "class TooLow(Exception): pass\ndef handler(event, context):\n    raise TooLow('auc\\nis low')\n"
    error, answer = invoke(account, account.function(source, account.role()))
    assert error == "Unhandled"
    assert isinstance(answer, dict)
    assert (answer["errorType"], answer["errorMessage"]) == ("TooLow", "auc\nis low")


def test_function_without_rights_to_log_leaves_no_log(account: Account) -> None:
    source = "def handler(event, context):\n    print('heard')\n"
    quiet, loud = account.function(source, account.role()), account.function(source, account.role(allow("logs:*")))
    for function in (quiet, loud):
        invoke(account, function)
    logs, name = account.client("logs"), loud.rsplit(":", 1)[-1]
    events = logs.filter_log_events(logGroupName=f"/aws/lambda/{name}")["events"]
    assert any("heard" in event["message"] for event in events)
    with pytest.raises(ClientError, match="ResourceNotFound"):
        logs.filter_log_events(logGroupName=f"/aws/lambda/{quiet.rsplit(':', 1)[-1]}")


def test_deleted_log_group_comes_back_only_by_right(account: Account) -> None:
    """A late writer: the function may write, but not make the group again."""
    role = account.role(allow("logs:*"))
    function = account.function("def handler(event, context):\n    print('late')\n", role)
    invoke(account, function)
    group = f"/aws/lambda/{function.rsplit(':', 1)[-1]}"
    account.client("logs").delete_log_group(logGroupName=group)
    account.set_rights(role, allow("logs:CreateLogStream", "logs:PutLogEvents"))
    invoke(account, function)
    named = account.client("logs").describe_log_groups(logGroupNamePrefix=group)["logGroups"]
    assert named == []


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="processes are counted in /proc")
def test_idle_function_processes_end(account: Account) -> None:
    function = account.function("import os\ndef handler(event, context):\n    return os.getpid()\n", account.role())
    _, pid = invoke(account, function)
    environ = Path(f"/proc/{pid}/environ").read_bytes()
    assert f"{STATE_VARIABLE}={account.engine.state}".encode() in environ
    started = time.monotonic()
    for _ in polls(IDLE_SECONDS + 10):
        if not Path(f"/proc/{pid}").exists():
            break
    assert time.monotonic() - started > IDLE_SECONDS / 2


@pytest.mark.parametrize(
    ("log", "message", "expected"),
    [
        ("Traceback:\n  File x\nValueError: bad", "bad", "ValueError"),
        ("Traceback:\nclasses.gate.TooLow: bad\nmore", "bad\nmore", "TooLow"),
        ("KeyError: 'k'\n\nDuring handling\n\nLookup: bad", "bad", "Lookup"),
        ("Traceback:\nStopIteration", "", "StopIteration"),
        ("nothing of the kind", "bad", None),
    ],
)
def test_error_type_from_a_traceback(log: str, message: str, expected: str | None) -> None:
    assert error_type(log, message) == expected


# --- objects -----------------------------------------------------------------------------------------------


def test_part_of_a_large_object_and_its_copy(account: Account) -> None:
    objects, bucket, size = account.client("s3"), account.bucket(), 24 << 20
    content = os.urandom(size)
    objects.put_object(Bucket=bucket, Key="pack", Body=content)
    part = objects.get_object(Bucket=bucket, Key="pack", Range="bytes=1000000-1000009")
    assert part["Body"].read() == content[1_000_000:1_000_010]
    objects.copy_object(Bucket=bucket, Key="copy", CopySource={"Bucket": bucket, "Key": "pack"})
    copied = objects.get_object(Bucket=bucket, Key="copy")["Body"].read()
    assert hashlib.sha256(copied).digest() == hashlib.sha256(content).digest()


def test_object_that_is_replaced_while_it_is_read_stays_whole(account: Account) -> None:
    objects, bucket = account.client("s3"), account.bucket()
    first, second = b"1" * (8 << 20), b"2" * (2 << 20)
    objects.put_object(Bucket=bucket, Key="k", Body=first)
    body = objects.get_object(Bucket=bucket, Key="k")["Body"]
    head = body.read(1000)
    objects.put_object(Bucket=bucket, Key="k", Body=second)
    assert head + body.read() == first
    assert objects.get_object(Bucket=bucket, Key="k")["Body"].read() == second


def test_versions_are_read_from_their_files(account: Account) -> None:
    objects, bucket = account.client("s3"), account.bucket()
    objects.put_object(Bucket=bucket, Key="k", Body=b"before")
    objects.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    ids = [objects.put_object(Bucket=bucket, Key="k", Body=body)["VersionId"] for body in (b"one", b"two" * 500_000)]
    held = {version: objects.get_object(Bucket=bucket, Key="k", VersionId=version)["Body"].read() for version in ids}
    assert held == {ids[0]: b"one", ids[1]: b"two" * 500_000}
    assert objects.get_object(Bucket=bucket, Key="k", VersionId="null")["Body"].read() == b"before"
    objects.delete_object(Bucket=bucket, Key="k")
    objects.delete_object(Bucket=bucket, Key="k", VersionId=ids[1])
    assert objects.get_object(Bucket=bucket, Key="k", VersionId=ids[0])["Body"].read() == b"one"


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="memory is read from /proc")
def test_large_objects_do_not_stay_in_memory(account: Account) -> None:
    def held() -> int:
        status = Path(f"/proc/{account.engine.pid}/status").read_text()
        return int(re.search(r"RssAnon:\s+(\d+)", status)[1])  # type: ignore[index] # every process has it

    objects, bucket, size = account.client("s3"), account.bucket(), 150 << 20
    objects.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    before = held()
    objects.put_object(Bucket=bucket, Key="pack", Body=bytes(size))
    objects.copy_object(Bucket=bucket, Key="copy", CopySource={"Bucket": bucket, "Key": "pack"})
    assert objects.get_object(Bucket=bucket, Key="copy")["Body"].read() == bytes(size)
    assert (held() - before) * 1024 < size / 2


def test_upload_with_s3s_own_key(account: Account) -> None:
    """The bootstrap's bucket asks for aws:kms without a key, and the CDK's uploads repeat that."""
    objects, bucket = account.client("s3"), account.bucket()
    default = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms"}}
    objects.put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration={"Rules": [default]})
    objects.put_object(Bucket=bucket, Key="k", Body=b"1", ServerSideEncryption="aws:kms")
    objects.put_object(Bucket=bucket, Key="by-default", Body=b"1")
    for key in ("k", "by-default"):
        found = objects.get_object(Bucket=bucket, Key=key)
        assert (found["ServerSideEncryption"], found["Body"].read()) == ("aws:kms", b"1")
