// SPDX-License-Identifier: MIT
#include "attach/loader.h"

#include "hooks/caller.h"
#include "table/publish.h"

namespace mt::runtime {
namespace {

using Open = void* (*)(const char*, int);
using Look = void* (*)(void*, const char*);
using LookVersion = void* (*)(void*, const char*, const char*);
using Close = int (*)(void*);
Open real_open;
Look real_look;
LookVersion real_look_version;
LoaderEvents told;

// A path, and nothing in it that stands for the caller's folder: opened alike by all callers.
bool is_same_for_all(const char* file) {
    bool is_path = false;
    for (; file != nullptr && *file != '\0'; ++file) {
        if (*file == '$') return false;
        is_path = is_path || *file == '/';
    }
    return is_path;
}

__attribute__((noinline, MT_ANY_STACK)) void* open_and_look(const char* file, int mode) {
    void* handle = real_open(file, mode);
    if (handle != nullptr) told.look_at_modules();
    return handle;
}

__attribute__((noinline, MT_ANY_STACK)) void look_if_changed() {
    if (told.have_modules_changed()) told.look_at_modules();
}

// These four jump to the real function, whose caller is then theirs (attach_test).
void* open_for(const char* file, int mode) {
    if (is_same_for_all(file)) return open_and_look(file, mode);
    return real_open(file, mode);  // what it opens is looked at by the look-up that follows
}
void* look_for(void* handle, const char* name) {
    look_if_changed();
    return real_look(handle, name);
}
void* look_version_for(void* handle, const char* name, const char* version) {
    look_if_changed();
    return real_look_version(handle, name, version);
}
__attribute__((MT_ANY_STACK)) int close_for(void* handle) {
    const int result = reinterpret_cast<Close>(closing_entry.function)(handle);
    told.look_at_modules();
    return result;
}

}  // namespace

const HookEntry loader_entries[kLoaderEntries] = {
    {"dlopen", reinterpret_cast<void (*)()>(open_for)},
    {"dlsym", reinterpret_cast<void (*)()>(look_for)},
    {"dlvsym", reinterpret_cast<void (*)()>(look_version_for)},
    {"dlclose", reinterpret_cast<void (*)()>(close_for)},
};

void use_loader(const u64 (&theirs)[kLoaderEntries], const LoaderEvents& events) {
    told = events;
    real_open = reinterpret_cast<Open>(theirs[0]);
    real_look = reinterpret_cast<Look>(theirs[1]);
    real_look_version = reinterpret_cast<LookVersion>(theirs[2]);
}

}  // namespace mt::runtime
