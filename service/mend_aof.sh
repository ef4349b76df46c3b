#!/bin/sh
# mend_aof.sh FOLDER COMMAND [ARG ...]: takes a torn transaction off the end of Redis's append-only log in FOLDER, then
# becomes COMMAND, which starts Redis there.
#
# A Redis that is killed while it writes can leave the effects of a script by half at the end of its log. At its next start
# it cuts the log after the last whole command, where it ought to cut before the MULTI (mended in Valkey by pull request
# 4342). What it writes then joins the torn transaction, and the start after that one applies the torn half as well: what
# was sent again is counted twice in part.
set -eu
folder=$1
shift

# Whether the log only ends too early, in Redis's own judgement. Damage of another kind is for people to look at: Redis
# refuses to start on it, and nothing is cut.
ends_too_early() {
  socket=$(mktemp -u)
  verdict=$(mktemp)
  "$@" --aof-load-truncated no --replicaof no one --port 0 --unixsocket "$socket" \
    --daemonize no --logfile "" >"$verdict" 2>&1 &
  judge=$!
  while kill -0 "$judge" 2>/dev/null; do
    if [ "$(redis-cli -s "$socket" ping 2>/dev/null)" = PONG ]; then
      redis-cli -s "$socket" shutdown nosave || true
    fi
    sleep 0.1
  done
  grep -q 'Unexpected end of file reading the append only file' "$verdict"
  found=$?
  rm -f "$verdict"
  return "$found"
}

command -v redis-check-aof >/dev/null || exec "$@"
for manifest in "$folder"/appendonlydir/*.manifest; do
  [ -e "$manifest" ] || continue
  if ! redis-check-aof "$manifest" >/dev/null 2>&1 && ends_too_early "$@"; then
    echo y | redis-check-aof --fix "$manifest"
  fi
done
exec "$@"
