#!/bin/bash
# Copy the attendee's work to their bucket. Nothing is deleted there, links are not followed, and what can be made
# again (kernels, caches) stays out. Arguments are filters that choose among the rest.
set -euo pipefail
# shellcheck source=common.sh
. "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/common.sh"

# Status 2 means that something cannot be read, as lost+found, which is root's: all else was copied.
aws s3 sync --only-show-errors --no-follow-symlinks "$volume" "s3://$CLASSLAB_BUCKET/work" "$@" \
  --exclude '.classlab/*' --exclude 'lost+found/*' --exclude '*/.ipynb_checkpoints/*' --exclude '.ipynb_checkpoints/*' \
  --exclude '*/__pycache__/*' --exclude '.Trash*' || [ $? = 2 ]
