// SPDX-License-Identifier: MIT
//
// Whose malloc: found in this very process's memory, and in the same memory with bytes
// changed at random, lists that go round, and tables that are not there. Real programs
// are in tests/faults/owners_test and tests/sessions.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <link.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <random>

#include "binding/bindings.h"
#include "support/fake_memory.h"

namespace mt::core {
namespace {

using testing::HasSubstr;

// This process's, read as another's would be.
class OwnMemory : public Memory {
  public:
    Result<std::size_t> read(std::uint64_t address, void* out, std::size_t size) override {
        ++reads;
        std::size_t done = 0;
        while (done < size) {
            const std::size_t piece =
                std::min<std::size_t>(size - done, 4096 - (address + done) % 4096);
            const iovec here{static_cast<char*>(out) + done, piece};
            const iovec there{reinterpret_cast<void*>(address + done), piece};
            if (process_vm_readv(getpid(), &here, 1, &there, 1, 0) <= 0) break;
            done += piece;
        }
        spoil(static_cast<unsigned char*>(out), done);
        return done;
    }
    std::uint64_t reads = 0;

  protected:
    virtual void spoil(unsigned char*, std::size_t) {}
};

class SpoiltMemory final : public OwnMemory {
  public:
    explicit SpoiltMemory(unsigned seed) : random_(seed), one_in_(1u << (3 + seed % 12)) {}

  private:
    void spoil(unsigned char* bytes, std::size_t size) override {
        for (std::size_t i = random_() % one_in_; i < size; i += 1 + random_() % one_in_)
            bytes[i] = random_() % 3 == 0 ? 0xff : static_cast<unsigned char>(random_());
    }
    std::mt19937 random_;
    const std::size_t one_in_;
};

Status status_here() {
    Status status;
    status.identity = {1, static_cast<std::uint32_t>(getpid()), 1};
    status.loaded = reinterpret_cast<std::uint64_t>(&_r_debug);
    return status;
}

TargetFiles files_here() { return {"/proc/self/exe", true, false}; }

TEST(BindingsTest, ADefinitionIsNamedByModuleAndSymbol) {
    OwnMemory memory;
    Bindings bindings;
    const auto found = bindings.look(memory, status_here(), files_here());
    ASSERT_TRUE(found);
    EXPECT_FALSE(found->no_list);
    EXPECT_THAT(found->unknown, testing::IsEmpty());
    ASSERT_EQ(found->owners.size(), 1u);
    const Owner& owner = found->owners.front();
    EXPECT_EQ(owner.names.size(), std::size_t{kFamily});
    EXPECT_EQ(owner.names.front(), kMalloc);
    EXPECT_TRUE(owner.is_libc) << owner.module;  // no runtime here: libc's own
    const auto remarks = remarks_of(*found);
    ASSERT_EQ(remarks.size(), 1u);
    EXPECT_EQ(remarks.front().code, "foreign-malloc");
    EXPECT_THAT(remarks.front().text, HasSubstr("malloc, calloc"));
    EXPECT_THAT(remarks.front().text, HasSubstr("libc.so.6's"));
}

TEST(BindingsTest, WhatIsKnownOfAProcessIsReadOnce) {
    OwnMemory memory;
    Bindings bindings;
    ASSERT_TRUE(bindings.look(memory, status_here(), files_here()));
    const std::uint64_t first = memory.reads;
    memory.reads = 0;
    ASSERT_TRUE(bindings.look(memory, status_here(), files_here()));
    EXPECT_LT(memory.reads, first / 2);
    Status other = status_here();
    other.identity.cookie = 2;  // another process at the same addresses
    memory.reads = 0;
    ASSERT_TRUE(bindings.look(memory, other, files_here()));
    EXPECT_GE(memory.reads, first);
}

TEST(BindingsTest, SpoiltMemoryEndsTheSearchSoon) {
    const auto begin = std::chrono::steady_clock::now();
    for (unsigned seed = 0; seed < 200; ++seed) {
        SpoiltMemory memory(seed);
        Bindings bindings;
        const auto found = bindings.look(memory, status_here(), files_here());
        ASSERT_TRUE(found);
        for (const Remark& remark : remarks_of(*found)) EXPECT_FALSE(remark.text.empty());
    }
    EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(60));
}

TEST(BindingsTest, AListThatGoesRoundEndsAndWhatCannotBeReadIsNotKnown) {
    test::FakeMemory memory;
    constexpr std::uint64_t kList = 0x1000, kMap = 0x2000;
    const std::uint64_t list[6] = {2, kMap, 0, 0, 0, kList};  // and the list of lists, too
    const std::uint64_t map[4] = {0x10000, 0x2100, 0x10040, kMap};
    memory.put(kList, list);
    memory.put(kMap, map);
    Status status = status_here();
    status.loaded = kList;
    Bindings bindings;
    const auto found = bindings.look(memory, status, {});
    ASSERT_TRUE(found);
    EXPECT_FALSE(found->unknown.empty());
    EXPECT_THAT(remarks_of(*found).front().text, HasSubstr("it is not known whose malloc"));
    status.loaded = 0x9000;
    const auto none = bindings.look(memory, status, {});
    ASSERT_TRUE(none);
    EXPECT_TRUE(none->no_list);
    EXPECT_EQ(remarks_of(*none).front().code, "unknown-malloc");
}

// GDB shows zeros where a core lacks a page: no module "without" definitions.
TEST(BindingsTest, TablesOfZerosAreNotKnown) {
    class Zeros final : public OwnMemory {
        void spoil(unsigned char* bytes, std::size_t size) override {
            if (size > 512) std::fill(bytes, bytes + size, 0);
        }
    };
    Zeros memory;
    Bindings bindings;
    const auto found = bindings.look(memory, status_here(), {});
    ASSERT_TRUE(found);
    EXPECT_THAT(found->owners, testing::IsEmpty());
    EXPECT_THAT(found->unknown, testing::Not(testing::IsEmpty()));
}

TEST(BindingsTest, ALongListOfModulesIsCounted) {
    Findings findings;
    for (int i = 0; i < 9; ++i)
        findings.elsewhere.push_back({"p" + std::to_string(i) + ".so", "libc.so.6", false});
    const auto remarks = remarks_of(findings);
    ASSERT_EQ(remarks.size(), 1u);
    EXPECT_EQ(remarks.front().count, 9u);
    EXPECT_THAT(remarks.front().text, HasSubstr("9 modules call another allocator than memtrace: "
                                                "p0.so (libc.so.6's, as by RTLD_DEEPBIND)"));
    EXPECT_THAT(remarks.front().text, HasSubstr("and 4 more"));
}

}  // namespace
}  // namespace mt::core
