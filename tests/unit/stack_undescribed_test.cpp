// SPDX-License-Identifier: MIT
//
// Code without unwind information costs what other code does: what is known of it is
// remembered, its frames are kept from one stack to the next, and the kernel is asked once.
// What ends that knowledge is done here, too.
#include <dlfcn.h>
#include <gtest/gtest.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstddef>
#include <iterator>

#include "stack/objects.h"
#include "stack/rule_cache.h"
#include "stack_hostile.h"

namespace mt::test {
namespace {

using runtime::stack::find_rule;
using runtime::stack::follows_a_call;
using runtime::stack::RuleKind;

class Undescribed : public Hostile {
  protected:
    Undescribed() { own_frames() = {}; }

    // libgcc stops at such code, so the whole walk is the reference.
    void expect_followed(u32 at_most_fresh) const {
        ASSERT_TRUE(capture_->followed);
        EXPECT_LE(capture_->fresh, at_most_fresh);
        EXPECT_EQ(capture_->walk.end, WalkEnd::complete);
        ASSERT_EQ(capture_->followed_count, capture_->walk.count);
        for (u32 i = 0; i < capture_->walk.count; ++i) {
            EXPECT_EQ(capture_->followed_pcs[i], capture_->ours[i]) << i;
        }
    }
};

void twice() {
    capture_into_current();
    capture_into_current();
}

TEST_F(Undescribed, frames_are_kept) {
    static const Jit jit{kWithFrame};
    plain::nested(20, [] { jit.call([] { jit.call(twice); }); });
    EXPECT_GT(capture_->walk.count, 25u);
    expect_followed(3);
}

// The record of the inner one is where it was, its caller's is elsewhere.
TEST_F(Undescribed, a_changed_record_is_seen) {
    static const Jit jit{kWithFrame};
    jit.call(capture_into_current);
    const u64 first = capture_->ours[4];
    jit.call(capture_into_current);
    expect_followed(capture_->walk.count);
    EXPECT_NE(capture_->ours[4], first);
    plain::lambda([] { jit.call(capture_into_current); });
    expect_followed(capture_->walk.count);
    plain::realigned([] { jit.call(capture_into_current); });
    expect_followed(capture_->walk.count);
}

void forbid_probing() {
    const auto kill = [](unsigned number) {
        return sock_filter{BPF_JMP | BPF_JEQ | BPF_K, 0, 1, number};
    };
    const sock_filter die{BPF_RET | BPF_K, 0, 0, SECCOMP_RET_KILL_PROCESS};
    sock_filter program[] = {{BPF_LD | BPF_W | BPF_ABS, 0, 0, offsetof(seccomp_data, nr)},
                             kill(SYS_madvise),
                             die,
                             kill(SYS_rt_sigprocmask),
                             die,
                             {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW}};
    const sock_fprog filter{std::size(program), program};
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter);
}

// What is passed, what has no record, and what has one that follows no call.
void through_all_kinds() {
    static const Jit jit{kWithFrame};
    static const Jit bare{kWithoutFrame};
    static const Jit given{kGivenFramePointer};
    u64 false_record[2] = {0, reinterpret_cast<u64>(&getpid)};
    given.call(capture_into_current, reinterpret_cast<u64>(false_record));
    bare.call(capture_into_current);
    plain::nested(3, [] { jit.call([] { bare.call(capture_into_current); }); });
    plain::nested(3, [] { jit.call(capture_into_current); });
}

TEST_F(Undescribed, the_kernel_is_asked_once) {
    EXPECT_EXIT(
        {
            through_all_kinds();
            forbid_probing();
            through_all_kinds();
            _exit(capture_->walk.end == WalkEnd::complete ? 7 : 8);
        },
        ::testing::ExitedWithCode(7), "");
}

TEST_F(Undescribed, an_answer_outlives_the_code) {
    // nop; …; call *%rdi
    auto page = std::make_unique<Jit>(std::initializer_list<unsigned char>{
        0x90, 0x90, 0x90, 0x90, 0x90, 0x90, 0x90, 0x90, 0xff, 0xd7});
    const u64 pc = page->at(10);
    EXPECT_TRUE(follows_a_call(pc));
    page.reset();
    EXPECT_TRUE(follows_a_call(pc)) << "and nothing was loaded";
    runtime::stack::forget_rules();
    EXPECT_FALSE(follows_a_call(pc));
}

TEST_F(Undescribed, code_may_be_made_where_none_was) {
    const Mapping page{4096};
    const u64 pc = page.at(64);
    EXPECT_FALSE(follows_a_call(pc));
    page.bytes()[62] = '\xff';
    page.bytes()[63] = '\xd7';
    u32 asked = 1;
    while (!follows_a_call(pc) && asked < 100'000) ++asked;
    EXPECT_GT(asked, 100u) << "the kernel is not asked each time";
    EXPECT_LT(asked, 1000u);
}

struct Place {
    u64 start, size, function;
};

Place place_of_plugin(void* library) {
    const auto function = reinterpret_cast<u64>(dlsym(library, "memtrace_plugin_call"));
    runtime::stack::Object object{};
    if (!runtime::stack::find_object(function, object)) return {};
    return {object.start, object.end - object.start, function};
}

// The same code at the same address, first made and then of a library.
TEST_F(Undescribed, a_library_opened_at_its_place_has_tables) {
    void* library = dlopen(MT_STACK_PLUGIN, RTLD_NOW);
    ASSERT_NE(library, nullptr) << dlerror();
    const Place place = place_of_plugin(library);
    ASSERT_NE(place.size, 0u);
    unsigned char code[64];
    std::memcpy(code, reinterpret_cast<void*>(place.function), sizeof code);
    dlclose(library);

    void* made =
        mmap(reinterpret_cast<void*>(place.start), place.size, PROT_READ | PROT_WRITE | PROT_EXEC,
             MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
    ASSERT_EQ(reinterpret_cast<u64>(made), place.start);
    std::memcpy(reinterpret_cast<void*>(place.function), code, sizeof code);
    const auto call = reinterpret_cast<int (*)(Action)>(place.function);
    call(capture_into_current);
    const u64 pc = capture_->ours[2];
    ASSERT_LT(pc - place.start, place.size);
    EXPECT_EQ(find_rule(pc).kind(), RuleKind::no_cfi);
    const u64 generation = runtime::stack::rules_generation;
    munmap(made, place.size);

    library = dlopen(MT_STACK_PLUGIN, RTLD_NOW);
    ASSERT_EQ(place_of_plugin(library).function, place.function) << "it went elsewhere";
    call(capture_into_current);
    EXPECT_EQ(capture_->ours[2], pc);
    EXPECT_NE(find_rule(pc).kind(), RuleKind::no_cfi);
    EXPECT_GT(runtime::stack::rules_generation, generation) << "what it led to is not kept";
    dlclose(library);
    runtime::stack::forget_rules();
}

}  // namespace
}  // namespace mt::test
