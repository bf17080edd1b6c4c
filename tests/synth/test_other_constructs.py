"""What the CDK writes for services that ClassLab does not use passes the schema checks too: none is too strict.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/validate-stack-deployments.html; functions in these
templates are taken as unknown.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from aws_cdk import App, Duration, RemovalPolicy, Stack
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_cloudfront as cloudfront
from aws_cdk import aws_cloudfront_origins as origins
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_codebuild as codebuild
from aws_cdk import aws_cognito as cognito
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecr as ecr
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_ecs_patterns as patterns
from aws_cdk import aws_efs as efs
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as functions
from aws_cdk import aws_lambda_event_sources as sources
from aws_cdk import aws_logs as logs
from aws_cdk import aws_rds as rds
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from aws_cdk import aws_sqs as sqs

from embedded_aws.cloudformation.early_validation import problems
from embedded_aws.cloudformation.property_checks import checks_of
from embedded_aws.cloudformation.static_values import StaticValues
from embedded_aws.cloudformation.template_sections import section_problem
from embedded_aws.cloudformation.template_shape import shape_problem


def _function(stack: Stack) -> functions.Function:
    return functions.Function(
        stack,
        "Function",
        runtime=functions.Runtime.PYTHON_3_12,
        handler="index.handler",
        code=functions.Code.from_inline("def handler(event, context): pass"),
        timeout=Duration.seconds(30),
        environment={"LEVEL": "1"},
        tracing=functions.Tracing.ACTIVE,
    )


def _network(stack: Stack) -> None:
    network = ec2.Vpc(stack, "Network", max_azs=2)
    network.add_flow_log("Flow")
    network.add_gateway_endpoint("Objects", service=ec2.GatewayVpcEndpointAwsService.S3)
    ec2.SecurityGroup(stack, "Group", vpc=network).add_ingress_rule(ec2.Peer.any_ipv4(), ec2.Port.tcp(443))
    image = ec2.MachineImage.latest_amazon_linux2023()
    ec2.Instance(stack, "Machine", vpc=network, instance_type=ec2.InstanceType("t3.micro"), machine_image=image)
    efs.FileSystem(stack, "Files", vpc=network, lifecycle_policy=efs.LifecyclePolicy.AFTER_14_DAYS)


def _functions(stack: Stack) -> None:
    made = _function(stack)
    made.add_function_url(auth_type=functions.FunctionUrlAuthType.AWS_IAM)
    made.add_event_source(sources.SqsEventSource(sqs.Queue(stack, "Work"), batch_size=5))
    functions.Alias(stack, "Live", alias_name="live", version=made.current_version)
    rule = events.Rule(stack, "Hourly", schedule=events.Schedule.rate(Duration.hours(1)))
    rule.add_target(targets.LambdaFunction(made, retry_attempts=2))
    apigateway.RestApi(stack, "Api").root.add_method("GET", apigateway.LambdaIntegration(made))


def _data(stack: Stack) -> None:
    key = dynamodb.Attribute(name="key", type=dynamodb.AttributeType.STRING)
    table = dynamodb.Table(stack, "Table", partition_key=key, billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST)
    table.add_global_secondary_index(index_name="other", partition_key=key)
    network = ec2.Vpc(stack, "Network", max_azs=2)
    engine = rds.DatabaseClusterEngine.aurora_postgres(version=rds.AuroraPostgresEngineVersion.VER_15_4)
    rds.DatabaseCluster(
        stack,
        "Cluster",
        engine=engine,
        vpc=network,
        writer=rds.ClusterInstance.serverless_v2("one"),
        removal_policy=RemovalPolicy.DESTROY,  # snapshots are refused
    )
    bucket = s3.Bucket(
        stack,
        "Bucket",
        versioned=True,
        enforce_ssl=True,
        encryption=s3.BucketEncryption.S3_MANAGED,
        lifecycle_rules=[s3.LifecycleRule(expiration=Duration.days(3))],
    )
    origin = origins.S3BucketOrigin.with_origin_access_control(bucket)
    cloudfront.Distribution(stack, "Site", default_behavior=cloudfront.BehaviorOptions(origin=origin))


def _messages(stack: Stack) -> None:
    dead = sqs.DeadLetterQueue(max_receive_count=3, queue=sqs.Queue(stack, "Dead", fifo=True))
    sqs.Queue(stack, "Ordered", fifo=True, dead_letter_queue=dead, encryption=sqs.QueueEncryption.KMS_MANAGED)
    topic = sns.Topic(stack, "Topic", display_name="news")
    wanted = {"kind": sns.SubscriptionFilter.string_filter(allowlist=["good"])}
    topic.add_subscription(subscriptions.SqsSubscription(sqs.Queue(stack, "News"), filter_policy=wanted))
    events.Archive(
        stack, "Kept", source_event_bus=events.EventBus(stack, "Bus"), event_pattern=events.EventPattern(source=["me"])
    )


def _containers(stack: Stack) -> None:
    network = ec2.Vpc(stack, "Network", max_azs=2)
    image = ecs.ContainerImage.from_registry("nginx")
    patterns.ApplicationLoadBalancedFargateService(
        stack,
        "Service",
        cluster=ecs.Cluster(stack, "Cluster", vpc=network),
        task_image_options=patterns.ApplicationLoadBalancedTaskImageOptions(image=image),
        memory_limit_mib=512,
    )
    ecr.Repository(stack, "Images", image_scan_on_push=True, lifecycle_rules=[ecr.LifecycleRule(max_image_count=5)])


def _operations(stack: Stack) -> None:
    kms.Key(stack, "Key", enable_key_rotation=True, alias="ours")
    codebuild.Project(stack, "Build", build_spec=codebuild.BuildSpec.from_object({"version": "0.2"}))
    metric = cloudwatch.Metric(namespace="ours", metric_name="errors")
    cloudwatch.Alarm(stack, "Alarm", metric=metric, threshold=1, evaluation_periods=1)
    logs.LogGroup(stack, "Group", retention=logs.RetentionDays.ONE_WEEK)
    cognito.UserPool(stack, "Users", mfa=cognito.Mfa.OPTIONAL).add_client("Client", generate_secret=True)


@pytest.mark.parametrize("build", [_network, _functions, _data, _messages, _containers, _operations])
def test_what_the_cdk_writes_passes(build: Callable[[Stack], None], tmp_path: Path) -> None:
    """Every property of every resource, functions apart."""
    app = App(analytics_reporting=False, outdir=str(tmp_path))
    build(Stack(app, "Others"))
    template: dict[str, Any] = app.synth().get_stack_by_name("Others").template
    resources = template["Resources"]
    assert len(resources) > 5
    values = StaticValues(lambda _: None, lambda _: True, {}, object())
    assert (shape_problem(template), section_problem(template)) == (None, None)
    assert problems(resources, resources, values, checks_of("us-east-1")) == []
