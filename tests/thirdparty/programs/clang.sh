#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# clang: optimised, as LLVM's text, analysed; errors in a template
# needs: clang++
set -euo pipefail
cat >work.cpp <<'CPP'
#include <cstdio>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>
int main() {
    std::map<std::string, std::vector<std::function<int(int)>>> all;
    for (int i = 0; i < 500; ++i) all[std::to_string(i % 50)].push_back([i](int x) { return x + i; });
    int sum = 0;
    for (auto& [name, list] : all)
        for (auto& f : list) sum += f(static_cast<int>(name.size()));
    std::puts(std::make_shared<std::string>(std::to_string(sum))->c_str());
}
CPP
printf 'template <class T> struct A { typename T::type x; };\nA<int> a;\nint i = nothing;\n' >wrong.cpp
clang++ -std=c++17 -O2 -g -c work.cpp -o work.o
clang++ work.o -o work
./work
clang++ -std=c++17 -O1 -emit-llvm -S work.cpp -o work.ll
clang++ --analyze wrong.cpp || echo "status $?"
echo finished
