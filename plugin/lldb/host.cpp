// SPDX-License-Identifier: MIT
//
// The LLDB that loaded us; see host.h.
#include "host.h"

#include <dlfcn.h>

#include <climits>
#include <cstdlib>

namespace mt::adapter {
namespace {

bool has(const char* symbol) { return dlsym(RTLD_DEFAULT, symbol) != nullptr; }

std::string parent(const std::string& path) {
    const auto slash = path.rfind('/');
    return slash == std::string::npos ? "." : path.substr(0, slash);
}

}  // namespace

bool host_has_core_file() {
    static const bool yes = has("_ZN4lldb9SBProcess11GetCoreFileEv");
    return yes;
}

bool host_has_interrupt_requested() {
    static const bool yes = has("_ZN4lldb10SBDebugger18InterruptRequestedEv");
    return yes;
}

bool host_has_result_get() {
    static const bool yes = has("_ZNK4lldb21SBCommandReturnObject3getEv");
    return yes;
}

std::string library_directory() {
    Dl_info info{};
    if (dladdr(reinterpret_cast<void*>(&library_directory), &info) == 0) return {};
    char path[PATH_MAX];
    if (realpath(info.dli_fname, path) == nullptr) return {};
    return parent(parent(path));
}

}  // namespace mt::adapter
