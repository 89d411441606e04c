#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# redis: a server on a socket, its benchmark, background saves (a fork that does not exec), a restart
# needs: redis-server redis-benchmark redis-cli
# not compared: *.rdb (holds times and how much memory was used)
# not compared: *.log (process ids and times)
# not compared: *.aof* (times)
set -euo pipefail
server() {
    redis-server --port 0 --unixsocket "$PWD/socket" --save '' --dir "$PWD" --logfile server.log "$@" &
    for _ in {1..1200}; do redis-cli -s socket ping 2>/dev/null | grep -q PONG && return; sleep 0.05; done
    cat server.log
}
client() { redis-cli -s socket "$@"; }

server --appendonly yes --activedefrag no
redis-benchmark -s socket -q -n 4000 -r 1000 -d 100 -c 10 -P 16 -t set,get,lpush,sadd,hset,zadd >benchmark.log
client flushall
for i in {1..400}; do printf 'SET k%d %s\nRPUSH l%d a b %d\nZADD z %d m%d\nHSET h f%d v\n' "$i" "$i" $((i % 7)) "$i" "$i" "$i" "$i"; done |
    client | sort | uniq -c
client eval 'local t = {} for i = 1, 3000 do t[i] = ("x"):rep(i % 9) end return #table.concat(t)' 0
client bgsave
while client info persistence | grep -q 'rdb_bgsave_in_progress:1'; do sleep 0.02; done
client info persistence | grep -o 'rdb_last_bgsave_status:[a-z]*'
client bgrewriteaof
while client info persistence | grep -q 'aof_rewrite_in_progress:1'; do sleep 0.02; done
client info persistence | grep -o 'aof_last_bgrewrite_status:[a-z]*'
client debug digest || true
client --csv sort h by nosort
client shutdown nosave || true
wait
server --appendonly yes
client --csv zrange z 0 -1 withscores
client dbsize
client shutdown nosave || true
wait
echo finished
