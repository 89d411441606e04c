// SPDX-License-Identifier: MIT
//
// The sample is what it claims to be: chosen with p = 1 - exp(-size / mean),
// weighted by 1 / p. Statistical bounds hold with all but 1e-9 of the seeds.
#include "thread/sampling.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include "abi/weight.h"

namespace mt::runtime {
namespace {

using abi::u64;
using abi::Weight;
using abi::weight_of;

constexpr double kRisk = 1e-9;
constexpr u64 kSeed = 0x1234567890abcdef;

const std::vector<u64> kMeans = {
    1, 2, 3, 100, 4096, 65537, 524288, 1u << 30, abi::kMaxSampleBytes - 1, abi::kMaxSampleBytes};
const std::vector<u64> kSizes = {1,
                                 2,
                                 7,
                                 16,
                                 100,
                                 4095,
                                 4096,
                                 65536,
                                 524287,
                                 524288,
                                 524289,
                                 1u << 20,
                                 12345678,
                                 1u << 30,
                                 44ull * 524288,
                                 45ull * 524288,
                                 46ull * 524288,
                                 1ull << 40,
                                 (1ull << 46) + 7};

long double probability(u64 size, u64 mean) {
    return -std::expm1(-static_cast<long double>(size) / static_cast<long double>(mean));
}
double weighted_bytes(const Weight& w) {
    return static_cast<double>(w.bytes) / static_cast<double>(1u << abi::kWeightByteBits);
}
double weighted_count(const Weight& w) {
    return static_cast<double>(w.count) / static_cast<double>(1u << abi::kWeightCountBits);
}

// To the last fraction bit, and what 64 bits of the probability leave (1e-13).
TEST(Weight, IsTheInverseOfTheProbability) {
    for (const u64 mean : kMeans) {
        for (const u64 size : kSizes) {
            SCOPED_TRACE(testing::Message() << "size " << size << " mean " << mean);
            const long double p = probability(size, mean);
            const auto bytes = static_cast<double>(static_cast<long double>(size) / p);
            const auto count = static_cast<double>(1.0L / p);
            const Weight weight = weight_of(size, mean);
            EXPECT_NEAR(weighted_bytes(weight), bytes, 0.51 / 256 + bytes * 1e-13);
            EXPECT_NEAR(weighted_count(weight), count, 1.51 / 65536 + count * 1e-13);
        }
    }
}

// Over every size around the places where the way of computing changes.
TEST(Weight, GrowsWithTheSizeWithoutAJump) {
    for (const u64 mean : {u64{1000}, u64{524288}}) {
        for (const u64 at : {u64{1}, mean, 44 * mean, 45 * mean}) {
            for (u64 size = at > 500 ? at - 500 : 1; size < at + 500; ++size) {
                const Weight small = weight_of(size, mean);
                const Weight large = weight_of(size + 1, mean);
                ASSERT_LE(small.bytes, large.bytes) << size;
                ASSERT_GE(small.count, large.count) << size;
                ASSERT_LE(large.bytes - small.bytes, u64{1} << abi::kWeightByteBits) << size;
            }
        }
    }
}

TEST(Weight, OfALargeBlockIsItself) {
    const Weight weight = weight_of(1 << 30, 4096);
    EXPECT_EQ(weight.bytes, u64{1} << 30 << abi::kWeightByteBits);
    EXPECT_EQ(weight.count, u64{1} << abi::kWeightCountBits);
}

TEST(Weight, OfNothingHasNoBytesButACount) {
    EXPECT_EQ(weight_of(0, 4096).bytes, 0u);
    EXPECT_EQ(weight_of(0, 4096).count, weight_of(1, 4096).count);
}

TEST(Weight, HostileNumbersGiveSomeNumber) {
    constexpr u64 kMost = std::numeric_limits<u64>::max();
    for (const u64 a : {u64{0}, u64{1}, kMost / 2, kMost})
        for (const u64 b : {u64{0}, u64{1}, kMost / 2, kMost}) EXPECT_NE(weight_of(a, b).count, 0u);
}

// Dvoretzky-Kiefer-Wolfowitz: P(sup |F_n - F| > e) <= 2 exp(-2 n e^2).
TEST(Distance, IsExponential) {
    constexpr u64 kMean = u64{1} << 40;  // so that whole bytes do not show
    constexpr std::size_t kDraws = 2000000;
    Sampler sampler;
    sampler.seed(kSeed);
    std::vector<double> draws(kDraws);
    for (double& draw : draws)
        draw = static_cast<double>(sampler.distance(kMean)) / static_cast<double>(kMean);
    std::sort(draws.begin(), draws.end());
    double worst = 0;
    for (std::size_t i = 0; i < kDraws; ++i) {
        const double f = -std::expm1(-draws[i]);
        worst = std::max({worst, std::fabs(f - static_cast<double>(i) / kDraws),
                          std::fabs(f - static_cast<double>(i + 1) / kDraws)});
    }
    EXPECT_LT(worst, std::sqrt(std::log(2 / kRisk) / 2 / kDraws));
    EXPECT_GT(draws.front(), 0);
    EXPECT_GT(draws.back(), 5) << "the tail is there";
}

// Bernstein: P(|S - E S| > t) <= 2 exp(-t^2 / 2 / (V + M t / 3)), V the sum of
// the variances, M the largest single deviation. Solved for t.
double bernstein(double variance, double largest) {
    const double l = std::log(2 / kRisk);
    const double a = l * largest / 3;
    return a + std::sqrt(a * a + 2 * l * variance);
}

// Blocks of one size, as they are and as the sample has them.
class Sums {
  public:
    Sums(u64 size, u64 mean)
        : size_(size),
          mean_(mean),
          p_(static_cast<double>(probability(std::max<u64>(size, 1), mean))),
          weight_(weight_of(size, mean)) {}

