# Stages of a check, with a table at the end; scripts/check.sh and scripts/test.sh source it.
# shellcheck shell=bash
#
#   begin_stages NAME       logs go to target/stages/NAME
#   stage NAME COMMAND…     runs it; its output goes to its log, and to the terminal when it fails
#   shown NAME COMMAND…     the same, with its output on the terminal
#   kept NAME PATHS… -- COMMAND…  the same, unless it passed on all of this before: it says *kept* then
#   lane FUNCTION           runs a function with stages beside what follows
#   wait_lanes              waits for all lanes
#   end_stages              waits for all lanes, prints the table, ends with 1 when a stage failed
#
# Once a stage has failed no other begins; those under way end first. Commands run with `set -e`.
# What a stage passed on is what lies at PATHS (those of git; :!folder is without), the command, the
# tools, the services and the settings (BATON_…), by their hash. A stage that ever failed on the same
# is not kept: it may fail now and then. BATON_KEEP=no plays all, as CI does.
# A stage that takes longer than STAGE_MAX_S seconds is ended, and has failed: what hangs is named.

STAGE_MAX_S=2700
KEPT=target/kept
stages=
lanes=()

begin_stages() {
  stages=target/stages/$1
  rm -rf "$stages"
  mkdir -p "$stages"
  : >"$stages/times"
  trap 'stop_lanes; exit 130' INT TERM
}

# Each lane leads a process group of its own, so that what it started ends with it.
stop_lanes() {
  local lane
  for lane in "${lanes[@]}"; do kill -TERM -- "-$lane" 2>/dev/null || true; done
}

# Ends a process with all that it started. It is stopped first: it starts nothing more, and a shell
# has no time to tell of the child that was ended.
end_tree() {
  local child
  kill -STOP "$1" 2>/dev/null || return 0
  for child in $(ps -o pid= --ppid "$1"); do end_tree "$child"; done
  kill -TERM "$1" 2>/dev/null || true
  kill -CONT "$1" 2>/dev/null || true
}

# `measured SECONDS`: whole seconds of what `times` says, 1m2.345s.
measured() {
  local minutes=${1%%m*} rest=${1#*m}
  echo $((minutes * 60 + ${rest%%[.s]*}))
}

# The tools and services of this machine, and what is set of ours but for addresses and places.
surroundings() {
  local tool
  for tool in "rustc -Vv" "node --version" "python3 --version" "java -version" "psql --version" \
    "redis-server --version" "chromium --version" "chromium-headless-shell --version" "uname -rm"; do
    $tool 2>&1 || echo "no $tool"
  done
  env | grep -E '^(BATON_|RUSTFLAGS=)' | grep -vE '^BATON_(TEST_POSTGRES|POSTGRES_STATE|TEST_S3|BUILT|KEEP)=' | sort || true
}

# What a stage is played on: `passed_on PATHS… -- COMMAND…`. Committed or not, but nothing ignored.
passed_on() {
  local paths=()
  while [ "$1" != -- ]; do paths+=("$1"); shift; done
  shift
  {
    echo "$*"
    surroundings
    git ls-files -s -- "${paths[@]}"
    git diff --name-status -- "${paths[@]}"
    { git diff --name-only --diff-filter=d -z -- "${paths[@]}"
      git ls-files -oz --exclude-standard -- "${paths[@]}"; } | xargs -0r sha256sum
  } | sha256sum | cut -d' ' -f1
}

kept() {
  local name=$1 on paths=()
  shift
  while [ "$1" != -- ]; do paths+=("$1"); shift; done
  shift
  if [ "${BATON_KEEP:-}" = no ] || ! git rev-parse --verify --quiet HEAD >/dev/null 2>&1; then
    stage "$name" "$@"
    return
  fi
  mkdir -p "$KEPT"
  on=$(passed_on "${paths[@]}" -- "$@")
  if [ ! -e "$stages/failed" ] && [ "$(cat "$KEPT/$name" 2>/dev/null)" = "$on" ]; then
    echo "kept    $name: it passed on the same at $(date -r "$KEPT/$name" '+%F %H:%M')"
    echo "$name 0 0 kept" >>"$stages/times"
    return
  fi
  rm -f "$KEPT/$name"
  stage "$name" "$@"
  case $(awk -v name="$name" '$1 == name { state = $4 } END { print state }' "$stages/times") in
  # What was written meanwhile was not tested.
  ok)
    if ! grep -qsx "$on" "$KEPT/$name.failed" &&
      [ "$(passed_on "${paths[@]}" -- "$@")" = "$on" ]; then
      echo "$on" >"$KEPT/$name"
    fi ;;
  FAILED) echo "$on" >>"$KEPT/$name.failed" ;;
  esac
}

run_stage() {
  local is_shown=$1 name=$2 log=$stages/$2.log began=$SECONDS code=0 user system runs watch
  shift 2
  if [ -e "$stages/failed" ]; then
    echo "$name - - not run" >>"$stages/times"
    return 0
  fi
  # Nowhere as a condition: there the command's own `set -e` would mean nothing.
  (
    set +eo pipefail
    if [ "$is_shown" = yes ]; then
      set -o pipefail
      (set -e; "$@") 2>&1 | tee "$log"
    else
      (set -e; "$@") >"$log" 2>&1
    fi
    code=$?
    times >"$stages/$name.times"
    exit $code
  ) &
  runs=$!
  (
    sleep "$STAGE_MAX_S"
    echo "$name took longer than $STAGE_MAX_S s, and was ended" | tee -a "$log" >&2
    end_tree "$runs"
  ) &
  watch=$!
  wait "$runs" || code=$?
  end_tree "$watch"
  wait "$watch" 2>/dev/null || true
  [ ! -e "$stages/$name.times" ] ||
    { read -r user system && read -r user system; } <"$stages/$name.times" || true
  local wall=$((SECONDS - began)) cpu=$(($(measured "${user:-0m0s}") + $(measured "${system:-0m0s}")))
  if [ $code -eq 0 ]; then
    echo "ok      $name, $wall s"
    echo "$name $wall $cpu ok" >>"$stages/times"
    return 0
  fi
  : >"$stages/failed"
  echo "$name $wall $cpu FAILED" >>"$stages/times"
  if [ "$is_shown" = no ]; then
    echo "---- $name: the last lines of $log" >&2
    tail -n 80 "$log" >&2
  fi
  echo "FAILED  $name, $wall s: $log" >&2
}

stage() { run_stage no "$@"; }
shown() { run_stage yes "$@"; }

lane() {
  set -m
  { set +m; "$1"; } &
  lanes+=($!)
  set +m
}

wait_lanes() {
  local lane
  for lane in "${lanes[@]}"; do
    wait "$lane" || { echo "a lane ended with $?" >&2; : >"$stages/failed"; }
  done
  lanes=()
}

end_stages() {
  local name wall cpu state total=0
  wait_lanes
  echo
  grep -h SKIPPED "$stages"/*.log 2>/dev/null | sed 's/^- //' | sort -u || true
  printf '%-24s %7s %7s\n' stage 'wall s' 'CPU s'
  while read -r name wall cpu state; do
    printf '%-24s %7s %7s  %s\n' "$name" "$wall" "$cpu" "$state"
    [ "$cpu" = - ] || total=$((total + cpu))
  done <"$stages/times"
  printf '%-24s %7s %7s  %s cores\n' together "$SECONDS" "$total" "$(nproc)"
  [ ! -e "$stages/failed" ] || exit 1
}
