#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# coreutils and the shell: pipes, jobs, sort with threads, sed, awk, find, xargs, tar, xz
# needs: bash sort sed awk tar xz
# part: small
set -euo pipefail
seq 1 20000 | awk '{ print ($1 * 7919) % 60013, "line", $1 }' >lines
sort --parallel=4 -S 1M -k1,1n lines >sorted
sort --parallel=4 -R --random-source=lines lines | md5sum
sed -E 's/([0-9]+) line/\1 Zeile/; $!N; P; D' sorted | tail -n 3
awk '{ a[$1 % 101] = a[$1 % 101] $3 } END { for (i = 0; i < 101; ++i) n += length(a[i]); print n }' lines
tar --sort=name --mtime=@0 --owner=0 --group=0 -cf - lines sorted | xz -T2 -1 >both.tar.xz
xz -dc both.tar.xz | md5sum
find . -name '*s*' -print0 | sort -z | xargs -0 -n 1 wc -c
declare -A table
for i in {1..3000}; do table[$((i * 31 % 997))]+=$i; done
echo "${#table[@]} ${table[5]}"
mapfile -t all < <(head -n 2000 lines)
echo "${#all[@]} ${all[1999]}"
trap 'echo trapped' USR1
kill -USR1 $$
(ulimit -v 200000; sort -S 1M lines | md5sum)
for i in 1 2 3; do (exit $i) & wait $! || echo "status $?"; done
printf '%s\n' "$(<sorted)" | cmp - sorted
cut -d' ' -f1 nothing || echo "status $?"
echo finished
