// SPDX-License-Identifier: MIT
//
// A library for tests to load, walk through, and unload. Linked for lazy binding.
#include <cstring>

extern "C" __attribute__((visibility("default"))) int memtrace_plugin_call(void (*action)()) {
    action();
    return 7;
}

// Nobody else in the tests calls strverscmp: the first call here binds it.
extern "C" __attribute__((visibility("default"))) int memtrace_plugin_bind(const char* left,
                                                                           const char* right) {
    return strverscmp(left, right) + 1;
}
