// SPDX-License-Identifier: MIT
//
// See places.h.
#include "app/attach/places.h"

#include <algorithm>
#include <array>

namespace mt::core {
namespace {

constexpr const char* kLoaderList = "_r_debug";
// Of glibc; before 2.34 some of its functions stand in libraries of their own.
constexpr std::array<std::string_view, 4> kLibcs = {"libc.so.6", "libpthread.so.0", "libdl.so.2",
                                                    "librt.so.1"};

std::string_view base_name(std::string_view path) {
    const auto slash = path.rfind('/');
    return slash == std::string_view::npos ? path : path.substr(slash + 1);
}
bool is_libcs(const LoadedModule& module) {
    const auto name = base_name(module.path);
    return std::find(kLibcs.begin(), kLibcs.end(), name) != kLibcs.end();
}
bool is_loader(const LoadedModule& module) {
    return base_name(module.path).substr(0, 8) == "ld-linux";
}

std::uint64_t address_in(const std::vector<ElfFunction>& functions, std::string_view name) {
    const auto at = std::find_if(functions.begin(), functions.end(),
                                 [name](const ElfFunction& one) { return one.name == name; });
    return at == functions.end() ? 0 : at->start;
}

void append(std::vector<ElfFunction>& all, const std::vector<ElfFunction>& more) {
    all.insert(all.end(), more.begin(), more.end());
}

}  // namespace

Result<Places> Places::of(Debuggee& debuggee, const BareProcess& process) {
    Memory& memory = *process.memory;
    Places places;
    const std::uint64_t list = MT_TRY(debuggee.debugger().find_symbol(kLoaderList));
    places.modules_ = MT_TRY(loaded_modules(memory, list));
    std::erase_if(places.modules_, [](const LoadedModule& module) { return module.space != 0; });
    for (std::size_t i = 0; i < places.modules_.size(); ++i) {
        const LoadedModule& module = places.modules_[i];
        places.has_loader_ = places.has_loader_ || is_loader(module);
        if (is_loader(module) || is_libcs(module)) {
            const auto [start, end] = range_of(memory, module);
            places.ranges_.push_back(
                {start, end, is_loader(module) ? CodeOf::loader : CodeOf::libc});
        }
        if (is_libcs(module)) append(places.libcs_, read_functions(memory, module));
        if (base_name(module.path) == kLibcs[0]) places.libc_ = i;
    }
    append(places.functions_, places.libcs_);
    places.find_entries(memory);
    std::stable_sort(places.functions_.begin(), places.functions_.end(),
                     [](const ElfFunction& a, const ElfFunction& b) { return a.start < b.start; });
    if (memory.interrupted()) return fail(Code::interrupted, "interrupted");
    return places;
}

// The first definition of each name, in the order of the program's look-ups.
void Places::find_entries(Memory& memory) {
    std::array<bool, kFamily> found{};
    for (std::size_t i = 0; i < modules_.size(); ++i) {
        const LoadedModule& module = modules_[i];
        const ElfModule known = read_module(memory, module, "", false);
        if (known.defined[kRoot] != 0) {
            runtime_ = i;
            runtimes_ = read_functions(memory, module);
            continue;
        }
        bool is_owner = false;
        for (std::uint8_t name = 0; name < kFamily; ++name) {
            if (found[name] || known.defined[name] == 0) continue;
            found[name] = is_owner = true;
            entries_.push_back(known.defined[name]);
        }
        if (!is_owner || is_libcs(module)) continue;
        append(functions_, read_functions(memory, module));
        is_allocator_programs_ = is_allocator_programs_ || module.path.empty();
        const auto [start, end] = range_of(memory, module);
        if (!module.path.empty()) ranges_.push_back({start, end, CodeOf::allocator});
    }
}

const LoadedModule* Places::libc() const {
    return libc_ < modules_.size() ? &modules_[libc_] : nullptr;
}
const LoadedModule* Places::runtime() const {
    return runtime_ < modules_.size() ? &modules_[runtime_] : nullptr;
}
std::uint64_t Places::libc_function(std::string_view name) const {
    return address_in(libcs_, name);
}
std::uint64_t Places::runtime_function(std::string_view name) const {
    return address_in(runtimes_, name);
}

CodeOf Places::whose_is(std::uint64_t pc) const {
    for (const Range& range : ranges_)
        if (pc >= range.start && pc < range.end) return range.whose;
    return CodeOf::program;
}

std::string_view Places::name_of(std::uint64_t pc) const {
    auto at = std::upper_bound(
        functions_.begin(), functions_.end(), pc,
        [](std::uint64_t address, const ElfFunction& one) { return address < one.start; });
    // Aliases begin alike, and a size may be missing.
    while (at != functions_.begin()) {
        --at;
        if (pc - at->start < std::max<std::uint64_t>(at->size, 1)) return at->name;
        if (pc - at->start > 65536) break;
    }
    return {};
}

}  // namespace mt::core
