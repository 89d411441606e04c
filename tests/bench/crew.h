// SPDX-License-Identifier: MIT
//
// Threads that wait between two jobs, so that a benchmark times neither their start nor
// their end.
#ifndef MEMTRACE_BENCH_CREW_H
#define MEMTRACE_BENCH_CREW_H

#include <pthread.h>

#include <functional>
#include <thread>
#include <vector>

namespace mt::bench {

class Crew {
  public:
    explicit Crew(int size) {
        pthread_barrier_init(&barrier_, nullptr, static_cast<unsigned>(size) + 1);
        for (int i = 0; i < size; ++i) threads_.emplace_back([this, i] { work(i); });
    }
    ~Crew() {
        job_ = nullptr;
        pthread_barrier_wait(&barrier_);
        for (std::thread& thread : threads_) thread.join();
        pthread_barrier_destroy(&barrier_);
    }
    Crew(const Crew&) = delete;
    Crew& operator=(const Crew&) = delete;

    // Every thread calls job(its number); returns when all have.
    void run(std::function<void(int)> job) {
        job_ = std::move(job);
        pthread_barrier_wait(&barrier_);
        pthread_barrier_wait(&barrier_);
    }

  private:
    void work(int number) {
        for (;;) {
            pthread_barrier_wait(&barrier_);
            if (!job_) return;
            job_(number);
            pthread_barrier_wait(&barrier_);
        }
    }

    pthread_barrier_t barrier_;
    std::function<void(int)> job_;
    std::vector<std::thread> threads_;
};

}  // namespace mt::bench

#endif
