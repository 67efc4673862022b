#!/usr/bin/env bash
# Every test, with a PostgreSQL of its own on a free port, in a folder that is
# removed again. Mosquitto and the browser are started by the tests themselves.
set -euo pipefail
cd "$(dirname "$0")/.."

work=$(mktemp -d "${TMPDIR:-/tmp}/cartage-test.XXXXXX")
bin=$(ls -d /usr/lib/postgresql/*/bin | sort -V | tail -1)
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])' 2>/dev/null || echo $((20000 + RANDOM % 20000)))

# initdb refuses to run as root; the package's own user does it then.
as_owner() { if [ "$(id -u)" = 0 ]; then su postgres -s /bin/bash -c "$1"; else bash -c "$1"; fi; }
stop() {
    as_owner "$bin/pg_ctl -D $work/pg -m immediate stop" >/dev/null 2>&1 || true
    rm -rf "$work"
}
trap stop EXIT

[ "$(id -u)" = 0 ] && chown postgres "$work"
chmod 755 "$work"
as_owner "$bin/initdb -D $work/pg -U cartage --auth=trust -E UTF8 >/dev/null"
# The cluster is thrown away: what it writes need not survive a power cut.
as_owner "$bin/pg_ctl -w -D $work/pg -l $work/pg.log -o '-p $port -k $work -c listen_addresses=127.0.0.1 -c max_connections=300 -c fsync=off' start" >/dev/null

export CARTAGE_TEST_POSTGRES="postgres://cartage@127.0.0.1:$port/postgres"
# The same cases each time; `make soak` draws new ones.
export PROPTEST_RNG_SEED="${PROPTEST_RNG_SEED:-20261123}"
cargo test --locked --workspace "$@"
