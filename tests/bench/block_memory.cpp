// SPDX-License-Identifier: MIT
//
// block_memory COUNT SIZE: what COUNT live blocks of SIZE bytes cost in memory. SIZE 0
// takes 16..2000 at random. Prints one JSON object: by how many bytes the runtime's own
// memory (memtrace_get_tracer_memory) and the process (VmRSS) grew between no block and
// all of them, and the runtime's memory after all were freed.
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "memtrace.h"

namespace {

long long tracer_bytes() {
    uint64_t bytes = 0;
    memtrace_get_tracer_memory(&bytes);
    return static_cast<long long>(bytes);
}

long long resident_bytes() {
    FILE* file = fopen("/proc/self/statm", "r");
    long long total = 0;
    long long resident = 0;
    if (file == nullptr || fscanf(file, "%lld %lld", &total, &resident) != 2) exit(1);
    fclose(file);
    return resident * sysconf(_SC_PAGESIZE);
}

size_t size_of_next(long size) {
    static unsigned state = 1;
    if (size > 0) return static_cast<size_t>(size);
    state = state * 1103515245u + 12345u;
    return 16 + (state >> 16) % 1985;
}

}  // namespace

int main(int argc, char** argv) {
    const long count = argc == 3 ? atol(argv[1]) : 0;
    const long size = argc == 3 ? atol(argv[2]) : -1;
    if (count < 1 || size < 0) {
        fprintf(stderr, "usage: block_memory COUNT SIZE\n");
        return 2;
    }
    void** blocks = static_cast<void**>(calloc(static_cast<size_t>(count), sizeof(void*)));
    if (blocks == nullptr) return 1;
    for (long i = 0; i < count; ++i) blocks[i] = &blocks[i];  // its pages count as there before
    const long long tracer_before = tracer_bytes();
    const long long resident_before = resident_bytes();
    for (long i = 0; i < count; ++i) blocks[i] = malloc(size_of_next(size));
    const long long tracer_grown = tracer_bytes() - tracer_before;
    const long long resident_grown = resident_bytes() - resident_before;
    for (long i = 0; i < count; ++i) free(blocks[i]);
    printf(
        "{\"traced\": %d, \"count\": %ld, \"size\": %ld, \"tracer_bytes\": %lld, "
        "\"resident_bytes\": %lld, \"tracer_bytes_after\": %lld}\n",
        memtrace_is_tracing(), count, size, tracer_grown, resident_grown,
        tracer_bytes() - tracer_before);
    return 0;
}
