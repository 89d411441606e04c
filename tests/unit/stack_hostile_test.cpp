// SPDX-License-Identifier: MIT
//
// Proves that no value of the registers and no content of the stack can make a
// walk fault, hang or overrun, that code without unwind information is passed
// where its frame pointers allow, and what a walk may call.
#include <dlfcn.h>
#include <gtest/gtest.h>
#include <link.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <random>
#include <thread>

#include "stack/rule_cache.h"
#include "stack/walker.h"
#include "stack_capture.h"

namespace {
// Armed around a walk; counts what a walk must not call.
thread_local bool armed;
thread_local unsigned forbidden_calls;
}  // namespace

extern "C" {
void* __libc_malloc(size_t size);
void* __libc_calloc(size_t count, size_t size);
void* __libc_realloc(void* block, size_t size);
void __libc_free(void* block);

void* malloc(size_t size) {
    forbidden_calls += armed;
    return __libc_malloc(size);
}
void* calloc(size_t count, size_t size) {
    forbidden_calls += armed;
    return __libc_calloc(count, size);
}
void* realloc(void* block, size_t size) {
    forbidden_calls += armed;
    return __libc_realloc(block, size);
}
void free(void* block) {
    forbidden_calls += armed;
    __libc_free(block);
}
#ifndef MEMTRACE_OBJECTS_BY_ITERATION
int dl_iterate_phdr(int (*callback)(dl_phdr_info*, size_t, void*), void* data) {
    forbidden_calls += armed;
    using Function = int (*)(int (*)(dl_phdr_info*, size_t, void*), void*);
    static const auto next = reinterpret_cast<Function>(dlsym(RTLD_NEXT, "dl_iterate_phdr"));
    return next(callback, data);
}
#endif
}

