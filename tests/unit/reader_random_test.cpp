// SPDX-License-Identifier: MIT
//
// Some thousands of damaged tables, the same ones on each run: no crash, no
// hang, no undefined behaviour (run it under the sanitizers), and each outcome
// is figures, remarks, or one line. fuzz_table looks for more.
#include <gtest/gtest.h>

#include <map>
#include <random>

#include "support/table_mutator.h"

namespace mt::test {
namespace {

TEST(RandomDamage, EndsInFiguresOrOneLine) {
    TableMutator mutator;
    std::mt19937_64 random(20240229);
    std::map<std::string, int> outcomes;
    for (int runs = 0; runs < 1000; ++runs) {
        std::vector<std::uint8_t> program(1 + 6 * (1 + random() % 6));
        for (std::uint8_t& byte : program) byte = static_cast<std::uint8_t>(random());
        ++outcomes[mutator.run(program)];  // which bounds what it reads
    }
    // The damage must reach the reader, and must not always be fatal.
    EXPECT_GT(outcomes.size(), 20u);
    EXPECT_GT(outcomes["remarked"], 0);
}

TEST(RandomDamage, NoneIsSound) {
    TableMutator mutator;
    EXPECT_EQ(mutator.run({}), "sound");
    const std::uint8_t nothing[] = {0};
    EXPECT_EQ(mutator.run(nothing), "remarked");  // two events in flight, two busy shards
}

}  // namespace
}  // namespace mt::test
