"""Attendee roles: they go with their stack, and alone only where that is gone."""

from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError

from classlab.contract import role_path
from lambdas.shared.clock import Budget
from lambdas.shared.faults import Fault, classify
from lambdas.teardown.kinds.base import After, Kind, Listed, Page, stamp
from lambdas.teardown.kinds.proofs import by_maker, by_stack, seat_stands
from lambdas.teardown.ledger import Item
from lambdas.teardown.ownership import Evidence, Judgement, Seen, by_tags, judge
from lambdas.teardown.scope import Context

_TYPE = "AWS::IAM::Role"


class Role(Kind):
    """Proofs: S, or the class's path and tag together, once there is no stack of its attendee."""

    name = "role"
    verbs = ("strip", "delete")
    after = tuple(
        After(kind, "attendee")
        for kind in (
            "stack",
            "endpoint",
            "hyper_parameter_tuning_job",
            "training_job",
            "processing_job",
            "transform_job",
            "notebook_instance",
        )
    )

    def page(self, context: Context, token: str | None) -> Page:
        """ListRoles under the class's path."""
        more: dict[str, Any] = {"Marker": token} if token else {}
        answer = context.clients.iam.list_roles(PathPrefix=role_path(context.scope.classroom), **more)
        return Page([Listed(role["Arn"], role["RoleName"]) for role in answer["Roles"]], answer.get("Marker"))

    def describe(self, context: Context, listed: Listed) -> Seen | None:
        """GetRole; of a role that is gone IAM knows no path, so whoever may look below a path only is denied."""
        try:
            role = context.clients.iam.get_role(RoleName=listed.name)["Role"]
        except ClientError as error:
            fault = classify(error)
            if fault is Fault.GONE or (fault is Fault.DENIED and not _is_listed(context, listed.name)):
                return None
            raise
        return Seen(kind=self.name, arn=role["Arn"], name=role["RoleName"], created=stamp(role["CreateDate"]))

    def prove(self, context: Context, seen: Seen) -> Judgement:
        """Its stack, or path and tag together."""
        stack = context.facts.stack_of(_TYPE, seen.name)
        if stack and stack == context.facts.class_stack:
            return Judgement(standing="class")
        if stack:
            return judge(by_stack(context, stack))
        pages = context.clients.iam.get_paginator("list_role_tags").paginate(RoleName=seen.name)
        tags = {tag["Key"]: tag["Value"] for page in pages for tag in page["Tags"]}
        return judge(by_maker(context, tags) + _by_path_and_tag(context, tags))

    def learn(self, context: Context, seen: Seen, judgement: Judgement) -> None:
        """Keeps the ground of proof R."""
        context.facts.note(seen, judgement)
        if judgement.standing == "ours":
            context.facts.roles[seen.arn] = judgement.attendee

    def prepare(self, context: Context, item: Item, budget: Budget) -> bool:  # noqa: ARG002 - a handful of calls
        """Takes policies and profiles off a role that no stack will take along."""
        if item.stack is None:
            item.attempts += 1
            _strip(context, item.name)
        return True

    def delete(self, context: Context, seen: Seen) -> None:
        """DeleteRole."""
        context.clients.iam.delete_role(RoleName=seen.name)


def _is_listed(context: Context, name: str) -> bool:
    pages = context.clients.iam.get_paginator("list_roles").paginate(PathPrefix=role_path(context.scope.classroom))
    return any(role["RoleName"] == name for page in pages for role in page["Roles"])


def _by_path_and_tag(context: Context, tags: Mapping[str, str]) -> Evidence:
    """Proof A. A role beside its attendee's standing stack, and not of it, is somebody else's work."""
    tagged = by_tags(tags, context.scope.classroom)
    against: tuple[str, ...] = tagged.contradictions
    if tagged.proofs and tagged.attendee is None:
        against += ("it is tagged with no attendee",)
    elif tagged.proofs and tagged.attendee and seat_stands(context, tagged.attendee):
        against += ("its attendee's stack stands and does not hold it",)
    return Evidence(
        proofs=tuple("A" for _ in tagged.proofs),
        contradictions=against,
        hints=("it lies under the class's role path",),
        attendee=tagged.attendee,
    )


def _strip(context: Context, role: str) -> None:
    iam = context.clients.iam
    for attached in iam.get_paginator("list_attached_role_policies").paginate(RoleName=role):
        for policy in attached["AttachedPolicies"]:
            iam.detach_role_policy(RoleName=role, PolicyArn=policy["PolicyArn"])
    for inline in iam.get_paginator("list_role_policies").paginate(RoleName=role):
        for name in inline["PolicyNames"]:
            iam.delete_role_policy(RoleName=role, PolicyName=name)
    for profiles in iam.get_paginator("list_instance_profiles_for_role").paginate(RoleName=role):
        for profile in profiles["InstanceProfiles"]:
            iam.remove_role_from_instance_profile(InstanceProfileName=profile["InstanceProfileName"], RoleName=role)
