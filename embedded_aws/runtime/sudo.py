"""What stands for sudo on a notebook instance: root becomes others with it, as lifecycle scripts do; others stay.

AWS's images have sudo, and its users may use it unless root access is disabled; here it always is. The environment is
reset as sudo does, but for what SDKs find their credentials and the engine by, which AWS needs no variables for.
"""

from __future__ import annotations

SUDO = r"""#!/bin/bash
# Stands for sudo: root may become anybody with it. Options that it does not know are refused.
user=root login= keep=
while [ $# -gt 0 ]; do
  case $1 in
    -u | --user) user=$2; shift 2 ;;
    --user=*) user=${1#*=}; shift ;;
    -i | --login) login=yes; shift ;;
    -E | --preserve-env) keep=yes; shift ;;
    -H | --set-home | -n | --non-interactive) shift ;;
    --) shift; break ;;
    -*) echo "sudo: $1 is not implemented by the embedded AWS" >&2; exit 1 ;;
    *) break ;;
  esac
done
if [ "$(id -u)" != 0 ]; then
  echo "$(id -un) is not in the sudoers file: root access is disabled." >&2
  exit 1
fi
if [ -n "$login" ]; then
  [ $# -gt 0 ] || exec runuser -l "$user"
  printf -v line '%q ' "$@"
  exec runuser -l "$user" -c "$line"
fi
[ $# -gt 0 ] || { echo "usage: sudo [-EHin] [-u user] [VAR=value] command" >&2; exit 1; }
[ -z "$keep" ] || exec runuser -u "$user" -- env "$@"
home=$(getent passwd "$user" | cut -d: -f6)
kept=()
for name in $(compgen -e AWS_); do kept+=("$name=${!name}"); done
for name in LANG TERM; do [ -z "${!name}" ] || kept+=("$name=${!name}"); done
who=(HOME="${home:-/}" USER="$user" LOGNAME="$user" SHELL=/bin/bash SUDO_USER="$(id -un)")
exec env -i PATH=/sbin:/bin:/usr/sbin:/usr/bin "${who[@]}" "${kept[@]}" runuser -u "$user" -- env "$@"
"""
