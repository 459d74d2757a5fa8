# What the scripts of this folder share; sourced, not run. Where the suite keeps its state, and how its processes are started,
# found and stopped. Everything lies under one folder and listens on 127.0.0.1 only.
#
#   DOCKET_STATE      folder of data, keys, logs (default deploy/local/state)
#   DOCKET_PORT       first of twelve ports in a row (default 7400): the gateway's
#   DOCKET_BUILD      folder of the programs (default build/release)
#   DOCKET_TILE_ENTRIES  not empty: the log's static tiles include the entries

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
state=${DOCKET_STATE:-$here/state}
port=${DOCKET_PORT:-7400}
build=${DOCKET_BUILD:-$root/build/release}

services=(audit request evaluation scheduling)
processes=("${services[@]}" gateway)
declare -A port_of=([gateway]=$port [request]=$((port + 1)) [evaluation]=$((port + 2)) [scheduling]=$((port + 3)) [audit]=$((port + 4)) [mariadb]=$((port + 5)) [tiles]=$((port + 11)))
socket=$state/run/mariadb.sock

say() { printf '%s\n' "$*"; }
fail() {
  printf '%s\n' "$*" >&2
  exit 1
}

# program NAME: the file that a process runs.
program() {
  case $1 in
    mariadb) command -v mariadbd || echo /usr/sbin/mariadbd ;;
    *) echo "$build/services/$1/docket-$1" ;;
  esac
}

# pid_of NAME: the process that was started for NAME, if it still runs; a number that was given to another program since is not ours.
pid_of() {
  local pid
  pid=$(cat "$state/run/$1.pid" 2>/dev/null) || return 1
  [ -n "$pid" ] && [ "$(readlink "/proc/$pid/exe" 2>/dev/null | sed 's/ (deleted)$//')" = "$(readlink -f "$(program "$1")")" ] || return 1
  echo "$pid"
}

# launch NAME COMMAND…: starts a process that outlives this script, its output in the log.
launch() {
  local name=$1
  shift
  setsid "$@" >>"$state/log/$name.log" 2>&1 </dev/null &
  local pid=$!
  # Until it has become the program, a process looks like this shell.
  while [ -e "/proc/$pid/exe" ] && [ "$(readlink "/proc/$pid/exe")" != "$(readlink -f "$(program "$name")")" ]; do sleep 0.01; done
  echo $pid >"$state/run/$name.pid"
}

# wait_for SECONDS WHAT NAME COMMAND…: until the command succeeds, while the process lives.
wait_for() {
  local seconds=$1 what=$2 name=$3
  shift 3
  local end=$((SECONDS + seconds))
  until "$@" >/dev/null 2>&1; do
    pid_of "$name" >/dev/null || fail "$name ended while it was starting. Its log: $state/log/$name.log
$(tail -n 5 "$state/log/$name.log")"
    [ $SECONDS -lt $end ] || fail "$what did not come up within $seconds s. Its log: $state/log/$name.log"
    sleep 0.1
  done
}

# stop NAME: asks it to end and waits; after 30 s it is killed.
stop() {
  local pid end=$((SECONDS + 30))
  pid=$(pid_of "$1") || return 0
  kill -TERM "$pid" 2>/dev/null || true
  while pid_of "$1" >/dev/null; do
    if [ $SECONDS -ge $end ]; then
      say "$1 did not end within 30 s and is killed."
      kill -KILL "$pid" 2>/dev/null || true
      end=$((SECONDS + 30))
    fi
    sleep 0.1
  done
  rm -f "$state/run/$1.pid"
}

sql() { mariadb --no-defaults --socket="$socket" --user=root "$@"; }

docketctl() {
  "$build/services/docketctl/docketctl" --address="127.0.0.1:${port_of[gateway]}" --ca="$state/tls/ca.crt" --log-key="$state/config/log.vkey" "$@"
}

# healthy NAME: the process says that it serves.
healthy() {
  "$build/services/docketctl/docketctl" --address="127.0.0.1:${port_of[$1]}" --ca="$state/tls/ca.crt" \
    --certificate="$state/tls/docketctl.crt" --key="$state/tls/docketctl.key" --server-name="$1.docket" health
}
