#!/usr/bin/env bash
# What is too long for every test run: the promises at the numbers they are given with, and the
# figures. Each step adds a section to its file in docs/runs with machine and commit, and is passed
# over when it is recorded for this commit: what was interrupted goes on with the next call.
#
#   scripts/proof.sh           the next steps, at most an hour; say it again until all are done
#   scripts/proof.sh STEP…     these steps, even if they are recorded
#   scripts/proof.sh --list    the steps, and which are done for this commit
#
# BATON_PROOF_MINUTES  begins no step after so many minutes (default 40)
# BATON_TEST_POSTGRES  a server for the tests instead of a private one; figures take their own
set -euo pipefail
cd "$(dirname "$0")/.."

steps=(simulation month week answered orders keys year outage planted webhooks interleavings both-stores one-node fault-stores partitioned
  claims edits kills-1 kills-2 kills-3 kills-4 kills-5 rule-kills step-kills bot-deaths stops undo tags
  away faults cluster cluster-planted future pauses nodes-claims nodes-redis nodes-deaths
  nodes-offers-1 nodes-offers-2 nodes-offers-3 nodes-offers-4 nodes-rolls rings rush ingest rules
  routing claim-storm idle typing fan-out fan-out-nodes reconnect-storm reconnect-storm-nodes
  lease cross-node open growth soak stalled verify attacks push-speed operator demo demo-cluster
  phone-kills phone-files phone-histories phone-extension pushes phone-fleet phone-soak phone-day
  suites app stranger budgets large-inbox packaging targets small size console schemathesis
  libraries standard-webhooks
  fuzz-webhook fuzz-frame fuzz-cursor fuzz-page fuzz-signature fuzz-push fuzz-answer)
records=docs/runs
cluster=faults::cluster
heirs=faults::heirs
phone=phone_core
minutes=${BATON_PROOF_MINUTES:-40}
# The first version that bears what a later one says.
tolerant=94068113
# Three nodes and five hundred agents on one number for ten minutes.
large=(BATON_NODES=3 BATON_AGENTS=500 BATON_FAULTS_S=600 BATON_FAULT_EVERY_S=10
  BATON_CUSTOMERS_MS=250 BATON_AGENTS_MS=100000)

fail() { echo "proof.sh: $1" >&2; exit 1; }

# What is not committed is another program: it is recorded as such, and never taken as done. The
# record itself does not count.
commit=$(git rev-parse --short=12 HEAD)
if [ -n "$(git status --porcelain -- . ":!$records")" ]; then commit=$commit-dirty; fi
state=.baton/proof/$commit

machine() {
  local cores memory
  cores=$(nproc)
  memory=$(awk '/MemTotal/ { printf "%.1f GiB", $2 / 1048576 }' /proc/meminfo)
  echo "$cores cores, $memory, $(uname -s) $(uname -r), $(rustc --version | cut -d' ' -f1,2)"
}

begin_postgres() {
  scripts/setup.sh
  BATON_POSTGRES_STATE=$PWD/$state/postgres
  export BATON_POSTGRES_STATE BATON_POSTGRES_FSYNC=$1
  scripts/postgres.sh stop
  trap 'scripts/postgres.sh stop' EXIT
  trap 'exit 130' INT TERM
  postgres=$(scripts/postgres.sh start)
}

# Tests of the world by name: `tested NAME [VARIABLE=value …]`. That one ran has to be seen.
tested() {
  local name=$1 said
  shift
  if [ -z "${BATON_TEST_POSTGRES:-}" ]; then
    [ -n "${postgres:-}" ] || begin_postgres off
  fi
  # As in every test run, with the checks of debug builds.
  scripts/build.sh
  said=$state/$step.log
  env BATON_TEST_POSTGRES="${BATON_TEST_POSTGRES:-$postgres}" "$@" scripts/run-tests.sh world \
    "$name" --exact --nocapture --quiet >"$said" 2>&1 ||
    { tail -n 40 "$said" >&2; return 1; }
  grep -q '1 passed' "$said" || fail "$name did not run"
  figures "$said" "$name"
}

# Each store was killed so often: what ran without kills proves nothing.
has_killed() {
  [ "$(grep -c ": $1 kills, " "$state/$step.log")" = 2 ] ||
    fail "$step did not kill $1 times on each store"
}

# What a test printed of its run.
figures() {
  echo "\`$2\`"
  echo
  grep -vE 'has been running for|^(running|test result|== |\.?$|SKIPPED|[0-9]+ passed)' "$1" | sed 's/^\.*//; s/^/- /' || true
  if grep -q SKIPPED "$1"; then grep SKIPPED "$1" | sort -u | sed 's/^/- /'; fi
}

