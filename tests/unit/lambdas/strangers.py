"""Twins of the class's things that belong to somebody else, for every route of proof."""

from classlab.contract import TAG_CLASSROOM, boundary_export
from tests.embedded_aws.sagemaker_stubs import ROLE
from tests.unit.lambdas.account import Account
from tests.unit.lambdas.seats import (
    Owner,
    class_tags,
    forget_endpoint,
    make_bucket,
    make_config,
    make_machine,
    make_notebook,
    make_role,
    run_jobs,
)

NAMESAKE = "demo--zed"  # a name like a seat's, and nothing else of the class's
_OTHER = "demo-two"


def plant(account: Account) -> None:
    """Everything at once: no teardown may touch any of it."""
    plant_namesakes(account)
    plant_other_class(account)
    plant_spoofed(account)
    plant_roles(account)


def plant_namesakes(account: Account) -> None:
    """Names like the class's, no tag, a foreign role; streams of their own in the shared groups."""
    stranger = Owner(tags=[], role=ROLE)
    _everything(account, NAMESAKE, stranger)
    stack = account.cloudformation.make(NAMESAKE, tags={})
    stack.resources.append(("AWS::S3::Bucket", f"{NAMESAKE}-bucket-x1"))


def plant_other_class(account: Account) -> None:
    """Another class whose name begins like ours, with its own tag, path and boundary."""
    name = f"{_OTHER}--ann"
    _, role = make_role(account, f"{name}-role", tags=class_tags("ann", _OTHER), path=f"/classlab/{_OTHER}/")
    _everything(account, name, Owner(tags=class_tags("ann", _OTHER), role=role))
    account.cloudformation.make(name, tags={TAG_CLASSROOM: _OTHER}, imports=(boundary_export(_OTHER),))
    account.cloudformation.make(_OTHER, tags={TAG_CLASSROOM: _OTHER})


def plant_spoofed(account: Account) -> None:
    """Our tag on what acts under a foreign role, on a bucket, and on a stack that is no seat."""
    _everything(account, "spoof", Owner(tags=class_tags("ann"), role=ROLE), config_tags=[])
    account.cloudformation.make("spoof", tags={TAG_CLASSROOM: "demo"})
    account.cloudformation.make("demo--yan", tags={TAG_CLASSROOM: "demo"})


def plant_roles(account: Account) -> None:
    """Roles under the class's path: without a tag, with another class's, and beside a standing seat."""
    _, untagged = make_role(account, "demo--zed-role", tags=[])
    make_role(account, "demo--zed-other", tags=class_tags("zed", _OTHER))
    make_role(account, "demo--yan-beside", tags=class_tags("yan"))
    run_jobs(account, "demo--zoe", Owner(tags=[], role=untagged))


def _everything(account: Account, name: str, owner: Owner, *, config_tags: list[dict[str, str]] | None = None) -> None:
    config_owner = Owner(tags=owner.tags if config_tags is None else config_tags, role=owner.role)
    make_config(account, name, config_owner)
    make_notebook(account, name, owner, config=name)
    run_jobs(account, name, owner)
    forget_endpoint(account, name, owner)
    make_bucket(account, f"{name}-bucket-x1", owner.tags)
    make_machine(account, f"{name}--churn", ROLE)
    account.own.logs.create_log_group(logGroupName=f"/aws/vendedlogs/states/{name}--churn")
