#!/usr/bin/env bash
# Builds Baton, showing the compiler's progress, and plays the demo; arguments go to `baton demo`.
set -euo pipefail
cd "$(dirname "$0")/.."

built=${CARGO_TARGET_DIR:-target}/debug
cat <<'END'
This builds Baton, then starts it with a team of its own and a simulated WhatsApp, and plays a scene
step by step; nothing leaves this machine. Once it stays up, another terminal opens the app on it:
scripts/app.sh run --server ADDRESS --workspace demo --email AGENT, as it prints them.
END
[ -x "$built/baton" ] ||
  echo "The first build compiles some 300 crates: four minutes on two idle cores, after their download."
scripts/build.sh baton
exec "$built/baton" demo "$@"
