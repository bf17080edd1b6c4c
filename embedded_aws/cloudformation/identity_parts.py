"""What roles and users of IAM have in common: policies, a boundary and tags, each by calls of its own."""

from __future__ import annotations

from embedded_aws.cloudformation.api_type import unless_gone
from embedded_aws.cloudformation.policy_types import Principal, document
from embedded_aws.cloudformation.types import Call, Properties, tag_changes


def set_boundary(call: Call, principal: Principal, old: Properties, new: Properties) -> None:
    """Set or take away the permissions boundary."""
    kind, name = principal
    before, after = old.get("PermissionsBoundary"), new.get("PermissionsBoundary")
    if after and after != before:
        call("iam", f"Put{kind}PermissionsBoundary", **{f"{kind}Name": name}, PermissionsBoundary=after)
    elif before and not after:
        call("iam", f"Delete{kind}PermissionsBoundary", **{f"{kind}Name": name})


def set_policies(call: Call, principal: Principal, old: Properties, new: Properties) -> None:
    """Embed and attach what the template says now, and take off what only the old one said."""
    kind, holder = principal
    own = {f"{kind}Name": holder}
    before, after = _inline(old), _inline(new)
    for name in before.keys() - after.keys():
        unless_gone(call, "iam", f"Delete{kind}Policy", **own, PolicyName=name)
    for name, text in after.items():
        if before.get(name) != text:
            call("iam", f"Put{kind}Policy", **own, PolicyName=name, PolicyDocument=text)
    attached, wanted = set(old.get("ManagedPolicyArns", [])), set(new.get("ManagedPolicyArns", []))
    for arn in sorted(attached - wanted):
        unless_gone(call, "iam", f"Detach{kind}Policy", **own, PolicyArn=arn)
    for arn in sorted(wanted - attached):
        call("iam", f"Attach{kind}Policy", **own, PolicyArn=arn)


def set_tags(call: Call, principal: Principal, old: Properties, new: Properties) -> None:
    """Set and remove tags."""
    kind, name = principal
    changed, dropped = tag_changes(old.get("Tags"), new.get("Tags"))
    if changed:
        call("iam", f"Tag{kind}", **{f"{kind}Name": name}, Tags=changed)
    if dropped:
        call("iam", f"Untag{kind}", **{f"{kind}Name": name}, TagKeys=dropped)


def _inline(props: Properties) -> dict[str, str]:
    return {policy["PolicyName"]: document(policy["PolicyDocument"]) for policy in props.get("Policies", [])}
