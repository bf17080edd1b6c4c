"""Tests of the CDK app: nothing is built, nothing is deployed, nobody is asked."""
