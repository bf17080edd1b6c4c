"""AWS::SecretsManager::Secret through Secrets Manager's own calls; its Ref is the ARN.

Deleting leaves no recovery window ("DeletionPolicy attribute", CloudFormation's template reference). Generated names
are `<logical id>-<random>`. Keys of KMS and replicas in other regions are refused.
"""

from __future__ import annotations

import json
from typing import Any

from embedded_aws.cloudformation.api_type import api_type, given, retag, undone
from embedded_aws.cloudformation.types import Call, PhysicalName, Properties, Resource, ResourceError

_NAME_LENGTH = 512
_VALUES = ("SecretString", "GenerateSecretString")
_TEMPLATED = ("SecretStringTemplate", "GenerateStringKey")
_PASSWORD = {
    **{f"Exclude{kind}": f"Exclude{kind}" for kind in ("Characters", "Lowercase", "Numbers", "Punctuation")},
    **{name: name for name in ("ExcludeUppercase", "IncludeSpace", "PasswordLength", "RequireEachIncludedType")},
}


def _create(call: Call, name: PhysicalName, props: Properties) -> Resource:
    own = str(props.get("Name") or name(_NAME_LENGTH))
    asked = {**given(props, {"Description": "Description", "Tags": "Tags"}), **_value(call, props)}
    arn = call("secretsmanager", "CreateSecret", Name=own, **asked)["ARN"]
    with undone(_remove, call, arn, props):
        call("secretsmanager", "DescribeSecret", SecretId=arn)
    return Resource(arn, {"Id": arn})


def _update(call: Call, own: str, old: Properties, new: Properties) -> Resource:
    """A changed value, or way to generate it, is a new version; the last one stays where the template says none."""
    changed = [member for member in ("Description", *_VALUES) if old.get(member) != new.get(member)]
    asked = {"Description": str(new.get("Description", ""))} if "Description" in changed else {}
    if any(member in new for member in changed if member in _VALUES):
        asked |= _value(call, new)
    if asked:
        call("secretsmanager", "UpdateSecret", SecretId=own, **asked)
    retag(call, "secretsmanager", old, new, SecretId=own)
    return Resource(own, {"Id": own})


def _delete(call: Call, own: str, props: Properties) -> None:
    call("secretsmanager", "DescribeSecret", SecretId=own)
    _remove(call, own, props)


def _remove(call: Call, own: str, _props: Properties) -> None:
    call("secretsmanager", "DeleteSecret", SecretId=own, ForceDeleteWithoutRecovery=True)


def _value(call: Call, props: Properties) -> dict[str, str]:
    """The text of a secret: given, generated, or generated into a JSON object."""
    if all(member in props for member in _VALUES):
        raise ResourceError("A secret has either a SecretString or a GenerateSecretString")
    if "SecretString" in props:
        return {"SecretString": str(props["SecretString"])}
    if "GenerateSecretString" not in props:
        return {}
    how: Properties = props["GenerateSecretString"]
    password = call("secretsmanager", "GetRandomPassword", **given(how, _PASSWORD))["RandomPassword"]
    return {"SecretString": _templated(how, password)}


def _templated(how: Properties, password: str) -> str:
    """SecretStringTemplate and GenerateStringKey go together ("GenerateSecretString", template reference)."""
    if not any(member in how for member in _TEMPLATED):
        return password
    if not all(member in how for member in _TEMPLATED):
        raise ResourceError("SecretStringTemplate and GenerateStringKey must both be given")
    try:
        held: Any = json.loads(how["SecretStringTemplate"])
    except ValueError:
        held = None
    if not isinstance(held, dict):
        raise ResourceError("SecretStringTemplate must be a JSON object")
    return json.dumps({**held, str(how["GenerateStringKey"]): password})


SECRET_TYPE = api_type(
    "AWS::SecretsManager::Secret",
    (_create, _update, _delete),
    known=("Name", "Description", "Tags", *_VALUES),
    replaced_by=("Name",),
    name_prefix="",
)
