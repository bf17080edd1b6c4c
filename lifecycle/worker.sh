#!/bin/bash
# The seat's worker, as ec2-user, from the start of the instance to its stop: prepares the seat, writes the status
# object, then every five minutes copies the attendee's work to their bucket, measures the seat again and stops the
# instance when nobody uses it. A broken seat is tried again each time: an asset may come late.
set -uo pipefail
# shellcheck source=common.sh
. "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/common.sh"

period=${CLASSLAB_PERIOD_SECONDS:-300}
log_file=${TMPDIR:-/tmp}/classlab-worker.log
active_at=$(date +%s)
seat=preparing
measured=''
ready_at=''

main() {
  exec >>"$log_file" 2>&1 </dev/null
  trap 'kill %%; last_copy; exit 0' TERM # the instance stops
  while true; do
    [ "$seat" = ready ] || prepare
    bash "$here/sync_work.sh" || log "the work was not copied; the next try is in $period seconds"
    [ "$seat" = ready ] && measure
    stop_if_idle
    sleep "$period" &
    wait $!
  done
}

last_copy() { # time is short, and nobody can make a notebook again
  bash "$here/sync_work.sh" --exclude '*' --include '*.ipynb'
  bash "$here/sync_work.sh"
}

prepare() {
  log "preparing the seat $CLASSLAB_STACK"
  local reason
  if reason=$(bash "$here/prepare_seat.sh"); then
    seat=ready
    measure
  else
    seat=broken
    report broken --reason "${reason:-preparing the seat failed: $(tail -n 1 "$log_file")}" --log "$log_file"
  fi
}

measure() { # the status object follows what is on the instance, not what was asked for
  local parts
  parts=$(python3 "$here/fingerprint.py" --labs "$labs" --kernelspecs "$HOME/.local/share/jupyter/kernels") || {
    measured=''
    report broken --reason "the seat cannot be measured: $(tail -n 1 "$log_file")" --log "$log_file"
    return
  }
  ready_at=${ready_at:-$(date -u +%FT%TZ)}
  [ "$parts" = "$measured" ] || { report ready --ready-at "$ready_at" --parts <<<"$parts" && measured=$parts; }
}

report() { # state and options of status.py, and its standard input; whole or not at all: a stop may end it anywhere, and a pipe half full
  local document
  document=$(python3 "$here/status.py" "$@") || return
  copy --content-type application/json - "s3://$CLASSLAB_BUCKET/status/environment.json" <<<"$document"
}

stop_if_idle() {
  active_at=$(python3 "$here/idle.py" --since "$active_at") || return
  (($(date +%s) - active_at < CLASSLAB_IDLE_MINUTES * 60)) && return
  log "nobody has used this instance for $CLASSLAB_IDLE_MINUTES minutes: stopping it"
  bash "$here/sync_work.sh"
  aws sagemaker stop-notebook-instance --notebook-instance-name "$CLASSLAB_NOTEBOOK_INSTANCE"
}

main
