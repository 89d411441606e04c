#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Fails if the stack walker's objects refer to a function of libc that is not on
# the list. Usage: stack_symbols.sh NM "OBJECT…"
set -eu
nm=$1
# Word splitting is meant: the objects come as one argument.
# shellcheck disable=SC2086
found=$("$nm" -u $2 | awk 'NF == 2 { print $2 }' | grep -v '^_ZN.*2mt7runtime' |
    grep -v -x -e _GLOBAL_OFFSET_TABLE_ -e _dl_find_object -e dl_iterate_phdr -e __libc_stack_end |
    grep -v -x -e getauxval |
    sort -u || true)
if [ -n "$found" ]; then
    echo "runtime/stack must not refer to: $found" >&2
    exit 1
fi