# The machines of the phone core, at full numbers.
phone_histories() {
  BATON_HISTORIES=10000 cargo test --profile proof --package baton-mobile --lib -- \
    --show-output histories:: >"$state/$step.log" 2>&1 ||
    { tail -n 40 "$state/$step.log" >&2; return 1; }
  echo "Histories of the phone core, 10,000 of each kind:"
  echo
  grep -E '^test .* ok$|^test result|^[0-9]+ histories' "$state/$step.log" | sed 's/^/- /'
}

# Phones, a network, a server and its sender, without a database.
simulation() {
  BATON_SEEDS=100000 cargo test --profile proof --package baton-model --test it -- \
    --nocapture simulation:: >"$state/$step.log" 2>&1 ||
    { tail -n 40 "$state/$step.log" >&2; return 1; }
  echo "Simulated histories, and the planted bugs that they find:"
  echo
  grep -E '^[0-9]+ seeds|found at seed|^test result' "$state/$step.log" | sed 's/^/- /'
}

# A routed team for a month, commit by commit, without a database.
month() {
  BATON_MONTH_AGENTS=40 BATON_MONTH_CONVERSATIONS=50000 \
    cargo test --profile proof --package baton-domain --test it -- \
    --nocapture month:: >"$state/$step.log" 2>&1 ||
    { tail -n 40 "$state/$step.log" >&2; return 1; }
  echo "A month of a routed team, commit by commit:"
  echo
  grep -E 'of a fair share$|^test result' "$state/$step.log" | sed 's/^/- /'
}

# A week of a routed team with open consoles and dead phones, beside one with honest desks.
week() {
  BATON_WEEK_DAYS=7 cargo test --profile proof --package baton-domain --test it -- \
    --nocapture week:: >"$state/$step.log" 2>&1 ||
    { tail -n 40 "$state/$step.log" >&2; return 1; }
  echo "A week of open consoles and dead phones, beside the same week with honest desks:"
  echo
  grep -E 'braked [0-9]+ times$|^test result' "$state/$step.log" | sed 's/^/- /'
}

# Random orders of statuses, answers, undo and kills against a plain count from the log.
answered() {
  BATON_ANSWERED_ORDERS=30000 cargo test --profile proof --package baton-domain --test it -- \
    --nocapture answered_play:: >"$state/$step.log" 2>&1 ||
    { tail -n 40 "$state/$step.log" >&2; return 1; }
  echo "30000 orders of statuses, answers, undo and kills, against a plain count:"
  echo
  grep -E '^test result' "$state/$step.log" | sed 's/^/- /'
}

# A test of the server's library on both databases, built as releases are but for the checks of debug
# builds: `optimised NAME [VARIABLE=value …]`.
optimised() {
  local name=$1
  shift
  [ -n "${BATON_TEST_POSTGRES:-}" ] || [ -n "${postgres:-}" ] || begin_postgres on
  env BATON_TEST_POSTGRES="${BATON_TEST_POSTGRES:-$postgres}" "$@" \
    cargo test --profile proof --package baton --lib -- "$name" --exact --nocapture \
    >"$state/$step.log" 2>&1 || { tail -n 40 "$state/$step.log" >&2; return 1; }
  grep -q '1 passed' "$state/$step.log" || fail "$name did not run"
  echo "\`$name\`"
  echo
  grep -E '^(SQLite|PostgreSQL): |SKIPPED' "$state/$step.log" | sed 's/^/- /'
}

# All end-to-end tests on SQLite and on several nodes with PostgreSQL, of which `make test` plays
# half on each; or with BATON_TEST_NODES=1 on SQLite and on one node with PostgreSQL.
end_to_end() {
  [ -n "${BATON_TEST_POSTGRES:-}" ] || begin_postgres off
  scripts/build.sh
  BATON_TEST_POSTGRES="${BATON_TEST_POSTGRES:-$postgres}" env "$@" \
    scripts/run-tests.sh world --skip=faults:: --skip=phone_core:: --test-threads=3 \
    >"$state/$step.log" 2>&1 || { tail -n 40 "$state/$step.log" >&2; return 1; }
  grep '^test result' "$state/$step.log" | sed 's/^/- /'
}

