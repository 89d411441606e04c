// SPDX-License-Identifier: MIT
//
// See obstacles.h.
#include "app/attach/obstacles.h"

#include <elf.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <sstream>
#include <string_view>

#include "target/control.h"

namespace mt::core {
namespace {

constexpr const char* kPrepare = "start it with the runtime instead (mt preload before run)";

std::string content(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

bool is_raised(std::int64_t pid) {
    const std::string bytes = content(fmt::format("/proc/{}/auxv", pid));
    for (std::size_t at = 0; at + sizeof(Elf64_auxv_t) <= bytes.size();
         at += sizeof(Elf64_auxv_t)) {
        Elf64_auxv_t entry{};
        std::copy_n(bytes.data() + at, sizeof entry, reinterpret_cast<char*>(&entry));
        if (entry.a_type == AT_SECURE) return entry.a_un.a_val != 0;
    }
    return false;
}

bool may(const struct stat& file, const ProcessRights& rights, unsigned wanted) {
    if (rights.user == 0) return true;
    unsigned bits = file.st_mode & 7u;
    const bool in_group =
        file.st_gid == rights.group ||
        std::find(rights.groups.begin(), rights.groups.end(), file.st_gid) != rights.groups.end();
    if (in_group) bits = (file.st_mode >> 3) & 7u;
    if (file.st_uid == rights.user) bits = (file.st_mode >> 6) & 7u;
    return (bits & wanted) == wanted;
}

// By the path as the process sees it, each of its folders too.
std::string library_obstacle(std::int64_t pid, const std::string& library,
                             const ProcessRights& rights) {
    const std::string root = fmt::format("/proc/{}/root", pid);
    struct stat here {};
    struct stat there {};
    if (stat(library.c_str(), &here) != 0) return fmt::format("there is no {}", library);
    // A process that another user owns does not show its root: then the loader will tell.
    struct stat base {};
    if (stat((root + "/").c_str(), &base) != 0) return "";
    for (std::size_t end = 1; end != std::string::npos;) {
        end = library.find('/', end);
        const std::string part = library.substr(0, end);
        if (stat((root + part).c_str(), &there) != 0)
            return fmt::format("the program does not see {} (it has a root or mounts of its own)",
                               library);
        const bool is_folder = end != std::string::npos;
        if (!may(there, rights, is_folder ? 1u : 4u))
            return fmt::format("the program's user may not read {}", library);
        if (is_folder) ++end;
    }
    if (here.st_dev == there.st_dev && here.st_ino == there.st_ino) return "";
    return here.st_size == there.st_size
               ? ""
               : fmt::format("the program sees another file as {}", library);
}

std::string_view base_name(std::string_view path) { return path.substr(path.rfind('/') + 1); }

struct Tracer {
    std::string_view file, name;
};
constexpr std::array kTracers = {Tracer{"libheaptrack", "heaptrack"},
                                 Tracer{"_memray", "memray"},
                                 Tracer{"_inject.", "memray"},
                                 Tracer{"libbytehound", "bytehound"},
                                 Tracer{"vgpreload_", "Valgrind"},
                                 Tracer{"libasan.", "AddressSanitizer"},
                                 Tracer{"libtsan.", "ThreadSanitizer"},
                                 Tracer{"liblsan.", "LeakSanitizer"},
                                 Tracer{"libhwasan.", "HWAddressSanitizer"}};

Result<void> refuse_tracer(std::string_view name) {
    return fail(Code::refused,
                fmt::format("{} is in this program and has its allocation functions; one of the "
                            "two can trace it: run it without",
                            name));
}

}  // namespace

ProcessRights rights_in(const std::string& status) {
    ProcessRights rights;
    std::istringstream lines(status);
    for (std::string line; std::getline(lines, line);) {
        std::istringstream words(line);
        std::string label;
        words >> label;
        std::uint32_t value = 0;
        if (label == "Seccomp:" && words >> value) rights.filters = std::max(rights.filters, value);
        if (label == "Seccomp_filters:" && words >> value && value != 0) rights.filters = value;
        if (label == "Uid:" && words >> value && words >> value) rights.user = value;
        if (label == "Gid:" && words >> value && words >> value) rights.group = value;
        while (label == "Groups:" && words >> value) rights.groups.push_back(value);
    }
    return rights;
}

Result<void> attachable_target(const Target& target, std::string_view verb) {
    if (target.is_absent())
        return fail(Code::no_process,
                    fmt::format("mt {} is for a program that runs; attach to one, or use mt start "
                                "before run",
                                verb));
    MT_TRY(may_change(target, verb));
    if (target.running) return fail(Code::unreadable, "the program is running; stop it first");
    return {};
}

Result<void> attachable_modules(const Places& places, Memory& memory) {
    const auto& modules = places.modules();
    const bool is_musl = std::any_of(modules.begin(), modules.end(), [](const auto& module) {
        return base_name(module.path).find("musl") != std::string_view::npos;
    });
    if (is_musl)
        return fail(Code::refused, "this program uses musl's C library; the runtime needs glibc's");
    // A static program's list has itself alone.
    if (!places.has_loader())
        return fail(Code::refused,
                    "this program is static, or its loader has not begun: no library can be opened "
                    "in it; link it with -lmemtrace, or stop it in main");
    for (const LoadedModule& module : modules) {
        const auto name = base_name(module.path);
        for (const Tracer& tracer : kTracers)
            if (name.substr(0, tracer.file.size()) == tracer.file)
                return refuse_tracer(tracer.name);
        const ElfModule known = read_module(memory, module, "", false);
        if (known.defined[kAsan] != 0) return refuse_tracer("AddressSanitizer");
        if (known.defined[kTsan] != 0) return refuse_tracer("ThreadSanitizer");
        if (known.defined[kHwasan] != 0) return refuse_tracer("HWAddressSanitizer");
        if (known.defined[kMsan] != 0) return refuse_tracer("MemorySanitizer");
    }
    if (places.libc() == nullptr)
        return fail(Code::refused,
                    "this program has no libc.so.6 of glibc's, which the runtime needs");
    return {};
}

Result<void> attachable_process(std::int64_t pid, const std::string& library, bool despite_filter) {
    const ProcessRights rights = rights_in(content(fmt::format("/proc/{}/status", pid)));
    const ProcessRights own = rights_in(content("/proc/self/status"));
    if (rights.filters > own.filters && !despite_filter)
        return fail(Code::refused,
                    fmt::format("the program has a filter of system calls (seccomp), which may end "
                                "it when a library is opened; {}, or say --despite-filter if it "
                                "allows that",
                                kPrepare));
    if (is_raised(pid))
        return fail(Code::refused,
                    "the program runs with raised privileges (set-user-ID or capabilities); link "
                    "it with -lmemtrace, or run it as its own user");
    const std::string why = library_obstacle(pid, library, rights);
    if (!why.empty())
        return fail(Code::refused,
                    fmt::format("{}; install memtrace where the program can read it", why));
    return {};
}

}  // namespace mt::core
