# shellcheck shell=bash disable=SC2034 # what the scripts that read this file share; not each uses all of it
# Sourced by worker.sh and its parts. Needs the exports of the lifecycle configuration's header (CLASSLAB_*).

here=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
volume=$HOME/SageMaker # all that survives a stop
state=$volume/.classlab
labs=$volume/labs
export AWS_RETRY_MODE=standard AWS_MAX_ATTEMPTS=8
export AWS_DEFAULT_REGION PYTHONDONTWRITEBYTECODE=1

log() {
  printf '%s %s\n' "$(date -u +%FT%TZ)" "$*" >&2
}

copy() {
  aws s3 cp --only-show-errors "$@"
}

class_asset() { # path below the asset prefix
  printf 's3://%s/%s%s' "$CLASSLAB_CLASS_BUCKET" "$CLASSLAB_ASSET_PREFIX" "$1"
}

contents() { # the lines of a kind from the list that `classlab build` put beside the tools, without the kind
  sed -n "s/^$1\t//p" "$here/contents.tsv"
}
