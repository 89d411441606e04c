// SPDX-License-Identifier: MIT
//
// Help, made from the table of verbs; it fits 80 columns, which a test sees to.
#include <fmt/format.h>

#include <algorithm>

#include "command/parse.h"
#include "command/verbs.h"

namespace mt::core {
namespace {

constexpr std::size_t kSummaries = 16;  // where they begin in the list of verbs

// Prose as a paragraph of its own; lines with columns, which two spaces are between, one by one.
std::string indented(std::string_view text) {
    std::string out, prose;
    const auto finish = [&] {
        if (!prose.empty()) out += wrapped("  " + prose, 2);
        prose.clear();
    };
    while (!text.empty()) {
        const auto end = std::min(text.find('\n'), text.size());
        const std::string_view line = text.substr(0, end);
        const std::size_t column = line.find("  ");
        if (column == std::string_view::npos) {
            prose += (prose.empty() ? "" : " ") + std::string(line);
        } else {
            finish();
            out += wrapped("  " + std::string(line), 2 + line.find_first_not_of(' ', column));
        }
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    finish();
    return out;
}

}  // namespace

std::string usage_of(const Verb& verb) {
    return fmt::format("mt {}{}{}{}", verb.name, verb.operands.empty() ? "" : " ", verb.operands,
                       verb.options.empty() ? "" : " [options]");
}

std::string help_of(const Verb& verb) {
    std::string text = fmt::format("{}\n  {}\n", usage_of(verb), verb.summary);
    if (!verb.details.empty()) text += "\n" + indented(verb.details);
    if (!verb.options.empty()) text += "\nOptions:\n" + options_text(verb.options);
    return text + fmt::format("\nExample:\n  {}\n", verb.example);
}

std::string help_overview() {
    std::string text = "memtrace: where the memory of a C or C++ program goes\n\n";
    for (const Verb& verb : verbs())
        text += wrapped(fmt::format("  mt {:<10} {}", verb.name, verb.summary), kSummaries);
    return text +
           "\nmt help VERB shows usage and an example. Verbs and options can be shortened.\n";
}

}  // namespace mt::core
