#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# ssh: a server on a pipe, its privileges apart, part of it behind a filter of system calls; a client; sftp
# needs: /usr/sbin/sshd ssh sftp ssh-keygen root
# not compared: key (random bytes)
# not compared: key.pub (the same)
# not compared: host (the same)
# not compared: host.pub (the same)
# not compared: server.conf (a session is traced only if the server says so)
# not compared: *.log (process ids, ports, fingerprints)
set -euo pipefail

mkdir -p /run/sshd # where the server that faces the network is confined
for key in key host; do ssh-keygen -q -t ed25519 -N '' -C a -f $key; done
cat >server.conf <<CONF
HostKey $PWD/host
AuthorizedKeysFile $PWD/key.pub
StrictModes no
PermitRootLogin yes
UsePAM no
Subsystem sftp internal-sftp
LogLevel DEBUG3
${LD_PRELOAD:+SetEnv LD_PRELOAD=$LD_PRELOAD MEMTRACE=$MEMTRACE}
CONF
cat >client.conf <<CONF
Host there
User root
IdentityFile $PWD/key
IdentitiesOnly yes
BatchMode yes
StrictHostKeyChecking no
UserKnownHostsFile $PWD/known.log
LogLevel ERROR
ProxyCommand /usr/sbin/sshd -i -f $PWD/server.conf -E $PWD/server.log
CONF
seq 1 20000 >numbers
ssh -F client.conf there 'sort -n | tail -n 2; exit 3' <numbers || echo "status $?"
ssh -F client.conf -C -c aes128-ctr there 'cat' <numbers | cksum
printf 'cd %s\nput numbers copied\nget copied back\nls -1\n' "$PWD" | sftp -q -b - -F client.conf there
cmp numbers back
grep -c 'attaching seccomp filter' server.log
echo finished
