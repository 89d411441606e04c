// SPDX-License-Identifier: MIT
//
// Proves that no value of the registers and no content of the stack can make a
// walk fault, hang or overrun, and that code without unwind information is passed
// where its frame pointers allow.
#include "stack_hostile.h"

#include <dlfcn.h>
#include <gtest/gtest.h>
#include <sys/mman.h>

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <iterator>
#include <random>

#include "stack/walker.h"
#include "stack_capture.h"

namespace mt::test {
namespace {

TEST_F(Hostile, passes_code_without_tables_by_its_frame_pointer) {
    static const Jit jit{kWithFrame};
    optimised::nested(3, [] { jit.call(capture_into_current); });
    const Walk walk = capture_->walk;
    EXPECT_EQ(walk.end, WalkEnd::complete);
    // capture_here, capture_into_current, the page, its caller, nested, …
    ASSERT_GT(walk.count, 8u);
    EXPECT_TRUE(jit.contains(capture_->ours[2]));
    EXPECT_FALSE(jit.contains(capture_->ours[3]));
    EXPECT_GT(walk.count, capture_->reference_count) << "libgcc stops at such code";
}

TEST_F(Hostile, passes_two_such_frames_in_a_row) {
    static const Jit inner{kWithFrame};
    static const Jit outer{kWithFrame};
    outer.call([] { inner.call(capture_into_current); });
    EXPECT_EQ(capture_->walk.end, WalkEnd::complete);

    // Directly one below the other, no described code between:
    // push %rbp; mov %rsp,%rbp; mov %rsi,%rax; call *%rax (rdi stays); pop %rbp; ret
    static const Jit direct{0x55, 0x48, 0x89, 0xe5, 0x48, 0x89, 0xf0, 0xff, 0xd0, 0x5d, 0xc3};
    direct.call(capture_into_current, inner.at(0));
    EXPECT_EQ(capture_->walk.end, WalkEnd::complete);
    EXPECT_TRUE(inner.contains(capture_->ours[2]));
    EXPECT_TRUE(direct.contains(capture_->ours[3]));
}

TEST_F(Hostile, ends_broken_at_code_without_tables_and_frame_pointer) {
    static const Jit jit{kWithoutFrame};
    // The described callers keep no frame pointer for it to find.
    jit.call(capture_into_current);
    EXPECT_TRUE(jit.contains(capture_->ours[2]));
    if (capture_->walk.end == WalkEnd::complete) {
        // A caller that does keep one: then the walk goes on at its frame.
        EXPECT_GT(capture_->walk.count, 3u);
    } else {
        EXPECT_EQ(capture_->walk.end, WalkEnd::broken);
    }
    static const Jit lost{kGivenFramePointer};
    lost.call(capture_into_current, 0);
    EXPECT_EQ(capture_->walk.end, WalkEnd::broken);
    EXPECT_EQ(capture_->walk.count, 3u);
}

TEST_F(Hostile, survives_every_frame_pointer_in_a_real_frame) {
    static const Jit jit{kGivenFramePointer};
    const Mapping none{8192, PROT_NONE};
    const Mapping edge{8192};
    edge.protect(4096, 4096, PROT_NONE);
    u64 self = 0;
    self = reinterpret_cast<u64>(&self);
    u64 cycle[4];
    cycle[0] = reinterpret_cast<u64>(&cycle[2]);
    cycle[1] = cycle[3] = jit.at(6);
    cycle[2] = reinterpret_cast<u64>(&cycle[0]);
    const u64 values[] = {0,
                          1,
                          ~u64{0},
                          ~u64{7},
                          self,
                          self + 3,
                          reinterpret_cast<u64>(&cycle),
                          reinterpret_cast<u64>(&cycle[2]),
                          none.at(0),
                          none.at(4088),
                          edge.at(4088),
                          edge.at(4080),
                          edge.at(4096),
                          own_window().low,
                          own_window().high,
                          own_window().high - 8,
                          u64{1} << 47,
                          0xffff'8000'0000'0000,
                          0xffff'ffff'ff60'0000,
                          0x8000'0000'0000'0000,
                          reinterpret_cast<u64>(&none)};
    for (const u64 value : values) {
        capture_->taken = 0;
        jit.call(capture_into_current, value);
        EXPECT_EQ(capture_->taken, 1u);
        EXPECT_EQ(capture_->walk.end, WalkEnd::broken) << std::hex << value;
        EXPECT_LE(capture_->walk.count, 5u) << std::hex << value;
    }
}

TEST_F(Hostile, survives_every_register_value) {
    const Mapping none{8192, PROT_NONE};
    const Mapping edge{8192};
    edge.protect(4096, 4096, PROT_NONE);
    capture_here(*capture_);
    u64 own = 0;
    const auto here = reinterpret_cast<u64>(&own);
    const u64 values[] = {0,
                          1,
                          7,
                          8,
                          4095,
                          4096,
                          ~u64{0},
                          ~u64{7},
                          none.at(0),
                          none.at(4088),
                          edge.at(0),
                          edge.at(4080),
                          edge.at(4088),
                          edge.at(4089),
                          edge.at(4096),
                          here,
                          here + 1,
                          own_window().low,
                          own_window().low - 8,
                          own_window().high - 8,
                          own_window().high,
                          u64{1} << 47,
                          (u64{1} << 47) - 8,
                          0xffff'8000'0000'0000,
                          0xffff'ffff'ff60'0000};
    const u64 codes[] = {0,
                         1,
                         ~u64{0},
                         capture_->ours[0],
                         capture_->ours[1],
                         capture_->ours[2],
                         capture_->ours[capture_->walk.count - 1],
                         none.at(16),
                         edge.at(4095),
                         reinterpret_cast<u64>(&std::qsort),
                         reinterpret_cast<u64>(&own)};
    u64 pcs[64];
    for (const u64 pc : codes) {
        for (const u64 sp : values) {
            for (const u64 bp : values) {
                const Walk walk = runtime::stack::walk(own_window(), pc, sp, bp, pcs, 64);
                ASSERT_GE(walk.count, 1u);
                ASSERT_LE(walk.count, 64u);
                ASSERT_EQ(pcs[0], pc);
            }
        }
    }
}

// Random stacks full of addresses of real code: every rule of every library is
// met with every kind of nonsense around it, up to a page that cannot be read.
TEST_F(Hostile, survives_random_stacks) {
    const Mapping stack{16384 + 4096};
    stack.protect(16384, 4096, PROT_NONE);
    std::mt19937_64 random{20240607};
    const u64 code[] = {reinterpret_cast<u64>(&std::qsort), reinterpret_cast<u64>(&capture_here),
                        reinterpret_cast<u64>(&runtime::stack::walk),
                        reinterpret_cast<u64>(dlsym(RTLD_DEFAULT, "_Unwind_Backtrace")),
                        reinterpret_cast<u64>(dlsym(RTLD_DEFAULT, "__cxa_throw"))};
    u64 pcs[256];
    u32 longest = 0;
    for (u32 round = 0; round < 3000; ++round) {
        for (std::size_t i = 0; i < 16384; i += 8) {
            u64 word = random();
            switch (word & 7) {
                case 0:
                case 1:
                    word = stack.at((random() % 16640) & ~std::size_t{7});
                    break;
                case 2:
                    break;
                case 3:
                    word &= 0xffff;
                    break;
                default:
                    word = code[random() % std::size(code)] + random() % 200000;
            }
            stack.write(i, {word});
        }
        const u64 sp = stack.at((random() % 16384) & ~std::size_t{7});
        const Walk walk =
            runtime::stack::walk(own_window(), code[random() % std::size(code)] + random() % 200000,
                                 sp, stack.at(random() % 16384), pcs, 256);
        ASSERT_LE(walk.count, 256u);
        longest = std::max(longest, walk.count);
    }
    EXPECT_GT(longest, 3u) << "the stacks were too random to test anything";
}

TEST_F(Hostile, does_not_follow_a_forged_signal_frame_in_circles) {
    const Mapping stack{8192};
    const Mapping page{4096};
    const unsigned char trampoline[] = {0x48, 0xc7, 0xc0, 0x0f, 0, 0, 0, 0x0f, 0x05};
    std::memcpy(page.bytes() + 64, trampoline, sizeof trampoline);
    // It says that it interrupted the instruction before itself, on this stack.
    stack.write(1024 + 120, {stack.at(1024)});
    stack.write(1024 + 160, {stack.at(1024), page.at(63)});
    u64 pcs[100];
    const Walk walk = runtime::stack::walk(own_window(), page.at(64), stack.at(1024), 0, pcs, 100);
    EXPECT_EQ(walk.count, 100u);
    EXPECT_EQ(walk.end, WalkEnd::cut);
}

}  // namespace
}  // namespace mt::test