    void add(Sampler& sampler) {
        ++blocks_;
        if (sampler.takes(size_, mean_)) ++taken_;
    }
    void expect_unbiased() const {
        const double variance = blocks_ * p_ * (1 - p_);
        EXPECT_NEAR(taken_, blocks_ * p_, bernstein(variance, 1));
        const double bytes = weighted_bytes(weight_), count = weighted_count(weight_);
        EXPECT_NEAR(taken_ * bytes, blocks_ * static_cast<double>(size_),
                    bernstein(variance * bytes * bytes, bytes));
        EXPECT_NEAR(taken_ * count, blocks_, bernstein(variance * count * count, count));
    }

  private:
    u64 size_, mean_;
    double p_;
    Weight weight_;
    double blocks_ = 0, taken_ = 0;
};

class OneSize : public testing::TestWithParam<u64> {};

TEST_P(OneSize, IsTakenAsOftenAsItShould) {
    Sampler sampler;
    sampler.seed(kSeed);
    Sums sums(GetParam(), 4096);
    for (int i = 0; i < 3000000; ++i) sums.add(sampler);
    sums.expect_unbiased();
}

INSTANTIATE_TEST_SUITE_P(Bytes, OneSize,
                         testing::Values(0, 1, 16, 100, 1000, 4096, 10000, 100000, 1000000));

// What a program does: sizes in any order. Each size must get its due, not only
// their sum: a sampler that forgot to draw anew would favour what follows.
TEST(MixedSizes, EachGetsItsDue) {
    constexpr u64 kMean = 10000;
    const std::vector<u64> sizes = {24, 40, 500, 3000, 50000};
    std::vector<Sums> sums;
    for (const u64 size : sizes) sums.emplace_back(size, kMean);
    Sampler sampler;
    sampler.seed(kSeed);
    for (int i = 0; i < 4000000; ++i) {
        // A pattern that sampling every n bytes would fall in step with.
        const std::size_t which = i % 97 == 0   ? 4
                                  : i % 10 == 9 ? 3
                                                : static_cast<std::size_t>(i % 3);
        sums[which].add(sampler);
    }
    for (const Sums& one : sums) one.expect_unbiased();
}

TEST(Sampler, ThreadsDrawDifferently) {
    Sampler a, b, again;
    a.seed(1);
    b.seed(2);
    again.seed(1);
    int equal = 0;
    for (int i = 0; i < 100; ++i) {
        const u64 x = a.distance(1u << 30);
        equal += x == b.distance(1u << 30) ? 1 : 0;
        EXPECT_EQ(x, again.distance(1u << 30)) << "the same seed, the same sample";
    }
    EXPECT_EQ(equal, 0);
}

TEST(Sampler, AnotherMeanCountsAtOnce) {
    Sampler sampler;
    sampler.seed(kSeed);
    EXPECT_FALSE(sampler.takes(1, abi::kMaxSampleBytes));
    int taken = 0;
    for (int i = 0; i < 1000; ++i) taken += sampler.takes(1000, 1) ? 1 : 0;
    EXPECT_EQ(taken, 1000);
}

}  // namespace
}  // namespace mt::runtime
