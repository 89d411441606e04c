#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# g++: optimised, with debug information and by way of LTO; what it made runs; an error in a template
# needs: g++
# part: small
set -euo pipefail
cat >work.cpp <<'CPP'
#include <algorithm>
#include <cstdio>
#include <map>
#include <string>
#include <vector>
int main(int argc, char**) {
    std::map<std::string, std::vector<int>> all;
    for (int i = 0; i < 2000; ++i) all[std::to_string(i % 97)].push_back(i * 7919 % 503);
    long sum = 0;
    for (auto& [name, list] : all) std::sort(list.begin(), list.end()), sum += list[name.size()];
    std::printf("%ld\n", sum);
    return argc + 2;
}
CPP
printf '#include <map>\nstd::map<int, void(int)&&> m{{1, "x"}};\nint i = m.begin()->second + nothing;\n' >wrong.cpp
g++ -std=c++17 -O1 -g -frandom-seed=1 -c work.cpp -o work.o
g++ work.o -o work
./work && echo unexpected || echo "status $?"
echo 'int one(void); int main(void) { return one() - 1; }' >a.c
echo 'int one(void) { return 1; }' >b.c
gcc -O2 -flto=2 -frandom-seed=1 a.c b.c -o linked && ./linked
g++ -std=c++17 -fno-diagnostics-color wrong.cpp || echo "status $?"
echo finished
