// SPDX-License-Identifier: MIT
//
// Code that no unwind table describes: written by hand, or made at run time.
#include <sys/mman.h>

#include <cstring>

#include "stack_capture.h"
#include "torture.h"

extern "C" {
void torture_framed(torture::Action action);      // keeps a frame pointer
void torture_framed_allocate();                   // the same, and calls torture_allocate
void torture_bare(torture::Action action);        // leaves rbp as it was
void torture_no_bp(torture::Action action);       // rbp is 0 in the call
void torture_odd_bp(torture::Action action);      // rbp is no address
void torture_bp_nowhere(torture::Action action);  // rbp points to unmapped memory
void torture_wrong(torture::Action action);       // a table that does not hold
void torture_wrong_code(torture::Action action);  // one that leads to no code
torture::Action torture_allocate;
}
asm(R"(
    .pushsection .text
torture_framed:
    push %rbp
    mov %rsp, %rbp
    sub $48, %rsp
    call *%rdi
    leave
    ret
torture_framed_allocate:
    push %rbp
    mov %rsp, %rbp
    sub $16, %rsp
    call *torture_allocate(%rip)
    leave
    ret
torture_bare:
    sub $24, %rsp
    call *%rdi
    add $24, %rsp
    ret
torture_no_bp:
    push %rbp
    xor %ebp, %ebp
    call *%rdi
    pop %rbp
    ret
torture_odd_bp:
    push %rbp
    mov $0x1234567, %ebp
    call *%rdi
    pop %rbp
    ret
torture_bp_nowhere:
    push %rbp
    mov $0x10000, %ebp
    call *%rdi
    pop %rbp
    ret
torture_wrong:
    .cfi_startproc
    push %rbp
    .cfi_def_cfa %rbp, 16
    .cfi_offset %rbp, -16
    mov $0x10000, %ebp
    call *%rdi
    pop %rbp
    .cfi_def_cfa %rsp, 8
    ret
    .cfi_endproc
torture_wrong_code:
    .cfi_startproc
    push %rbp
    .cfi_def_cfa %rbp, 16
    .cfi_offset %rbp, -16
    sub $32, %rsp
    mov %rsp, %rbp
    movq $0, (%rbp)
    movq $0x12345000, 8(%rbp)
    call *%rdi
    add $32, %rsp
    pop %rbp
    .cfi_def_cfa %rsp, 8
    ret
    .cfi_endproc
    .popsection
)");

namespace torture {
namespace {

namespace plain = mt::test::plain;
namespace optimised = mt::test::optimised;

// Machine code that calls what it is given, as JIT compilers write it.
constexpr unsigned char kWithFrame[] = {0x55, 0x48, 0x89, 0xe5, 0x48, 0x83,
                                        0xec, 0x20, 0xff, 0xd7, 0xc9, 0xc3};
constexpr unsigned char kWithoutFrame[] = {0x48, 0x83, 0xec, 0x18, 0xff, 0xd7,
                                           0x48, 0x83, 0xc4, 0x18, 0xc3};
constexpr unsigned kPage = 4096;

using Function = void (*)(Action);

struct Page {
    Page() {
        memory =
            static_cast<unsigned char*>(mmap(nullptr, kPage, PROT_READ | PROT_WRITE | PROT_EXEC,
                                             MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
        check(memory != MAP_FAILED, "mmap of a page for code");
    }
    ~Page() { munmap(memory, kPage); }
    Page(const Page&) = delete;
    Page& operator=(const Page&) = delete;

    template <unsigned N>
    Function put(unsigned at, const unsigned char (&code)[N]) {
        std::memcpy(memory + at, code, N);
        return reinterpret_cast<Function>(memory + at);
    }

    unsigned char* memory;
};

Function made;

}  // namespace

void in_undescribed_frames(Action action) {
    torture_framed(action);
    torture_bare(action);
    torture_no_bp(action);
    torture_odd_bp(action);
    torture_bp_nowhere(action);
}

void undescribed() {
    for (unsigned round = 0; round < 10; ++round) {
        in_undescribed_frames(allocate);
        in_undescribed_frames(allocate_deeper);
        in_undescribed_frames([] { torture_framed(allocate); });
        in_undescribed_frames([] { in_quiet_frames(allocate); });
        plain::nested(3, [] { torture_framed(allocate_deeper); });
        optimised::nested(3, [] { torture_framed(allocate_deeper); });
        plain::nested(250, [] { torture_framed(allocate_deeper); });
        plain::nested(300, [] { torture_framed(allocate_deeper); });
        torture_framed([] { plain::nested(251, allocate); });
        torture_framed([] { plain::nested(300, allocate); });
        torture_wrong(allocate);
        torture_wrong(allocate_deeper);
        torture_wrong_code(allocate);
        // The same addresses with other code in each round.
        Page page;
        made = round % 2 == 0 ? page.put(64, kWithFrame) : page.put(64, kWithoutFrame);
        made(allocate);
        made(allocate_deeper);
        plain::nested(2, [] { made(allocate); });
        optimised::nested(2, [] { made(allocate); });
        made([] { made(allocate_deeper); });
        made([] { torture_framed([] { made(allocate); }); });
        // From frames that only the stack pointer tells.
        torture_allocate = allocate_deeper;
        optimised::nested(5, torture_framed_allocate);
        optimised::with_alloca(100, torture_framed_allocate);
        optimised::many_arguments(torture_framed_allocate);
    }
}

}  // namespace torture
