#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# su: PAM and its modules, another user, a process group and a session of its own
# needs: su root
# part: small
# untraced: bash (su -l empties the environment)
# untraced: id (the same)
set -euo pipefail
su -s /bin/bash nobody -c 'id; cd; sort <<<"b
a"; exit 3' || echo "status $?"
su -s /bin/bash -l daemon -c 'cd /; pwd; kill -TERM $$' || echo "status $?"
su -s /bin/bash no-such-user -c true || echo "status $?"
su -s /bin/bash nobody -c 'perl -le "print for 1 .. 20" | sort -rn | tr "\n" " "'
echo finished
