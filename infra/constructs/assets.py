"""What ``classlab build`` made goes into the class bucket: staged by the CDK, copied there by a function of the stack.

The same function empties the bucket when the class stack goes. Files are staged as they are, under names made of their
SHA-256, so an unchanged kernel pack is never uploaded twice.
"""

from aws_cdk import CustomResource, Duration
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_s3_assets as s3_assets
from constructs import Construct

from classlab.build.manifest import ASSETS_FOLDER, BuiltFile
from classlab.contract import ASSETS_PREFIX, AssetFile
from classlab.settings import Classroom
from infra.constructs.function import ClassFunction, FunctionPlan
from infra.inputs import BuildInputs
from infra.policy import Statement, allow

_ALL = "All objects of the one bucket, which this function empties"
_BUILDS = "The builds' own folder in the one bucket"


class ClassAssets(Construct):
    """Fills the class bucket; whatever reads from it must come after this construct."""

    def __init__(
        self, scope: Construct, *, classroom: Classroom, build: BuildInputs, code: s3_assets.Asset, bucket: s3.IBucket
    ) -> None:
        super().__init__(scope, "Assets")
        staged = [self._stage(build, file) for file in sorted(build.manifest.files, key=lambda file: file.path)]
        self.function = ClassFunction(
            self,
            "Copier",
            classroom=classroom,
            code=code,
            plan=FunctionPlan(
                package="assets",
                description="Copies the build into the class bucket, and empties the bucket at the end",
                rights=[*_copy(staged, bucket), *_empty(bucket)],
            ),
        )
        CustomResource(
            self,
            "Contents",
            resource_type="Custom::ClassAssets",
            service_token=self.function.arn,
            service_timeout=Duration.minutes(20),
            properties={
                "ClassBucket": bucket.bucket_name,
                "Prefix": build.manifest.asset_prefix,
                "Files": [file for file, _ in staged],
            },
        )

    def _stage(self, build: BuildInputs, file: BuiltFile) -> tuple[AssetFile, str]:
        """The staged file and the ARN of its object."""
        asset = s3_assets.Asset(
            self,
            f"File-{file.path.replace('/', '-')}",
            path=str(build.folder / ASSETS_FOLDER / file.path),
            asset_hash=file.sha256,
        )
        staged = AssetFile(
            SourceBucket=asset.s3_bucket_name, SourceKey=asset.s3_object_key, Path=file.path, Sha256=file.sha256
        )
        return staged, asset.bucket.arn_for_objects(asset.s3_object_key)


def _copy(staged: list[tuple[AssetFile, str]], bucket: s3.IBucket) -> list[Statement]:
    return [
        allow("ReadStaged", ["s3:GetObject"], sorted(arn for _, arn in staged)),
        allow("Write", ["s3:PutObject"], [bucket.arn_for_objects(f"{ASSETS_PREFIX}*")], why=_BUILDS),
    ]


def _empty(bucket: s3.IBucket) -> list[Statement]:
    listing = ["s3:ListBucket", "s3:ListBucketVersions", "s3:ListBucketMultipartUploads"]
    deleting = ["s3:DeleteObject", "s3:DeleteObjectVersion", "s3:AbortMultipartUpload"]
    return [
        allow("List", listing, [bucket.bucket_arn]),
        allow("Delete", deleting, [bucket.arn_for_objects("*")], why=_ALL),
    ]
