// SPDX-License-Identifier: MIT
//
// memtrace.h from C++: the same functions, the same answers.
#include <memtrace.h>

#include <cstdint>
#include <cstdio>

static char buffer[4096];  // stdio's own would be traced

int main() {
    std::setvbuf(stdout, buffer, _IOFBF, sizeof buffer);
    const int started = memtrace_start(7);
    auto* volatile block = new char[1000];
    std::uint64_t current = 1, peak = 1;
    memtrace_get_traced_memory(&current, &peak);
    std::printf("start %d, tracing %d, frames %d, current %llu\n", started, memtrace_is_tracing(),
                memtrace_get_traceback_limit(), static_cast<unsigned long long>(current));
    {
        const memtrace::Pause pause;
        const memtrace::Scope scope("paused");
        delete[] block;
        block = new char[2000];
    }
    memtrace_get_traced_memory(&current, &peak);
    std::printf("after pause %llu\n", static_cast<unsigned long long>(current));
    delete[] block;
    return 0;
}
