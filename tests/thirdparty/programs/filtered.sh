#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# file and man: both filter their own system calls by seccomp, where a wrong one kills
# needs: file man nroff sqlite3
set -euo pipefail
export MANWIDTH=80 MANROFFSEQ='' MANPAGER=cat

sqlite3 a.db 'CREATE TABLE t (i)'
file a.db "$BASH" /dev/null . nothing
gzip -n -c a.db >a.gz
file -z a.gz
cat >page.1 <<'ROFF'
.TH PAGE 1
.SH NAME
page \- tables and \fBbold\fP
.TS
l l.
a	b
.TE
ROFF
man -l page.1
man -l -Tps page.1 | grep -c Page
man -l nothing.1 || echo "status $?"
echo finished
