// SPDX-License-Identifier: MIT
//
// Stamps of blocks against all that there is beside them: the marks, the tickets that the
// state has given, the rows of threads, and each other. Of a core: in a program that runs
// these are of different moments. Says how many are wrong, not which. Reads no memory.
#ifndef MEMTRACE_CORE_READ_STAMP_CHECKS_H
#define MEMTRACE_CORE_READ_STAMP_CHECKS_H

#include <cstdint>
#include <unordered_map>
#include <vector>

#include "model/snapshot.h"
#include "read/anchor.h"

namespace mt::core {

class StampChecks {
  public:
    // Of the table's marks and threads.
    StampChecks(const Anchor& anchor, const Table& table);

    void add(std::uint64_t stamp);
    // Of those added.
    std::uint64_t wrong() const;

  private:
    bool can_be(std::uint64_t stamp) const;
    bool is_one_too_many(std::uint64_t stamp);
    std::uint64_t strangers() const;

    const abi::State& state_;
    const std::uint64_t mark_;
    const bool has_all_rows_;    // of threads that may stand in a stamp
    bool has_exited_ = false;    // some rows were added up
    std::vector<bool> serials_;  // of the threads
    std::uint64_t wrong_ = 0;
    // How many blocks have a sequence, by generation and sequence.
    std::unordered_map<std::uint32_t, std::vector<std::uint32_t>> given_;
    std::vector<std::uint32_t> threads_;  // by exact sequence of the newest generation
};

}  // namespace mt::core

#endif
