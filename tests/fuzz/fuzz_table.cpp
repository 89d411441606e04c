// SPDX-License-Identifier: MIT
//
// The reader over damaged tables, steered by coverage. A crash of the reader is
// a crash of the debugger, so this one is never allowed to find anything:
//   fuzz_table -max_total_time=60 -rss_limit_mb=512 -timeout=2
#include <cstddef>
#include <cstdint>

#include "support/table_mutator.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static mt::test::TableMutator mutator;
    mutator.run({data, size});
    return 0;
}
