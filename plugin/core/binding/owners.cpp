// SPDX-License-Identifier: MIT
//
// What is found out about owners, in words: whose it is, and what to do.
#include <fmt/format.h>

#include <algorithm>

#include "binding/bindings.h"

namespace mt::core {
namespace {

constexpr std::size_t kNamed = 5;  // the rest is counted

std::string listed(std::vector<std::string> texts, std::size_t most = kNamed) {
    const std::size_t more = texts.size() > most ? texts.size() - most : 0;
    texts.resize(texts.size() - more);
    if (more != 0) return fmt::format("{} and {} more", fmt::join(texts, ", "), more);
    if (texts.size() < 2) return texts.empty() ? "" : texts.front();
    const std::string last = texts.back();
    texts.pop_back();
    return fmt::format("{} and {}", fmt::join(texts, ", "), last);
}

std::string functions_of(const Owner& owner) {
    std::vector<std::string> names;
    for (const std::uint8_t name : owner.names) names.emplace_back(kNameTexts[name]);
    return listed(std::move(names)) + (owner.names.size() == 1 ? " is" : " are");
}

const char* name_of(Sanitizer sanitizer) {
    switch (sanitizer) {
        case Sanitizer::address:
            return "AddressSanitizer";
        case Sanitizer::hardware_address:
            return "HWAddressSanitizer";
        case Sanitizer::memory:
            return "MemorySanitizer";
        case Sanitizer::thread:
            return "ThreadSanitizer";
        case Sanitizer::leak:
            return "LeakSanitizer";
        case Sanitizer::none:
            break;
    }
    return "";
}

std::string whose(const Owner& owner) {
    if (owner.sanitizer != Sanitizer::none)
        return fmt::format("{}'s, in {}", name_of(owner.sanitizer), owner.module);
    if (owner.is_program) return fmt::format("the program's own, in {}", owner.module);
    return owner.module + "'s";
}

bool allocates(const Owner& owner) {
    return std::any_of(owner.names.begin(), owner.names.end(), [](auto name) {
        return name != kFree && name != kRealloc && name != kReallocarray;
    });
}

std::string way_out(const Owner& owner) {
    if (owner.sanitizer == Sanitizer::address && !owner.is_program)
        return "set ASAN_OPTIONS=verify_asan_link_order=0 and preload memtrace before it";
    if (owner.sanitizer == Sanitizer::leak && !owner.is_program)
        return "preload memtrace before it";
    if (owner.sanitizer != Sanitizer::none) return "tracing needs a build without it";
    if (owner.is_program)
        return "link its allocator as a shared library, and preload memtrace before that";
    if (owner.is_libc) return "memtrace was opened too late; preload it, or link it before libc";
    return fmt::format("preload memtrace before it: LD_PRELOAD=libmemtrace.so:{}", owner.module);
}

std::string text_of(const Owner& owner) {
    const std::string start =
        fmt::format("{} {}, not memtrace's", functions_of(owner), whose(owner));
    if (owner.is_hidden)
        return fmt::format(
            "{}, for calls of the program itself: what these allocate and free is "
            "not seen; {}",
            start, way_out(owner));
    if (owner.passes_on)
        return fmt::format("{}, and pass calls on to it: what they do not pass on is not seen",
                           start);
    return fmt::format("{}: what they {} is not seen; {}", start,
                       allocates(owner) ? "allocate and free" : "free and grow", way_out(owner));
}

std::string text_of(const std::vector<Elsewhere>& elsewhere) {
    std::vector<std::string> modules;
    modules.reserve(elsewhere.size());
    for (const Elsewhere& one : elsewhere)
        modules.push_back(
            fmt::format("{} ({}'s{})", one.module, one.target,
                        one.is_apart ? ", in a namespace of dlmopen's" : ", as by RTLD_DEEPBIND"));
    return fmt::format(
        "{} another allocator than memtrace: {}; what is allocated there is not "
        "seen, and blocks that are freed or grown there stay in the figures",
        elsewhere.size() == 1 ? "a module calls" : fmt::format("{} modules call", elsewhere.size()),
        listed(std::move(modules)));
}

}  // namespace

std::vector<Remark> remarks_of(const Findings& findings) {
    std::vector<Remark> remarks;
    for (const Owner& owner : findings.owners)
        remarks.push_back({"foreign-malloc", text_of(owner), owner.names.size()});
    if (!findings.elsewhere.empty())
        remarks.push_back(
            {"unseen-modules", text_of(findings.elsewhere), findings.elsewhere.size()});
    for (const std::string& copy : findings.copies)
        remarks.push_back(
            {"second-runtime",
             fmt::format("{} is a second memtrace runtime; it was loaded later and stays off",
                         copy),
             0});
    if (findings.no_list)
        remarks.push_back({"unknown-malloc",
                           "it is not known whose malloc the program uses: the loader's list of "
                           "modules cannot be read",
                           0});
    if (!findings.unknown.empty())
        remarks.push_back(
            {"unknown-malloc",
             fmt::format("it is not known whose malloc {} use{}: the symbols cannot "
                         "be read",
                         listed(findings.unknown), findings.unknown.size() == 1 ? "s" : ""),
             findings.unknown.size()});
    return remarks;
}

}  // namespace mt::core
