/* SPDX-License-Identifier: MIT
 *
 * One of two libraries whose functions and return addresses lie at the same
 * offsets in frames of different size (TORTURE_FRAME, 8 modulo 16, over 127). */
#define TEXT_OF(x) #x
#define TEXT(x) TEXT_OF(x)

__attribute__((visibility("default"))) void torture_call(void (*action)(void));
__asm__(
    ".pushsection .text\n"
    ".balign 64\n"
    ".globl torture_call\n"
    ".type torture_call, @function\n"
    "torture_call:\n"
    ".cfi_startproc\n"
    "sub $" TEXT(TORTURE_FRAME) ", %rsp\n"
    ".cfi_adjust_cfa_offset " TEXT(TORTURE_FRAME) "\n"
    "call *%rdi\n"
    "add $" TEXT(TORTURE_FRAME) ", %rsp\n"
    ".cfi_adjust_cfa_offset -" TEXT(TORTURE_FRAME) "\n"
    "ret\n"
    ".cfi_endproc\n"
    ".size torture_call, . - torture_call\n"
    ".popsection\n");

__attribute__((visibility("default"))) const unsigned torture_frame = TORTURE_FRAME;

/* The loader makes room for it when a thread first asks, inside the access. */
static __thread volatile char room[5000];

__attribute__((visibility("default"))) void torture_thread_local(void) { room[17] = 1; }

/* In a third library that is opened by itself: the loader finds it in the first
 * call, and allocates to remember that this library needs the other. */
extern void torture_elsewhere(void);
__attribute__((visibility("default"))) void torture_bind(void) { torture_elsewhere(); }
