#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# busybox, linked statically: the loader never sees the preload; nothing happens to it
# needs: busybox
# part: small
# untraced: busybox (no loader, no preload)
set -euo pipefail
busybox seq 1 20000 >numbers
busybox sort -r numbers | busybox awk '{ s[$1 % 97] += $1 } END { for (i in s) n += s[i]; print n }'
busybox cat numbers | busybox gzip -c | busybox zcat | busybox md5sum
busybox sh -c 'for i in 1 2 3; do (exit $i) & wait $! || echo $?; done'
busybox ls nothing || echo "status $?"
echo finished