# All runs with faults and of the phone core on both stores, of which `make test` plays half on each.
fault_stores() {
  [ -n "${BATON_TEST_POSTGRES:-}" ] || begin_postgres off
  scripts/build.sh
  BATON_TEST_POSTGRES="${BATON_TEST_POSTGRES:-$postgres}" \
    scripts/run-tests.sh world faults:: phone_core:: --test-threads=3 \
    >"$state/$step.log" 2>&1 || { tail -n 40 "$state/$step.log" >&2; return 1; }
  grep '^test result' "$state/$step.log" | sed 's/^/- /'
}

# The store's tests, and all end-to-end tests, on tables that are divided by workspace.
partitioned() {
  [ -n "${BATON_TEST_POSTGRES:-}" ] || begin_postgres off
  scripts/build.sh
  export BATON_TEST_POSTGRES="${BATON_TEST_POSTGRES:-$postgres}" BATON_TEST_TEMPLATE
  BATON_TEST_TEMPLATE=$(scripts/partitioned.sh)
  scripts/run-tests.sh baton-store:lib >"$state/$step.log" 2>&1 ||
    { tail -n 40 "$state/$step.log" >&2; return 1; }
  grep '^test result' "$state/$step.log" | sed "s/^/- The store's: /"
  end_to_end
}

# A whole working day of phones, in virtual time.
phone_day() {
  local name=phone::tests::day::in_a_day_a_phone_that_nobody_looks_at_hardly_wants_to_be_woken
  scripts/build.sh
  BATON_DAY_HOURS=10 scripts/run-tests.sh baton-mobile:lib "$name" --exact --nocapture --quiet \
    >"$state/$step.log" 2>&1 || { tail -n 40 "$state/$step.log" >&2; return 1; }
  grep -q '1 passed' "$state/$step.log" || fail "$name did not run"
  figures "$state/$step.log" "$name"
}

# Published webhooks, mutated, against the routes of the server, on both databases.
webhooks() {
  local name=nothing_that_customers_say_is_lost_however_posts_are_merged_split_and_mutated
  name=http::tests::intake::mutated::$name
  [ -n "${BATON_TEST_POSTGRES:-}" ] || begin_postgres off
  scripts/build.sh
  BATON_MUTATED_POSTS=2000 BATON_TEST_POSTGRES="${BATON_TEST_POSTGRES:-$postgres}" \
    scripts/run-tests.sh baton:lib "$name" --exact --nocapture --quiet \
    >"$state/$step.log" 2>&1 || { tail -n 40 "$state/$step.log" >&2; return 1; }
  grep -q '1 passed' "$state/$step.log" || fail "$name did not run"
  grep -E '^[0-9]+ POSTs|SKIPPED' "$state/$step.log" | sed 's/^/- /'
}

# Rows that somebody edits by hand, on both databases: at once, and after ordinary work.
edits() {
  local name
  if [ -z "${BATON_TEST_POSTGRES:-}" ]; then
    [ -n "${postgres:-}" ] || begin_postgres off
  fi
  scripts/build.sh
  for name in edits::any_single_row_that_is_changed_put_in_or_taken_out_is_named \
    afterwards::any_single_row_that_is_edited_stays_named_after_ordinary_work; do
    name=program::tests::$name
    BATON_TEST_POSTGRES="${BATON_TEST_POSTGRES:-$postgres}" BATON_EDITS=10000 \
      scripts/run-tests.sh baton:lib "$name" --exact --nocapture --quiet \
      >"$state/$step.log" 2>&1 || { tail -n 40 "$state/$step.log" >&2; return 1; }
    grep -q '1 passed' "$state/$step.log" || fail "$name did not run"
    figures "$state/$step.log" "$name"
  done
}

# An earlier node, and phones of an earlier version, beside a server that writes facts of the future.
future() {
  local old
  old=$(scripts/frozen.sh "$tolerant")
  tested \
    "$cluster::nodes_beside_one_of_a_later_version_lose_nothing_and_pass_on_what_it_says" \
    BATON_OLD_PROGRAM="$old/baton" BATON_FAULTS_S=300 BATON_AGENTS=100 \
    BATON_CUSTOMERS_MS=250 BATON_AGENTS_MS=20000
  mkdir -p "$old/source/target/bindings"
  ln -sfn ../../../python "$old/source/target/bindings/python"
  echo
  said PLANTED_BUG=facts_of_the_future bash -c 'cd "$1" && exec python3 bindings/suites/world.py \
    --baton "$2" -- bash bindings/suites/python/run.sh' _ "$old/source" "$PWD/target/debug/baton"
}

