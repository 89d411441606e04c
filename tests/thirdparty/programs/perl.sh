#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# perl: hashes, sorting, regular expressions, pipes, fork without exec, threads of the interpreter
# needs: perl
# part: small
set -euo pipefail
export PERL_HASH_SEED=0 PERL_PERTURB_KEYS=0

cat >work.pl <<'PERL'
use strict; use warnings; use threads; use Digest::MD5 qw(md5_hex); use Storable qw(freeze thaw);
sub work {
    my ($n) = @_;
    my %h;
    push @{$h{$_ * 7919 % 601}}, "value $_" for 1 .. $n;
    my $text = join ',', map { "$_=" . join('|', @{$h{$_}}) } sort { $a <=> $b } keys %h;
    (my $changed = $text) =~ s/(\d+)=value (\d+)/$2 + $1/ge;
    return md5_hex($changed, freeze(thaw(freeze([length $text]))));
}
print work($_ * 1000), "\n" for 1 .. 8;
for my $n (1 .. 4) {
    my $pid = open(my $pipe, '-|') // die;
    if (!$pid) { print work($n * 500); exit $n; }
    print <$pipe>, "\n";
    close $pipe;
    print $? >> 8, "\n";
}
print join(' ', map { $_->join } map { my $n = $_; threads->create(sub { work($n * 300) }) } 1 .. 6), "\n";
open(my $out, '>', 'written') or die;
printf $out "%05d %s\n", $_, 'x' x ($_ % 70) for 1 .. 5000;
close $out;
print `sort -r written | head -2`;
eval { die { code => 7 } };
print $@->{code}, "\n";
kill 'TERM', $$;
PERL
perl work.pl || echo "status $?"
echo finished
