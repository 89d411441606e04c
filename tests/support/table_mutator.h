// SPDX-License-Identifier: MIT
//
// Turns any bytes into damage to a sound table, and reads it: the fuzzer's and
// the random test's common half. Ends the process when the reader breaks a
// promise, as a fuzzer wants it.
#ifndef MEMTRACE_TESTS_SUPPORT_TABLE_MUTATOR_H
#define MEMTRACE_TESTS_SUPPORT_TABLE_MUTATOR_H

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "support/table_builder.h"

namespace mt::test {

class TableMutator {
  public:
    TableMutator();

    // Damages, reads and repairs. What came of it, for a distribution in tests:
    // "sound", "remarked", or the error's text.
    std::string run(std::span<const std::uint8_t> program);

  private:
    struct Step {
        std::uint8_t kind;
        std::uint8_t value;
        std::uint16_t page;
        std::uint16_t offset;
    };

    void damage(const Step& step);
    void touch(std::uint64_t page);
    void repair();
    std::uint64_t interesting(std::uint8_t value) const;

    TableBuilder builder_;
    FakeMemory whole_;
    FakeMemory memory_;
    std::vector<std::uint64_t> pages_;  // that hold anything
    std::vector<std::uint64_t> touched_;
};

}  // namespace mt::test

#endif
