// SPDX-License-Identifier: MIT
//
// Proves that the walker sees what libgcc's unwinder sees at every single
// instruction: in prologues and epilogues, in libc, inside lazy binding.
#include <dlfcn.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "stack/objects.h"
#include "stack_capture.h"
#include "stack_walker.h"

namespace mt::test {
namespace {

using ::testing::IsEmpty;

// A signal after each single instruction: prologues, epilogues, calls into libc
// and back are all walked from everywhere.
u32 steps;
u32 differing_steps;
u32 steps_wrong_in_the_tables;
Capture first_difference;

// gcc 12 describes the last two instructions of a function that realigned its
// stack wrongly (the frame pointer is popped before its rule says so). Both walks
// then leave the stack at the same frame; libgcc calls what it finds there, in no
// object at all, a frame.
bool is_wrong_in_the_tables(const Capture& capture) {
    runtime::stack::Object object;
    return capture.walk.end == WalkEnd::broken && capture.walk.count < capture.reference_count &&
           !runtime::stack::find_object(capture.reference[capture.walk.count], object);
}

void on_step(int) {
    static Capture capture;
    capture.taken = 0;
    capture_here(capture);
    ++steps;
    const u32 both = std::min(capture.walk.count, capture.reference_count);
    bool same = std::equal(capture.ours + 1, capture.ours + both, capture.reference + 1);
    if (same && capture.walk.count != capture.reference_count) {
        same = is_wrong_in_the_tables(capture);
        steps_wrong_in_the_tables += same;
    }
    if (!same && differing_steps++ == 0) first_difference = capture;
}

void set_trap_flag(bool on) {
    u64 flags;
    asm volatile("pushfq\npopq %0" : "=r"(flags));
    flags = on ? flags | 0x100 : flags & ~u64{0x100};
    asm volatile("pushq %0\npopfq" ::"r"(flags) : "cc");
}

void step_through_all() {
    const Action nothing = [] {};
    plain::nested(2, nothing);
    optimised::nested(4, nothing);
    plain::realigned(nothing);
    optimised::realigned(nothing);
    plain::realigned_alloca(64, nothing);
    optimised::realigned_alloca(64, nothing);
    plain::many_arguments(nothing);
    optimised::many_arguments(nothing);
    optimised::with_alloca(100, nothing);
    optimised::large_frame(nothing);
    std::free(std::aligned_alloc(64, 3072));
    static_cast<void>(std::strtod("1.5", nullptr));
}

class WalkerSteps : public Walker {
  protected:
    WalkerSteps() {
        steps = differing_steps = steps_wrong_in_the_tables = 0;
        struct sigaction action {};
        action.sa_handler = on_step;
        action.sa_flags = SA_ONSTACK;
        sigaction(SIGTRAP, &action, nullptr);
    }
    ~WalkerSteps() override {
        signal(SIGTRAP, SIG_DFL);
        std::printf("%u instructions, %u where the tables are wrong\n", steps,
                    steps_wrong_in_the_tables);
        EXPECT_EQ(differing_steps, 0u);
        EXPECT_LT(steps_wrong_in_the_tables, 20u);
        if (differing_steps != 0) {
            EXPECT_THAT(differences(first_difference), IsEmpty());
        }
    }

  private:
    AlternateStack stack_;
};

// No exceptions here: while libgcc leaves a frame for a handler, its own tables are
// wrong, and its walk may crash.
TEST_F(WalkerSteps, equal_reference_at_every_instruction) {
    set_trap_flag(true);
    step_through_all();
    set_trap_flag(false);
    EXPECT_GT(steps, 1000u);
}

// The loader's code for lazy binding counts its frame from rbx, which a walk does
// not follow at first.
TEST_F(WalkerSteps, equal_reference_inside_lazy_binding) {
    void* library = dlopen(MT_STACK_PLUGIN, RTLD_LAZY);
    ASSERT_NE(library, nullptr) << dlerror();
    const auto bind =
        reinterpret_cast<int (*)(const char*, const char*)>(dlsym(library, "memtrace_plugin_bind"));
    ASSERT_NE(bind, nullptr);
    set_trap_flag(true);
    bind("a", "b");
    set_trap_flag(false);
    const u32 binding = steps;
    set_trap_flag(true);
    bind("a", "b");
    set_trap_flag(false);
    EXPECT_GT(binding, 2 * (steps - binding)) << "the first call bound nothing";
    dlclose(library);
}

}  // namespace
}  // namespace mt::test