# What a script says of itself, its last lines.
said() {
  env "$@" >"$state/$step.log" 2>&1 || { tail -n 40 "$state/$step.log" >&2; return 1; }
  echo '```text'
  tail -n 60 "$state/$step.log"
  echo '```'
}

# The server as small builds have it: without the demo, its simulator and practice numbers. Its tests
# play the demo's team, and are not compiled.
small() {
  cargo check --quiet --package baton --lib --bins --no-default-features --locked \
    >"$state/$step.log" 2>&1 || { tail -n 40 "$state/$step.log" >&2; return 1; }
  echo "- The program compiles without its demo."
}

# A sample app, compiled as far as that goes here; where its tools cannot be had, why not.
sample() {
  local code=0 told log=$state/$step-$1.log
  told=$("bindings/samples/$1/check.sh" 2>"$log") || code=$?
  if [ $code -ne 0 ] && [ $code -ne 77 ]; then
    echo "$told" | cat - "$log" | tail -n 40 >&2
    return 1
  fi
  echo "$told" | sed "s/^/- $1: /"
}

# A scenario of the load tests, with its tables.
measured() {
  [ -n "${postgres:-}" ] || begin_postgres on
  cargo build --quiet --release --package baton --package baton-load
  scripts/peers.sh
  target/release/baton-load --quiet --postgres "$postgres" --json "$state/$step.json" "$@"
}

kills() {
  tested faults::kills::a_killed_server_loses_and_doubles_nothing_and_everybody_converges \
    BATON_KILLS=20 BATON_SEED="$1"
}

play() {
  cargo build --quiet --release --package baton
  echo '```'
  target/release/baton demo --once --bind 127.0.0.1:0
  echo '```'
}

play_on_nodes() {
  echo '```'
  scripts/demo-cluster.sh --once
  echo '```'
}

