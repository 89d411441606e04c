// SPDX-License-Identifier: MIT
//
// Stacks that are not the thread's own are kept like that one, equal what a whole walk
// finds, and need no system call once they have been seen; and nothing that a program does
// with such memory between two events makes the look at it fault.
#include <gtest/gtest.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#include <iterator>
#include <memory>
#include <vector>

#include "stack_hostile.h"

extern "C" {
// Go to `sp` and call `action` from other_stack_frame, which is entered with the stack pointer
// at `sp`: by a call, and by a jump, which leaves no return address.
void other_stack_call(mt::test::u64 sp, mt::test::Action action);
void other_stack_jump(mt::test::u64 sp, mt::test::Action action);
}
asm(R"(
    .pushsection .text
other_stack_frame:
    .cfi_startproc
    sub $16, %rsp
    .cfi_def_cfa_offset 24
    call *%rdi
    jmp *%rbx
    .cfi_endproc
other_stack_call:
    push %rbx
    push %rbp
    mov %rsp, %rbp
    lea 8(%rdi), %rsp
    mov %rsi, %rdi
    lea 1f(%rip), %rbx
    call other_stack_frame
1:  mov %rbp, %rsp
    pop %rbp
    pop %rbx
    ret
other_stack_jump:
    push %rbx
    push %rbp
    mov %rsp, %rbp
    mov %rdi, %rsp
    mov %rsi, %rdi
    lea 1b(%rip), %rbx
    jmp other_stack_frame
    .popsection
)");

namespace mt::test {
namespace {

using runtime::stack::Crossings;

constexpr std::size_t kPage = 4096;
constexpr std::size_t kStack = 16 * kPage;

struct Look {
    FrameCache frames{};
    Crossings crossings{};
    bool unchanged = false;
    bool followed = false;
    u32 differ = 0;   // frames that a whole walk finds otherwise
    u32 deepest = 0;  // of all looks
    bool walks = true;
};
Look* look;

[[gnu::noinline]] void look_here() {
    u64 pc;
    u64 sp;
    u64 bp;
    asm volatile("lea 1f(%%rip), %0\nmov %%rsp, %1\nmov %%rbp, %2\n1: nop"
                 : "=&r"(pc), "=&r"(sp), "=&r"(bp));
    FrameCache& frames = look->frames;
    look->unchanged = frames.is_unchanged_elsewhere(pc, sp, bp, 1);
    look->followed = look->unchanged || frames.follow_elsewhere(look->crossings, pc, sp, bp, 1);
    if (!look->followed) return;
    if (frames.count() > look->deepest) look->deepest = frames.count();
    if (!look->walks) return;
    static u64 pcs[300];
    const Walk walk = runtime::stack::walk(own_window(), pc, sp, bp, pcs, 300);
    look->differ += walk.end != WalkEnd::complete || walk.count != frames.count();
    for (u32 i = 0; i < walk.count && i < frames.count(); ++i) {
        look->differ += pcs[i] != frames.pc(i);
    }
}

void look_twice() {
    look_here();
    look_here();
    for (int i = 0; i < 2; ++i) look_here();
}

// A hundred of these are five pages.
[[gnu::noinline]] void wide(u32 depth, Action action) {
    volatile char room[160];
    room[0] = 1;
    if (depth == 0) {
        action();
    } else {
        wide(depth - static_cast<u32>(room[0]), action);
    }
    room[1] = 1;
}

class Fiber {
  public:
    Fiber(u64 stack, std::size_t size, u32 depth) {
        getcontext(&inside_);
        inside_.uc_stack.ss_sp = reinterpret_cast<void*>(stack);
        inside_.uc_stack.ss_size = size;
        inside_.uc_link = &outside_;
        makecontext(&inside_, reinterpret_cast<void (*)()>(run), 1, depth);
    }
    void go() {
        now_ = this;
        swapcontext(&outside_, &inside_);
    }
    static void give_way() { swapcontext(&now_->inside_, &now_->outside_); }

  private:
    static void run(u32 depth) {
        look_twice();
        optimised::nested(depth, look_twice);
        wide(depth, [] {
            look_twice();
            give_way();
            look_twice();
        });
        look_here();
    }

