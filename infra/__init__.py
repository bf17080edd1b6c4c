"""The CDK app's stacks and constructs: stacks compose, constructs create."""