run() {
  case "$1" in
  month) month ;;
  week) week ;;
  answered) answered ;;
  orders)
    tested \
      faults::orders::whatever_the_order_and_the_kills_clocks_and_webhooks_are_what_a_plain_count_says \
      BATON_ORDERS=300
    [ "$(grep -c ': 300 orders, ' "$state/$step.log")" = 2 ] || fail "$step needs both stores" ;;
  keys)
    tested roles::keys::a_key_that_only_reads_writes_by_no_frame_and_no_address
    tested roles::keys::a_socket_of_a_key_ends_with_what_let_it_in_and_hears_nothing_after ;;
  year)
    optimised \
      http::tests::reports::the_reports_of_a_year_say_what_a_count_over_it_says_within_their_time \
      BATON_YEAR_CUSTOMERS=100 BATON_YEAR_WITHIN_MS=2000 ;;
  outage)
    optimised \
      jobs::waker::tests::what_is_due_after_an_outage_rings_in_bounded_groups_while_webhooks_are_taken \
      BATON_DUE=50000 ;;
  planted) BATON_INTERLEAVINGS=300 scripts/planted.sh ;;
  edits) edits ;;
  interleavings)
    tested engine::interleavings::nobody_answers_a_turn_unknowingly_however_acts_interleave \
      BATON_INTERLEAVINGS=10000 ;;
  both-stores) end_to_end ;;
  fault-stores) fault_stores ;;
  partitioned) partitioned ;;
  one-node) end_to_end BATON_TEST_NODES=1 ;;
  claims) tested engine::claims::of_fifty_who_claim_at_once_one_wins_and_all_learn_who \
    BATON_ROUNDS=1000 ;;
  kills-*) kills "${1#kills-}000" ;;
  rule-kills)
    tested \
      faults::rules::each_message_has_its_run_once_and_whole_however_often_the_server_is_killed \
      BATON_RULE_KILLS=200
    has_killed 200 ;;
  step-kills)
    tested \
      faults::steps::each_wish_of_a_rule_is_carried_out_once_however_often_the_server_is_killed \
      BATON_STEP_KILLS=200
    has_killed 200 ;;
  bot-deaths)
    tested \
      faults::bots::a_bot_that_dies_at_any_point_keeps_no_customer_longer_than_it_may_be_silent \
      BATON_BOT_TALKS=1000 ;;
  undo)
    tested \
      faults::undo::what_was_taken_back_never_reached_whatsapp_however_often_the_server_is_killed \
      BATON_UNDOS=10000 ;;
  tags)
    tested \
      faults::tags::a_tag_is_renamed_and_merged_while_all_tag_and_every_client_ends_equal \
      BATON_TAGGED=10000 BATON_TAG_CLIENTS=50 BATON_TAG_ACTS=40 ;;
  stops) tested faults::stops::a_server_told_to_stop_ends_in_time_and_loses_nothing \
    BATON_STOPS=50 ;;
  away) tested faults::away::whoever_was_away_ends_where_those_ended_who_stayed \
    BATON_AWAY_EVENTS=10000 ;;
  faults)
    tested \
      faults::provider::whatever_the_provider_does_each_message_ends_honestly_and_none_twice \
      BATON_FAULTS_S=60
    tested faults::webhooks::webhooks_repeated_merged_and_out_of_order_tell_everything_once \
      BATON_FAULTS_S=60 ;;
  cluster)
    tested \
      "$cluster::under_any_fault_nothing_is_lost_doubled_or_unknown_and_everybody_converges" \
      "${large[@]}" ;;
  cluster-planted)
    # The same run with each bug, and once more without one.
    tested "$cluster::every_bug_planted_in_a_process_turns_the_run_red" \
      "${large[@]}" BATON_PLANTED_RUNS=2 BATON_PLANTED_ALL=1
    tested faults::offers::every_bug_planted_in_routing_turns_its_run_red BATON_PLANTED_ALL=1 ;;
  future) future ;;
  pauses)
    for pause in 40 120; do
      tested "$cluster::a_node_that_slept_long_does_no_harm_when_it_wakes" \
        BATON_NODES=3 BATON_PAUSE_S="$pause"
    done ;;
  nodes-claims)
    tested \
      engine::nodes::of_fifty_who_claim_at_once_over_three_nodes_one_wins_and_all_learn_who \
      BATON_ROUNDS=1000
    tested \
      engine::nodes::claims_of_a_crowd_over_three_nodes_never_exceed_a_limit_at_any_commit \
      BATON_CLAIMS=10000 ;;
  nodes-redis)
    tested \
      nodes::while_redis_is_away_events_arrive_and_its_return_costs_the_database_little \
      BATON_WINDOW_S=60
    tested nodes::commits_that_race_on_two_nodes_make_nobody_read_the_log BATON_ROUNDS=500 ;;
  nodes-deaths)
    tested \
      "$heirs::a_dead_nodes_numbers_are_sent_from_by_another_and_its_sends_are_unconfirmed" \
      BATON_HEIRS=20
    tested "$heirs::a_dead_leader_is_followed_and_what_is_snoozed_wakes" BATON_HEIRS=20 ;;
  nodes-offers-[1-4])
    # Fifty deaths each: those of a leader take their time.
    tested faults::offers::all_who_take_at_once_over_three_nodes_get_different_conversations \
      BATON_TAKERS=100 BATON_SEED="${1##*-}"
    tested \
      faults::offers::offers_survive_the_deaths_of_nodes_and_none_is_lost_early_or_made_twice \
      BATON_OFFER_KILLS=50 BATON_SEED="${1##*-}" ;;
  rings)
    tested \
      "$phone::rings::an_offer_rings_at_a_phone_in_a_pocket_and_its_yes_comes_back_over_three_nodes" \
      BATON_RINGS=300
    tested "$phone::rings::a_dead_phone_loses_an_offer_in_ten_seconds_and_the_next_one_has_it" \
      BATON_DEAD_PHONES=20 ;;
  rush)
    tested \
      rush::in_a_rush_counters_equal_a_count_at_any_position_and_each_why_is_that_of_the_log \
      BATON_POSITIONS=1000 BATON_WHYS=1000 ;;
  nodes-rolls)
    tested "$cluster::a_rolling_restart_under_load_loses_nothing_and_clients_move_on" \
      BATON_NODES=3 BATON_AGENTS=100 BATON_ROLLS=20 ;;
  ingest | rules | routing | idle | typing | fan-out | reconnect-storm | lease | cross-node | \
    open | growth | soak | stalled | verify | attacks)
    measured "$1" ;;
  *-nodes) measured "${1%-nodes}" --nodes 2 ;;
  claim-storm) measured claim-storm --rounds 1000 ;;
  push-speed) measured pushes ;;
  demo) play ;;
  demo-cluster) play_on_nodes ;;
  phone-kills) tested phone_core::kills::a_phone_killed_at_any_moment_loses_nothing_and_doubles_nothing \
    BATON_PHONE_KILLS=500 ;;
  phone-files)
    tested "$phone::files::a_document_and_a_voice_note_survive_deaths_of_the_app_a_cut_and_a_server" \
      BATON_FILE_BYTES=94371840 ;;
  simulation) simulation ;;
  webhooks) webhooks ;;
  phone-histories) phone_histories ;;
  phone-extension)
    tested "$phone::extensions::whichever_process_dies_each_push_is_known_once_and_none_is_lost" \
      BATON_PHONE_PUSHES=1000
    tested "$phone::locked::a_push_before_the_first_unlock_shows_something_and_touches_nothing" ;;
  pushes)
    tested "faults::pushes::each_assignment_reaches_its_phone_however_often_the_server_is_killed" \
      BATON_PUSHES=1000 ;;
  phone-fleet)
    # Five hundred stores are many files.
    ulimit -n "$(ulimit -Hn)"
    tested "$phone::fleet::a_fleet_whose_server_is_gone_for_a_while_does_not_come_back_all_at_once" \
      BATON_FLEET=500 ;;
  phone-soak)
    tested "$phone::soak::over_a_network_that_flaps_every_act_ends_and_nothing_grows" \
      BATON_SOAK_S=600 ;;
  phone-day) phone_day ;;
  suites)
    said BATON_EXITS=200 bindings/suites/run.sh python kotlin swift
    sample android
    sample ios ;;
  app)
    local part
    for part in golden flows android apk "deb --try" budgets; do
      # shellcheck disable=SC2086 # words, on purpose
      said scripts/app.sh $part
      echo
    done ;;
  operator)
    cargo build --quiet --release --package baton
    tests/operator/play.py target/release/baton 2>"$state/$step.log" ;;
  stranger)
    scripts/build.sh
    said scripts/stranger.sh --long ;;
  budgets) said bindings/suites/budgets.sh ;;
  large-inbox) said bindings/suites/budgets.sh --large ;;
  packaging)
    scripts/mobile/bindgen.sh >"$state/$step.log" 2>&1
    said bindings/packaging/check.sh ;;
  targets) said scripts/check-mobile-targets.sh ;;
  small) small ;;
  size) said scripts/mobile/size.sh ;;
  schemathesis) said env BATON_HELD="$PWD/$state/schemathesis.held" BATON_MINUTES=50 \
    scripts/schemathesis.sh 500 ;;
  fuzz-*) said scripts/fuzz.sh "${1#fuzz-}" 600 ;;
  standard-webhooks) said scripts/standard-webhooks.sh test ;;
  libraries) scripts/libraries.sh 2>"$state/$step.log" ;;
  console)
    scripts/build.sh
    said scripts/console.sh all-journeys ;;
  *) fail "there is no step $1; they are: ${steps[*]}" ;;
  esac
}