    static inline Fiber* now_;
    ucontext_t outside_, inside_;
};

class OtherStacks : public ::testing::Test {
  protected:
    OtherStacks() { look = look_.get(); }
    std::unique_ptr<Look> look_ = std::make_unique<Look>();
};

TEST_F(OtherStacks, are_kept_over_all_their_pages) {
    const Mapping stack{kStack};
    Fiber fiber(stack.at(0), kStack, 100);
    for (int i = 0; i < 2; ++i) {
        fiber.go();
        EXPECT_TRUE(look->followed);
        EXPECT_EQ(look->differ, 0u);
    }
    EXPECT_GT(look->deepest, 100u);
    EXPECT_LT(look->frames.fresh(), look->frames.count() + 1);
}

TEST_F(OtherStacks, that_do_not_change_are_only_compared) {
    const Mapping stack{kStack};
    Fiber fiber(stack.at(0), kStack, 100);
    fiber.go();
    EXPECT_TRUE(look->unchanged);
    EXPECT_LE(look->frames.fresh(), 2u) << "look_twice() went on by one call";
}

void forbid_probing() {
    const auto kill = [](unsigned number) {
        return sock_filter{BPF_JMP | BPF_JEQ | BPF_K, 0, 1, number};
    };
    const sock_filter die{BPF_RET | BPF_K, 0, 0, SECCOMP_RET_KILL_PROCESS};
    sock_filter program[] = {{BPF_LD | BPF_W | BPF_ABS, 0, 0, offsetof(seccomp_data, nr)},
                             kill(SYS_madvise),
                             die,
                             {BPF_LD | BPF_W | BPF_ABS, 0, 0, offsetof(seccomp_data, args)},
                             kill(0xffffffff),  // rt_sigprocmask with no such `how`
                             die,
                             {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW}};
    const sock_fprog filter{std::size(program), program};
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter);
}

TEST_F(OtherStacks, ask_the_kernel_once) {
    EXPECT_EXIT(
        {
            look->walks = false;
            const Mapping stack{kStack};
            for (int i = 0; i < 4; ++i) {
                if (i == 2) forbid_probing();
                Fiber fiber(stack.at(0), kStack, 100);
                fiber.go();
                fiber.go();
            }
            _exit(look->followed && look->deepest > 100 ? 7 : 8);
        },
        ::testing::ExitedWithCode(7), "");
}

// A fiber has ended, its stack is unmapped, and a smaller one lies at its place.
TEST_F(OtherStacks, may_be_replaced_by_smaller_ones) {
    const Mapping room{kStack};
    for (std::size_t size : {kStack, kStack / 2, kStack, kStack / 2 + kPage, 5 * kPage}) {
        room.protect(0, kStack, PROT_NONE);
        room.protect(0, size, PROT_READ | PROT_WRITE);
        Fiber fiber(room.at(0), size, 60);
        for (int i = 0; i < 2; ++i) {
            fiber.go();
            EXPECT_TRUE(look->followed);
            EXPECT_EQ(look->differ, 0u) << size;
        }
    }
}

// The same frame at the same address, where its return address was readable, and now there
// is none: the page behind it is gone.
TEST_F(OtherStacks, may_begin_at_the_very_end_of_a_page) {
    const Mapping room{4 * kPage};
    look->walks = false;
    for (int i = 0; i < 3; ++i) other_stack_call(room.at(2 * kPage), look_here);
    other_stack_jump(room.at(2 * kPage), look_here);
    room.protect(2 * kPage, 2 * kPage, PROT_NONE);
    other_stack_jump(room.at(2 * kPage), look_here);
    EXPECT_FALSE(look->followed) << "nothing says who called";
}

TEST_F(OtherStacks, are_told_apart_where_they_are_alike) {
    const Mapping stack{kStack};
    for (u32 depth : {3u, 4u, 3u, 40u, 39u, 3u}) {
        Fiber fiber(stack.at(0), kStack, depth);
        fiber.go();
        fiber.go();
        EXPECT_TRUE(look->followed);
        EXPECT_EQ(look->differ, 0u) << depth;
    }
}

}  // namespace
}  // namespace mt::test
