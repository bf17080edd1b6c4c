"""What the instructor's written policy is worth on a running engine with IAM on."""

from pathlib import Path

import pytest

from classlab import data_source
from classlab.aws import Aws
from classlab.labs import Lab, lab_folders, read_lab
from classlab.rehearsal.account import connect, create_instructor, root_keys
from embedded_aws.launcher import Engine

CONTENT = b"public"


@pytest.fixture(scope="module")
def instructor(engine: Engine) -> Aws:
    """An IAM user with nothing but the written policy."""
    return connect(engine, create_instructor(connect(engine, root_keys(engine))))


LABS = [read_lab(folder) for folder in lab_folders()]


@pytest.mark.parametrize("lab", [lab for lab in LABS if lab.data and lab.data.public_source], ids=lambda lab: lab.name)
def test_public_data_is_read_with_the_instructors_rights(
    engine: Engine, instructor: Aws, lab: Lab, tmp_path: Path
) -> None:
    bucket, _, key = lab.raw.public_source.removeprefix("s3://").partition("/")
    root = connect(engine, root_keys(engine))
    root.s3.create_bucket(Bucket=bucket)
    root.s3.put_object(Bucket=bucket, Key=key, Body=CONTENT)
    try:
        unchecked = lab.model_copy(update={"data": lab.raw.model_copy(update={"sha256": ""})})
        file = data_source.Places(folder=None, environment={}, keep_in=tmp_path).locate(unchecked, instructor)
    finally:
        root.s3.delete_object(Bucket=bucket, Key=key)
        root.s3.delete_bucket(Bucket=bucket)
    assert (file.path.read_bytes(), file.origin, file.generated) == (CONTENT, lab.raw.public_source, False)
