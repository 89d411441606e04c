#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# postgres: initdb, a server as another user, pgbench with threads, a parallel query, a dump
# needs: /usr/lib/postgresql/15/bin/postgres /usr/lib/postgresql/15/bin/pgbench setpriv
# not compared: data/* (times, process ids, random bytes; the dump is compared)
# not compared: server.log (process ids and times)
# rule: (restrict) \w{60,} => \1 key (random bytes)
set -euo pipefail
export PATH=/usr/lib/postgresql/15/bin:$PATH PGHOST=$PWD PGUSER=owner PGDATABASE=postgres PGDATA=$PWD/data
as=()
if [[ $(id -u) == 0 ]]; then # it refuses to run as root
    as=(setpriv --reuid=65534 --regid=65534 --clear-groups)
    chown 65534:65534 .
fi

"${as[@]}" initdb --no-sync --no-instructions --locale=C -E UTF8 -A trust -U owner >/dev/null
"${as[@]}" pg_ctl -w -s -l server.log start -o "-k $PWD -c listen_addresses= -c fsync=off \
    -c shared_buffers=16MB -c max_wal_size=64MB -c min_parallel_table_scan_size=0 -c parallel_setup_cost=0"
"${as[@]}" pgbench -q -i -s 2 2>/dev/null
"${as[@]}" pgbench -n -c 1 -t 500 --random-seed=1 >/dev/null
psql -At -c 'SELECT sum(abalance), count(*) FROM pgbench_accounts'
"${as[@]}" pgbench -n -c 6 -j 3 -t 150 -M prepared | grep -E 'processed|failed'
psql -At <<'SQL'
SET max_parallel_workers_per_gather = 2;
SELECT count(*), sum(length(md5(aid::text))) FROM pgbench_accounts;
CREATE TABLE t AS SELECT i, md5(i::text) AS m, jsonb_build_object('i', i) AS j FROM generate_series(1, 20000) i;
CREATE INDEX ON t USING gin (j);
SELECT count(*) FROM t WHERE j @> '{"i": 77}';
DO $$ BEGIN PERFORM 1 / 0; EXCEPTION WHEN division_by_zero THEN RAISE NOTICE 'caught'; END $$;
SELECT string_agg(m, '') FROM (SELECT m FROM t ORDER BY m LIMIT 3) s;
VACUUM (FULL, ANALYZE) t;
SELECT * FROM nowhere;
SQL
pg_dump -t t >dump.sql
"${as[@]}" pg_ctl -w -s -m fast stop
echo finished
