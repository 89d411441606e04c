// SPDX-License-Identifier: MIT
//
// See demangle.h. The demanglers are C and hand over what they print piece by piece; substitutions
// let a name double with each letter, and a callback has no other way to end that than longjmp.
// Between setjmp and the callback there are C frames only, which have nothing to tidy up.
#include "names/demangle.h"

#include <csetjmp>
#include <utility>

// It brings libiberty.h, which else declares the C library's function anew.
#define HAVE_DECL_BASENAME 1
#include <libiberty/demangle.h>

namespace mt::core {
namespace {

// Of what is printed; the longest that anybody has seen are some 20 KiB.
constexpr std::size_t kLongestName = std::size_t{128} * 1024;
// The C++ demangler takes stack for each letter, and without the first figure refuses names of
// more than 1024, as templates of templates easily have.
constexpr std::size_t kLongestDeep = 4096;
constexpr std::size_t kLongestLinkage = std::size_t{64} * 1024;

struct Taken {
    std::string text;
    std::jmp_buf enough{};

    bool add(const char* piece, std::size_t length) noexcept {
        try {
            if (length > kLongestName - text.size()) return false;
            text.append(piece, length);
            return true;
        } catch (...) {
            return false;
        }
    }
};

void take(const char* piece, std::size_t length, void* to) {
    auto& taken = *static_cast<Taken*>(to);
    if (!taken.add(piece, length)) std::longjmp(taken.enough, 1);  // NOLINT(cert-err52-cpp)
}

// False: it is no name, or too long.
bool run(const char* linkage, bool rust, int options, Taken& taken) {
    if (setjmp(taken.enough) != 0) return false;  // NOLINT(cert-err52-cpp)
    const int done = rust ? rust_demangle_callback(linkage, options, take, &taken)
                          : cplus_demangle_v3_callback(linkage, options, take, &taken);
    return done != 0;
}

bool has_prefix(std::string_view text, std::string_view prefix) {
    return text.substr(0, prefix.size()) == prefix;
}

// "_R…" is Rust's own scheme; its older one is C++'s with a hash as the last component.
bool may_be_rust(std::string_view linkage) {
    return has_prefix(linkage, "_R") || (has_prefix(linkage, "_ZN") && linkage.ends_with('E') &&
                                         linkage.find("17h") != std::string_view::npos);
}

}  // namespace

bool is_mangled(std::string_view linkage) {
    return has_prefix(linkage, "_Z") || has_prefix(linkage, "_R");
}

std::optional<std::string> demangled(const std::string& linkage) {
    if (linkage.size() > kLongestLinkage) return std::nullopt;
    Taken taken;
    if (may_be_rust(linkage)) {
        if (run(linkage.c_str(), true, DMGL_NO_OPTS, taken)) return std::move(taken.text);
        taken.text.clear();
    }
    if (!has_prefix(linkage, "_Z")) return std::nullopt;
    const int deep = linkage.size() <= kLongestDeep ? DMGL_NO_RECURSE_LIMIT : 0;
    if (!run(linkage.c_str(), false, DMGL_PARAMS | DMGL_TYPES | DMGL_ANSI | deep, taken))
        return std::nullopt;
    return std::move(taken.text);
}

}  // namespace mt::core
