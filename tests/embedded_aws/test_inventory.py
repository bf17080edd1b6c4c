"""The inventory: everything is in it, looking changes nothing, touching shows, and only root may read it."""

from __future__ import annotations

import json

from tests.embedded_aws.account import Account, allow, fetch, fresh

Items = dict[tuple[str, str, str], str]


def inventory(account: Account) -> Items:
    headers = {"Authorization": f"Bearer {account.engine.secret_access_key}"}
    _, body = fetch(account.engine.endpoint, "/_embedded/inventory", headers=headers)
    return {(item["service"], item["collection"], item["id"]): item["digest"] for item in json.loads(body)["items"]}


def new(before: Items, after: Items) -> list[str]:
    added = after.keys() - before.keys()
    return sorted(f"{service}/{collection}/{own.rsplit('/', 1)[-1]}" for service, collection, own in added)


def test_only_roots_secret_opens_it(account: Account) -> None:
    for headers in ({}, {"Authorization": "Bearer wrong"}):
        assert fetch(account.engine.endpoint, "/_embedded/inventory", headers=headers)[0] == 403
    assert inventory(account)


def test_what_is_made_is_in_it_and_goes_again(account: Account) -> None:
    account.client("events").list_rules()
    before = inventory(account)
    objects, logs, sagemaker = account.client("s3"), account.client("logs"), account.client("sagemaker")
    bucket, group, config = fresh("bucket"), fresh("/group"), fresh("config")
    objects.create_bucket(Bucket=bucket)
    objects.put_object(Bucket=bucket, Key="a/b", Body=b"1")
    logs.create_log_group(logGroupName=group)
    logs.create_log_stream(logGroupName=group, logStreamName="stream")
    sagemaker.create_notebook_instance_lifecycle_config(NotebookInstanceLifecycleConfigName=config)
    made = new(before, inventory(account))
    assert f"s3/_buckets/{bucket}" in made
    assert "s3/objects/b" in made
    assert "cloudwatch_logs/streams/stream" in made
    assert f"sagemaker/NotebookInstanceLifecycleConfig/{config}" in made
    objects.delete_object(Bucket=bucket, Key="a/b")
    objects.delete_bucket(Bucket=bucket)
    logs.delete_log_group(logGroupName=group)
    sagemaker.delete_notebook_instance_lifecycle_config(NotebookInstanceLifecycleConfigName=config)
    assert inventory(account) == before


def test_deleted_stack_leaves_nothing(account: Account) -> None:
    before = inventory(account)
    parts = {"Q": {"Type": "AWS::SQS::Queue"}, "B": {"Type": "AWS::S3::Bucket"}, "G": {"Type": "AWS::Logs::LogGroup"}}
    stack = account.deploy({"Resources": parts})
    assert len(inventory(account)) > len(before)
    account.destroy(stack)
    assert inventory(account) == before


def test_looking_changes_nothing(account: Account) -> None:
    role = account.role(allow("s3:ListAllMyBuckets"))
    queue = account.client("sqs").create_queue(QueueName=fresh("queue"))["QueueUrl"]
    before = inventory(account)
    account.client("s3").list_buckets()
    account.client("iam").get_role(RoleName=role.rsplit("/", 1)[-1])
    account.client("sqs").get_queue_attributes(QueueUrl=queue, AttributeNames=["All"])
    account.client("athena").list_work_groups()
    account.client("scheduler").list_schedule_groups()
    account.client("sagemaker").list_models()
    assert inventory(account) == before


def test_touching_shows(account: Account) -> None:
    role = account.role()
    bucket = account.bucket()
    account.client("s3").put_object(Bucket=bucket, Key="k", Body=b"1")
    before = inventory(account)
    account.client("s3").put_object(Bucket=bucket, Key="k", Body=b"2")
    account.client("iam").tag_role(RoleName=role.rsplit("/", 1)[-1], Tags=[{"Key": "touched", "Value": "1"}])
    after = inventory(account)
    changed = {key for key in after if before.get(key) != after[key]}
    assert {(key[1], key[2].rsplit("/", 1)[-1]) for key in changed} == {
        ("objects", "k"),
        ("_roles", role.rsplit("/", 1)[-1]),
    }
