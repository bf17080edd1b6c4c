#!/bin/bash
# Runs once, as root, when the notebook instance is made; on-start.sh follows right after it and does the work.
#
# A script that fails makes CloudFormation roll the seat away, so nothing here may: only the folder for our state is
# laid on the one volume that survives a stop.
set -uo pipefail

state=/home/ec2-user/SageMaker/.classlab
if ! runuser -u ec2-user -- mkdir -p "$state"; then
  echo "the folder $state cannot be made; the worker will report what that breaks" >&2
fi
exit 0