# The file in which a step is recorded.
record() {
  case "$1" in
  fuzz-*) echo fuzz ;;
  *) echo "${1%-[1-5]}" ;;
  esac
}

# One step in a shell of its own, so that its server of PostgreSQL ends with it.
prove() {
  local step=$1 began=$SECONDS
  mkdir -p "$state"
  echo "proof: $step" >&2
  # Not as the condition of an `if`: there the first error would not end it.
  set +e
  (set -e; step=$step; run "$step") >"$state/$step.md"
  local held=$?
  set -e
  if [ $held -ne 0 ]; then
    cat "$state/$step.md" >&2
    fail "$step did not hold; its log is in $state"
  fi
  {
    echo
    echo "## $step"
    echo
    echo "Commit $commit, $(date -u +%Y-%m-%d), $((SECONDS - began)) s, on $(machine)."
    echo
    cat "$state/$step.md"
  } >>"$records/$(record "$step").md"
  touch "$state/$step.done"
}

is_done() {
  case "$commit" in *-dirty) return 1 ;; esac
  [ -f "$state/$1.done" ]
}

if [ "${1:-}" = --list ]; then
  for step in "${steps[@]}"; do
    if is_done "$step"; then echo "done  $step"; else echo "open  $step"; fi
  done
  exit
fi
# Two at once would stop each other's PostgreSQL.
mkdir -p .baton
exec 9>.baton/proof.lock
flock --nonblock 9 || fail "another run is under way"
if [ $# -gt 0 ]; then
  for step in "$@"; do prove "$step"; done
  exit
fi
for step in "${steps[@]}"; do
  if is_done "$step"; then continue; fi
  if [ $((SECONDS / 60)) -ge "$minutes" ]; then
    echo "proof: $minutes minutes are over; say it again to go on with $step" >&2
    exit 75
  fi
  prove "$step"
done
echo "proof: every step holds for $commit" >&2
