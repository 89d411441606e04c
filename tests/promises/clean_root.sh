#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Run by `scripts/package --try` in a system that has nothing but a Debian's base: the package is
# installed beside GDB, used, and removed. There is no compiler. In /try: the package, the tarball,
# and the program lesson_peak.
set -euo pipefail

cd /try
export DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8
listed() { find /usr /etc -xdev \( -type f -o -type l \) | sort; }
expect() { # TEXT FILE
    grep -qF -- "$1" "$2" || { echo "clean_root: not in $2: $1" >&2; cat "$2" >&2; exit 1; }
}
run_gdb() { "$@" -nx -batch -ex 'tbreak lesson_ready' -ex run -ex 'mt start' -ex 'tbreak lesson_done' \
    -ex continue -ex 'mt peak' -ex 'gcore saved' ./lesson_peak 2>&1; }

if command -v cc >/dev/null; then echo "clean_root: there is a compiler" >&2; exit 1; fi
apt-get update -qq
apt-get install -y -qq --no-install-recommends gdb >/dev/null
listed >before
apt-get install -y -qq --no-install-recommends ./memtrace_*.deb >/dev/null

# GDB's own commands, loaded by the library alone.
run_gdb gdb -iex 'set exec-wrapper env LD_PRELOAD=/usr/lib/libmemtrace.so' >by_gdb
expect 'peak: size=8 B, count=1' by_gdb
gdb -nx -batch -ex 'mt peak' ./lesson_peak saved >on_core 2>&1
expect 'peak: size=8 B, count=1' on_core
run_gdb memtrace-gdb >by_wrapper
expect 'peak: size=8 B, count=1' by_wrapper
memtrace saved peak >by_reader
expect 'lesson_peak.c:11: size=8 B, count=1, average=8 B' by_reader

# The tarball needs the same libraries of Debian's as the package does.
tar xf memtrace-*.tar.gz
run_gdb memtrace-*/bin/memtrace-gdb >by_tarball
expect 'peak: size=8 B, count=1' by_tarball

apt-get remove -y -qq memtrace >/dev/null
apt-get autoremove -y -qq >/dev/null
listed >after
comm -13 before after >left
if [ -s left ]; then echo "clean_root: left behind:" >&2; cat left >&2; exit 1; fi
echo "clean_root: installed, used and removed"
