#!/bin/bash
# Runs as root at every start of the notebook instance: fetch our tools, start the worker, get out of the way.
#
# Five minutes are allowed, and a failure rolls the seat away. Both are no place for content, so the long work is a
# detached worker's, and whatever goes wrong is written to the status object in the attendee's bucket. It says
# "preparing" before this script ends: InService then never meets the status of an earlier start.
# The worker is ec2-user's, not root's: it handles files that an attendee can change.
set -uo pipefail

export AWS_RETRY_MODE=standard AWS_MAX_ATTEMPTS=3
tools=${TMPDIR:-/tmp}/classlab # not on the volume: a full one must still be reported
account=ec2-user
home=/home/$account

copy() { # with timeouts that leave time to report
  aws s3 cp --only-show-errors --cli-connect-timeout 5 --cli-read-timeout 30 "$@"
}

status() { # state, reason
  python3 - "$1" "$2" <<'PYTHON' | copy --content-type application/json - "s3://$CLASSLAB_BUCKET/status/environment.json"
import json, sys, time
at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
print(json.dumps(dict(state=sys.argv[1], reason=sys.argv[2], log_tail="", at=at, fingerprint="", parts={})))
PYTHON
}

fetch_tools() { # prints what went wrong
  rm -rf "$tools" && mkdir -m 755 "$tools" || return
  copy "s3://$CLASSLAB_CLASS_BUCKET/${CLASSLAB_ASSET_PREFIX}tools.tar.gz" "$tools/tools.tar.gz" || return
  tar -xzf "$tools/tools.tar.gz" --no-same-owner -C "$tools"
}

start_worker() { # detached, its streams its own: a child that holds ours counts against the five minutes
  local worker=(/bin/bash "$tools/worker.sh") name
  if [ "$(cat /proc/1/comm)" = systemd ] && [ -d /run/systemd/system ]; then
    local settings=(--uid="$account" --setenv=HOME="$home")
    for name in "${!CLASSLAB_@}" "${!AWS_@}"; do settings+=(--setenv="$name=${!name}"); done
    systemd-run --quiet --no-block --collect --unit=classlab-worker "${settings[@]}" "${worker[@]}"
  else
    setsid runuser -u "$account" -- env HOME="$home" "${worker[@]}" </dev/null >/dev/null 2>&1 &
  fi
}

status preparing "" || echo "the status object cannot be written" >&2

for attempt in 1 2 3 4 5; do # a role made a moment ago is not known everywhere at once
  reason=$(fetch_tools 2>&1) && break
  echo "tools, attempt $attempt: $reason" >&2
  case $reason in *404* | *NoSuchKey*) attempt=5 ;; esac
  if [ "$attempt" = 5 ]; then
    status broken "the tools of the class cannot be fetched: ${reason:-no reason given}"
    exit 0
  fi
  sleep 5
done

start_worker || status broken "the worker cannot be started"
exit 0
