"""AWS on this machine: a pinned emulator, an own SageMaker control plane, and jobs as real processes.

`embedded_aws.launcher` starts and stops it; `python -m embedded_aws` serves it in the foreground. It knows
nothing of what uses it: everything reaches it by an endpoint URL and ordinary credentials.
"""