namespace mt::test {
namespace {

class Mapping {
  public:
    explicit Mapping(std::size_t size, int protection = PROT_READ | PROT_WRITE) : size_(size) {
        start_ =
            static_cast<char*>(mmap(nullptr, size, protection, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    }
    Mapping(const Mapping&) = delete;
    ~Mapping() { munmap(start_, size_); }
    char* bytes() const { return start_; }
    u64 at(std::size_t offset) const { return reinterpret_cast<u64>(start_) + offset; }
    void protect(std::size_t offset, std::size_t size, int protection) const {
        mprotect(start_ + offset, size, protection);
    }
    void write(std::size_t offset, std::initializer_list<u64> words) const {
        std::memcpy(start_ + offset, words.begin(), words.size() * 8);
    }

  private:
    std::size_t size_;
    char* start_;
};

// Code that no unwind table describes. `body` ends with a call of its first
// argument; what follows undoes the frame.
class Jit {
  public:
    explicit Jit(std::initializer_list<unsigned char> code) {
        std::memcpy(page_.bytes(), code.begin(), code.size());
        page_.protect(0, 4096, PROT_READ | PROT_EXEC);
    }
    void call(Action action, u64 argument = 0) const {
        reinterpret_cast<void (*)(Action, u64)>(page_.at(0))(action, argument);
    }
    bool contains(u64 pc) const { return pc >= page_.at(0) && pc < page_.at(4096); }
    u64 at(std::size_t offset) const { return page_.at(offset); }

  private:
    Mapping page_{4096};
};

// push %rbp; mov %rsp,%rbp; call *%rdi; pop %rbp; ret
const std::initializer_list<unsigned char> kWithFrame = {0x55, 0x48, 0x89, 0xe5,
                                                         0xff, 0xd7, 0x5d, 0xc3};
// sub $8,%rsp; call *%rdi; add $8,%rsp; ret
const std::initializer_list<unsigned char> kWithoutFrame = {0x48, 0x83, 0xec, 0x08, 0xff, 0xd7,
                                                            0x48, 0x83, 0xc4, 0x08, 0xc3};
// push %rbp; mov %rsi,%rbp; call *%rdi; pop %rbp; ret
const std::initializer_list<unsigned char> kGivenFramePointer = {0x55, 0x48, 0x89, 0xf5,
                                                                 0xff, 0xd7, 0x5d, 0xc3};

class Hostile : public ::testing::Test {
  protected:
    Hostile() { current_capture = capture_.get(); }
    ~Hostile() override { current_capture = nullptr; }
    std::unique_ptr<Capture> capture_ = std::make_unique<Capture>();
};

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

TEST_F(Hostile, calls_nothing_that_allocates_or_asks_the_loader) {
    own_window() = Window{};
    static u32 calls;
    calls = 0;
    const auto walk_armed = [] {
        u64 pcs[128];
        const auto bp = reinterpret_cast<u64>(__builtin_frame_address(0));
        armed = true;
        const Walk walk = runtime::stack::walk(own_window(), *reinterpret_cast<u64*>(bp + 8),
                                               bp + 16, *reinterpret_cast<u64*>(bp), pcs, 128);
        armed = false;
        calls = forbidden_calls;
        EXPECT_EQ(walk.end, WalkEnd::complete);
    };
    forbidden_calls = 0;
    optimised::nested(20, walk_armed);
    EXPECT_EQ(calls, 0u);
    std::thread{[&] { plain::nested(20, walk_armed); }}.join();
    EXPECT_EQ(calls, 0u);
    // The traps do see something.
    armed = true;
    void* volatile block = std::malloc(1);
    std::free(block);
    armed = false;
    EXPECT_EQ(forbidden_calls, 2u);
}

// Allows what a walk may do and what the test needs to report, kills on all else.
void forbid_system_calls() {
    const auto allow = [](unsigned number) {
        return sock_filter{BPF_JMP | BPF_JEQ | BPF_K, 0, 1, number};
    };
    const sock_filter yes{BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW};
    sock_filter program[] = {{BPF_LD | BPF_W | BPF_ABS, 0, 0, offsetof(seccomp_data, nr)},
                             allow(SYS_rt_sigprocmask),
                             yes,
                             allow(SYS_getpid),
                             yes,
                             allow(SYS_gettid),
                             yes,
                             allow(SYS_exit_group),
                             yes,
                             {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_KILL_PROCESS}};
    const sock_fprog filter{std::size(program), program};
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter);
}

TEST_F(Hostile, makes_three_kinds_of_system_calls_only) {
    EXPECT_EXIT(
        {
            const Mapping stack{4096};
            const u64 code = reinterpret_cast<u64>(&std::qsort) + 30;
            u64 pcs[64];
            own_window() = Window{};
            forbid_system_calls();
            const auto bp = reinterpret_cast<u64>(__builtin_frame_address(0));
            const Walk own = runtime::stack::walk(own_window(), code, bp, bp, pcs, 64);
            const Walk foreign =
                runtime::stack::walk(own_window(), code, stack.at(64), stack.at(128), pcs, 64);
            _exit(own.count >= 1 && foreign.count >= 1 ? 7 : 8);
        },
        ::testing::ExitedWithCode(7), "");
}

// Paints the stack below itself, walks, and looks how far the paint is gone.
[[gnu::noinline]] std::size_t stack_used_by_walk() {
    constexpr std::size_t kPainted = 16384;
    constexpr std::size_t kOwn = 256;  // this function's frame and the callee's return address
    u64 sp;
    u64 bp;
    asm volatile("mov %%rsp, %0\nmov %%rbp, %1" : "=r"(sp), "=r"(bp));
    static u64 pcs[256];
    static volatile unsigned char* lowest;
    runtime::stack::forget_rules();  // a rule that is remembered costs less
    lowest = reinterpret_cast<volatile unsigned char*>(sp) - kPainted;
    for (std::size_t i = 0; i < kPainted - kOwn; ++i) lowest[i] = 0xa5;
    u64 pc;
    asm volatile("lea 1f(%%rip), %0\n1: nop" : "=r"(pc));
    runtime::stack::walk(own_window(), pc, sp, bp, pcs, 256);
    std::size_t intact = 0;
    while (intact < kPainted - kOwn && lowest[intact] == 0xa5) ++intact;
    return kPainted - intact;
}

std::size_t most_stack_used;

void measure() { most_stack_used = std::max(most_stack_used, stack_used_by_walk()); }

#if defined(__clang__)
constexpr std::size_t kSlack = 300;  // clang keeps larger frames than gcc
#else
constexpr std::size_t kSlack = 0;
#endif

TEST_F(Hostile, needs_little_stack) {
    // Once before, so that lazy binding in this program does not count.
    stack_used_by_walk();
    most_stack_used = 0;
    measure();
    optimised::nested(5, measure);
    optimised::realigned_alloca(100, measure);
    signal(SIGUSR1, [](int) { measure(); });
    raise(SIGUSR1);
    signal(SIGUSR1, SIG_DFL);
    static const Jit jit{kWithFrame};
    jit.call(measure);
    std::printf("stack used by a walk: %zu bytes\n", most_stack_used);
    EXPECT_GT(most_stack_used, 256u);
#ifdef MEMTRACE_OBJECTS_BY_ITERATION
    EXPECT_LE(most_stack_used, 750 + kSlack);
#else
    EXPECT_LE(most_stack_used, 600 + kSlack);
#endif
    // Whole rows instead of 32-bit rules.
    plain::large_frame(measure);
    std::printf("and with a large frame: %zu bytes\n", most_stack_used);
    EXPECT_LE(most_stack_used, 750 + kSlack);
}

}  // namespace
}  // namespace mt::test
