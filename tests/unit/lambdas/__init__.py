"""Tests of the class stack's functions, on moto, the engine's SageMaker in process, and a small CloudFormation."""
