#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# memcached: four threads, evictions, a thousand keys by several clients at once
# needs: memcached perl
set -euo pipefail
as=()
[[ $(id -u) != 0 ]] || as=(-u root)
memcached -s "$PWD/socket" -t 4 -m 8 "${as[@]}" &
server=$!
for _ in {1..1200}; do [[ -S socket ]] && break; sleep 0.05; done
cat >client.pl <<'PERL'
use strict; use warnings; use IO::Socket::UNIX;
sub client {
    my ($n) = @_;
    my $s = IO::Socket::UNIX->new(Peer => 'socket') or die $!;
    my ($stored, $right) = (0, 0);
    for my $i (1 .. 300) {
        my $v = "$n:$i " x ($i % 40 + 1);
        print $s "set k$n-$i 0 0 ", length $v, "\r\n$v\r\n";
        ++$stored if <$s> =~ /^STORED/;
        print $s "get k$n-$i\r\n";
        my $head = <$s>;
        if ($head =~ /^VALUE/) { ++$right if <$s> eq "$v\r\n"; <$s>; }
        print $s "append k$n-$i 0 0 2\r\nxx\r\n"; <$s>;
        print $s "delete k$n-$i\r\n" and <$s> if $i % 3 == 0;
    }
    print $s "set huge$n 0 0 2000000\r\n", 'y' x 2000000, "\r\n";
    my $huge = <$s>;
    return "$n stored $stored right $right huge $huge";
}
my @pipes = map { my $n = $_; my $pid = open(my $p, '-|') // die; if (!$pid) { print client($n); exit 0 } $p } 1 .. 5;
print <$_> for @pipes;
PERL
perl client.pl
kill -TERM $server
wait $server || echo "status $?"
echo finished
