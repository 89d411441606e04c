// SPDX-License-Identifier: MIT
//
// latency [LIVE [EVENTS]]: replaces blocks at random among LIVE of 64 bytes and times
// each malloc and each free by itself. Prints one JSON object: percentiles, the slowest,
// and how many events took more than 50 us though the thread met no page fault and lost
// its processor to nobody that the kernel knows of. A host that takes the processor away
// shows there too, so a traced run is compared with a plain one.
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

#include <memory>
#include <vector>

#include "memtrace.h"

namespace {

using u64 = unsigned long long;

constexpr u64 kCheckAbove = 20'000;  // ns
constexpr u64 kSlow = 50'000;
constexpr long kWindow = 64;  // events that one look at the kernel's counts covers

u64 now_ns() {
    timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return static_cast<u64>(now.tv_sec) * 1'000'000'000 + static_cast<u64>(now.tv_nsec);
}

// Buckets: 16 for each power of two.
class Histogram {
  public:
    void add(u64 ns) {
        ++buckets_[bucket(ns)];
        ++count_;
        if (ns > slowest_) slowest_ = ns;
    }
    // The upper end of the bucket that the fraction falls into.
    u64 percentile(double fraction) const {
        const auto wanted = static_cast<u64>(fraction * static_cast<double>(count_));
        u64 seen = 0;
        for (unsigned i = 0; i < kBuckets; ++i) {
            seen += buckets_[i];
            if (seen > wanted) return upper(i);
        }
        return slowest_;
    }
    u64 count() const { return count_; }
    u64 slowest() const { return slowest_; }
    // Events by power of two of nanoseconds: element k counts [2^k, 2^(k+1)).
    void print_octaves() const {
        for (unsigned octave = 4; octave < 40; ++octave) {
            u64 sum = 0;
            for (unsigned i = 0; i < 16; ++i) sum += buckets_[octave * 16 + i];
            if (octave == 4) {
                for (unsigned i = 0; i < 64; ++i) sum += buckets_[i];
            }
            printf("%s%llu", octave == 4 ? "" : ", ", sum);
        }
    }

  private:
    static constexpr unsigned kBuckets = 64 * 16;
    static unsigned bucket(u64 ns) {
        if (ns < 16) return static_cast<unsigned>(ns);
        const auto octave = 63u - static_cast<unsigned>(__builtin_clzll(ns));
        return octave * 16 + (static_cast<unsigned>(ns >> (octave - 4)) & 15);
    }
    static u64 upper(unsigned bucket) {
        if (bucket < 16) return bucket;
        return (u64{16} + bucket % 16 + 1) << (bucket / 16 - 4);
    }
    u64 buckets_[kBuckets] = {};
    u64 count_ = 0;
    u64 slowest_ = 0;
};

// What the kernel did to this thread, looked at once per window and after an event
// that took long: a fault or a switch in the window excuses the event.
class Excuses {
  public:
    void look() { last_ = read(); }
    // True: the kernel had a part in it.
    bool since_last_look() {
        const rusage now = read();
        const bool excused = now.ru_minflt != last_.ru_minflt || now.ru_majflt != last_.ru_majflt ||
                             now.ru_nivcsw != last_.ru_nivcsw;
        last_ = now;
        return excused;
    }

  private:
    static rusage read() {
        rusage now;
        getrusage(RUSAGE_THREAD, &now);
        return now;
    }
    rusage last_;
};

class Run {
  public:
    void event(u64 ns) {
        histogram.add(ns);
        total_ns += ns;
        if (ns <= kCheckAbove) return;
        const bool excused = excuses.since_last_look();
        if (ns <= kSlow) return;
        ++(excused ? slow_excused : slow_unexcused);
        if (!excused && ns > slowest_unexcused) slowest_unexcused = ns;
    }
    Histogram histogram;
    Excuses excuses;
    u64 total_ns = 0;
    u64 slow_excused = 0;
    u64 slow_unexcused = 0;
    u64 slowest_unexcused = 0;
};

u64 random_state = 0x9e3779b97f4a7c15ull;
u64 random_below(u64 bound) {
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return (random_state >> 32) * bound >> 32;
}

void replace(Run& run, void** blocks, u64 live, long events) {
    for (long i = 0; i < events; ++i) {
        if (i % kWindow == 0) run.excuses.look();
        void*& block = blocks[random_below(live)];
        const u64 begin = now_ns();
        free(block);
        const u64 middle = now_ns();
        block = malloc(64);
        const u64 end = now_ns();
        run.event(middle - begin);
        run.event(end - middle);
    }
}

}  // namespace

int main(int argc, char** argv) {
    const long live = argc > 1 ? atol(argv[1]) : 10'000'000;
    const long events = argc > 2 ? atol(argv[2]) : 5'000'000;
    if (live < 1 || live > 1'000'000'000 || events < 1 || argc > 3) {
        fprintf(stderr, "usage: latency [LIVE-BLOCKS [EVENTS]]\n");
        return 2;
    }
    // Every page of the array is touched, so that no event pays for it.
    const std::unique_ptr<void*[]> blocks(new void*[static_cast<size_t>(live)]);
    for (long i = 0; i < live; ++i) blocks[static_cast<size_t>(i)] = malloc(64);
    Run warm;
    replace(warm, blocks.get(), static_cast<u64>(live), events / 10);
    Run run;
    replace(run, blocks.get(), static_cast<u64>(live), events);

    printf("{\"traced\": %d, \"live\": %ld, \"events\": %llu", memtrace_is_tracing(), live,
           run.histogram.count());
    const struct {
        const char* name;
        double fraction;
    } wanted[] = {{"p50", 0.5},     {"p90", 0.9},       {"p99", 0.99},
                  {"p99.9", 0.999}, {"p99.99", 0.9999}, {"p99.999", 0.99999}};
    for (const auto& [name, fraction] : wanted) {
        printf(", \"%s\": %llu", name, run.histogram.percentile(fraction));
    }
    printf(
        ", \"total_ns\": %llu, \"slowest\": %llu, \"slow_excused\": %llu, \"slow_unexcused\": "
        "%llu, "
        "\"slowest_unexcused\": %llu, \"octaves_from_16ns\": [",
        run.total_ns, run.histogram.slowest(), run.slow_excused, run.slow_unexcused,
        run.slowest_unexcused);
    run.histogram.print_octaves();
    printf("]}\n");
    return 0;
}
