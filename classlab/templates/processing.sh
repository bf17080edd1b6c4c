#!/bin/bash
# Starts a script of a lab as a processing job: installs what the job image lacks, and where it fails hands the last line
# that it said on stderr to SageMaker, which shows the first kilobyte of that as the job's ExitMessage.
set -uo pipefail

message=/opt/ml/output/message
code=$(dirname "$0")
errors=$(mktemp)

run() {
    if [ -f "$code/requirements.txt" ]; then
        python3 -m pip install --quiet --requirement "$code/requirements.txt" || return
    fi
    python3 "$code/$1"
}

{ run "$1" 2>&1 >&3 | tee "$errors" >&2; } 3>&1
status=$?
if [ "$status" -ne 0 ] && [ "$status" -lt 128 ]; then  # who was killed said nothing about it
    mkdir -p "$(dirname "$message")"
    tail -n 1 "$errors" | head -c 1000 > "$message"
fi
exit "$status"
