#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# git: import, clone by its own protocol, gc, fsck, log of every change
# needs: git
# part: small
# not compared: */.git/index (times and inode numbers of files)
set -euo pipefail
export GIT_CONFIG_NOSYSTEM=1 GIT_AUTHOR_DATE='1600000000 +0000' GIT_COMMITTER_DATE='1600000000 +0000'
export GIT_AUTHOR_NAME=A GIT_AUTHOR_EMAIL=a@example.org GIT_COMMITTER_NAME=A GIT_COMMITTER_EMAIL=a@example.org
git config --global pack.threads 1 # deltas are found in another order by several
git config --global protocol.file.allow always

git init -q -b main first
for commit in {1..60}; do
    printf 'commit refs/heads/main\ncommitter A <a@example.org> %d +0000\ndata 2\nc\n' $((1600000000 + commit))
    for file in 1 2 3; do
        text=$(seq $((commit * file)) $((commit * file + 300)))
        printf 'M 100644 inline part%d/file%d\ndata %d\n%s\n' "$file" $((commit % 7)) ${#text} "$text"
    done
done | git -C first fast-import --quiet
git -C first reset -q --hard main
git clone -q "file://$PWD/first" second
cd second
git checkout -q -b side HEAD~20
echo changed >part1/file1
git commit -q -a -m side
git merge -q -m merged -X ours main || git status --short
git gc -q --aggressive --prune=now
git fsck --full --strict
git log -p -M --stat --no-color
git rev-list --objects --all
git grep -c 17 main -- part2 || true
git no-such-command || echo "status $?"
echo finished
