#!/bin/bash
# Make the seat what the class asked for: labs, kernels, SDK defaults. Safe to run again: whatever is complete is kept,
# and the labs folder, once there, is the attendee's. Standard output is empty, or says what went wrong.
set -euo pipefail
# shellcheck source=common.sh
. "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/common.sh"

temporary=$(mktemp -d)
trap 'rm -rf "$temporary"' EXIT

main() {
  mkdir -p "$state" || fail "the volume cannot be written to"
  while IFS=$'\t' read -r -u 3 path sha256 commit; do
    clone_labs "$path" "$sha256" "$commit"
  done 3< <(contents labs)
  while IFS=$'\t' read -r -u 3 kernel path sha256 mib _; do
    unpack_kernel "$kernel" "$path" "$sha256" "$mib"
  done 3< <(contents pack)
  python3 "$here/configure.py" --contents "$here/contents.tsv" || fail "the kernels and the SDK cannot be configured"
}

fail() {
  log "$*"
  printf '%s\n' "$*"
  exit 1
}

fetch_and() { # asset, SHA-256, command that reads it from its standard input; the archive itself is not stored
  local asset=$1 expected=$2 sum
  shift 2
  rm -f "$temporary/pipe" && mkfifo "$temporary/pipe"
  sha256sum <"$temporary/pipe" >"$temporary/sum" &
  if ! { copy "$(class_asset "$asset")" - | tee "$temporary/pipe" | "$@"; } 2>"$temporary/errors"; then
    cat "$temporary/errors" >&2
    fail "$asset cannot be fetched and unpacked: $(grep -m 1 . "$temporary/errors")"
  fi
  wait $!
  sum=$(cut -d ' ' -f 1 "$temporary/sum")
  [ "$sum" = "$expected" ] || fail "$asset is not the file of this build: its SHA-256 is $sum, not $expected"
}

clone_labs() { # asset, SHA-256, commit
  [ ! -e "$labs" ] || return 0
  log "cloning the labs at $3"
  local clone=$state/labs.new
  rm -rf "$clone"
  fetch_and "$1" "$2" dd of="$temporary/labs.bundle" status=none
  git clone --quiet --template= "$temporary/labs.bundle" "$clone" || fail "the lab bundle cannot be cloned"
  git -C "$clone" remote remove origin
  [ "$(git -C "$clone" rev-parse HEAD)" = "$3" ] || fail "the commit of the lab bundle is not $3"
  mv "$clone" "$labs"
}

unpack_kernel() { # name, asset, SHA-256, MiB it takes on the volume
  local folder=$state/kernels/$1-${3:0:12} free
  [ ! -e "$folder/.complete" ] || return 0
  log "unpacking the kernel $1"
  rm -rf "$folder"
  free=$(df --output=avail -B 1M "$volume" | tail -n 1)
  ((free >= $4)) || fail "the kernel $1 needs $4 MiB and the volume has $free MiB left: raise volume_gib"
  mkdir -p "$folder"
  fetch_and "$2" "$3" tar -x -C "$folder"
  make_environment "$folder" || fail "the kernel $1 cannot be installed from its pack"
  rm -rf "$folder/wheels" "$folder/cache"
  touch "$folder/.complete"
}

make_environment() { # folder of an unpacked pack; no package index is asked
  local uv=("$1/uv" --quiet --offline --cache-dir "$1/cache" --no-config --no-python-downloads) overlaps name
  local from=(--no-index --find-links "$1/wheels" --require-hashes --link-mode hardlink --python "$1/env/bin/python")
  "${uv[@]}" venv --python "$1/python/bin/python3" "$1/env" &&
    "${uv[@]}" pip sync "${from[@]}" "$1/requirements.txt" &&
    overlaps=$(python3 "$here/overlaps.py" "$1"/env/lib/python3*/site-packages) || return
  for name in $overlaps; do # in a fixed order, so that the same one's file stays in every seat
    "${uv[@]}" pip install "${from[@]}" --no-deps --reinstall-package "$name" -r "$1/requirements.txt" || return
  done
}

main
