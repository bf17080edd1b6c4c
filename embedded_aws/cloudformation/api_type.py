"""A resource type whose acts are written as bare API calls: refusals, and how they are told, are the same for all."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from embedded_aws.cloudformation.types import (
    Call,
    Create,
    Delete,
    PhysicalName,
    Properties,
    Resource,
    ResourceError,
    ResourceType,
    Update,
    failed,
    gone,
    tag_changes,
)
from embedded_aws.sagemaker.errors import AwsError


def api_type(
    kind: str,
    acts: tuple[Create, Update, Delete],
    known: tuple[str, ...],
    replaced_by: tuple[str, ...] = (),
    **more: Any,  # noqa: ANN401 # further fields of ResourceType
) -> ResourceType:
    """The type `kind` (`AWS::SQS::Queue`), from its acts as bare API calls.

    Other properties than `known` are refused by name, API errors are told as its handler tells them, and what is gone
    already counts as deleted.
    """
    make, change, remove = acts
    said = kind.split("::")[1].capitalize()

    def create(call: Call, name: PhysicalName, props: Properties) -> Resource:
        _refuse_unknown(kind, props, known)
        with _told(said):
            return make(call, name, props)

    def update(call: Call, own: str, old: Properties, new: Properties) -> Resource:
        _refuse_unknown(kind, new, known)
        with _told(said), _sent_back(change, call, own, new, old):
            return change(call, own, old, new)

    def delete(call: Call, own: str, props: Properties) -> None:
        with _told(said):
            unless_gone(remove, call, own, props)

    return ResourceType(create, update, delete, replaced_by, **more)


def unless_gone(act: Any, /, *args: Any, **params: Any) -> None:  # noqa: ANN401 # any act and its parameters
    """Do it; that the resource is not there is no error."""
    try:
        act(*args, **params)
    except AwsError as error:
        if not gone(error):
            raise


def refuse_existing(kind: str, own: str, call: Call, service: str, read: str, /, **params: Any) -> None:  # noqa: ANN401 # API parameters
    """Look for a resource before it is made, where the call that makes it would answer with one that exists."""
    try:
        call(service, read, **params)
    except AwsError as error:
        if not gone(error):
            raise
    else:
        raise already_exists(kind, own)


def already_exists(kind: str, own: str) -> ResourceError:
    """The failure of a resource whose name is taken."""
    text = f"Resource of type '{kind}' with identifier '{own}' already exists."
    return ResourceError(f'Resource handler returned message: "{text}"')


@contextmanager
def undone(remove: Delete, call: Call, own: str, props: Properties) -> Iterator[None]:
    """If something fails once the resource is there, take it away again, as CloudFormation does when it rolls back.

    Where the principal may not do that either, the reason says what is left.
    """
    try:
        yield
    except (AwsError, ResourceError) as error:
        try:
            unless_gone(remove, call, own, props)
        except AwsError as second:
            raise _told_more(error, f"{own} could not be deleted: {second.message}") from second
        raise


def retag(
    call: Call,
    service: str,
    old: Properties,
    new: Properties,
    form: Callable[[list[dict[str, str]]], Any] = list,
    **resource: str,
) -> None:
    """Set and remove tags by TagResource and UntagResource; `resource` is the member that names what has them."""
    changed, dropped = tag_changes(old.get("Tags"), new.get("Tags"))
    if changed:
        call(service, "TagResource", **resource, Tags=form(changed))
    if dropped:
        call(service, "UntagResource", **resource, TagKeys=dropped)


def never_updated(_call: Call, _own: str, _old: Properties, _new: Properties) -> Resource:
    """The update of a type that every change replaces."""
    raise ResourceError("Every change of this type replaces the resource")


def plain(value: Any) -> Any:  # noqa: ANN401 # any template value
    """A template value in JSON's types: templates may say booleans as text."""
    if isinstance(value, Mapping):
        return {key: plain(held) for key, held in value.items()}
    if isinstance(value, list):
        return [plain(held) for held in value]
    return {"true": True, "false": False}.get(value, value) if isinstance(value, str) else value


def given(props: Properties, members: Mapping[str, str]) -> dict[str, Any]:
    """The properties that are there, under the names that a call's members have."""
    return {member: plain(props[name]) for name, member in members.items() if name in props}


@contextmanager
def _sent_back(change: Update, call: Call, own: str, reached: Properties, before: Properties) -> Iterator[None]:
    """If an update fails, change back what the calls before that did, as CloudFormation's rollback does."""
    try:
        yield
    except (AwsError, ResourceError) as error:
        try:
            change(call, own, reached, before)
        except (AwsError, ResourceError) as second:
            if str(second) != str(error):
                text = second.message if isinstance(second, AwsError) else str(second)
                raise _told_more(error, f"{own} could not be changed back: {text}") from second
        raise


def _told_more(error: AwsError | ResourceError, text: str) -> AwsError | ResourceError:
    """The same failure with something that came of it."""
    if isinstance(error, ResourceError):
        return ResourceError(f"{error}; {text}")
    return AwsError(error.code, f"{error.message}; {text}", error.status)


@contextmanager
def _told(service: str) -> Iterator[None]:
    try:
        yield
    except AwsError as error:
        raise failed(error, service) from error


def _refuse_unknown(kind: str, props: Properties, known: tuple[str, ...]) -> None:
    unknown = sorted(props.keys() - set(known))
    if unknown:
        raise ResourceError(f"{kind}: {unknown[0]} is not implemented by the embedded AWS")
