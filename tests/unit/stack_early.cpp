// SPDX-License-Identifier: MIT
//
// A library whose constructor runs before the program that links it: it calls
// the program's function there.
extern "C" void memtrace_before_main();

__attribute__((constructor)) static void call_the_program() {
    memtrace_before_main();
    asm volatile("");  // a frame of its own, no tail call
}

// So that linking this library is not for nothing.
extern "C" __attribute__((visibility("default"))) int memtrace_early() { return 1; }
