// SPDX-License-Identifier: MIT
//
// See modules.h.
#include "show/text/modules.h"

#include <fmt/format.h>

#include "model/text.h"
#include "show/text/parts.h"
#include "symbols/name.h"

namespace mt::core {
namespace {

std::string symbols_text(const ModuleSymbols& symbols) {
    if (symbols.kind == ModuleSymbols::Kind::none) return "no symbols";
    return fmt::format("{} from {}", kSymbolKindNames[static_cast<std::size_t>(symbols.kind)],
                       symbols.file.empty() ? "the debugger" : printable(symbols.file));
}

std::string module_text(const ListedModule& listed, bool verbose) {
    const Module& module = listed.module;
    std::string text =
        fmt::format("{}{}: {}\n", printable(base_name(module.path)),
                    module.unload_sequence == 0 ? "" : " (closed)", symbols_text(listed.symbols));
    text +=
        fmt::format("  {}, at {:#x}, {}{}\n", printable(module.path), module.start,
                    module.build_id.empty() ? "without build-id" : "build-id ", module.build_id);
    if (!verbose) return text;
    for (const LookedAt& place : listed.looked_at)
        text += fmt::format("    {}: {}\n", printable(place.path), escaped(place.what));
    if (listed.looked_at.empty())
        text += fmt::format("    no file was looked for{}\n",
                            module.build_id.empty() ? ": which build it is cannot be told" : "");
    return text;
}

}  // namespace

std::string text_of(const ModulesReport& report) {
    std::string text;
    for (const ListedModule& listed : report.modules) text += module_text(listed, report.verbose);
    if (report.modules.empty()) text = "no module: no traceback has been recorded yet\n";
    return text + remarks_text(report.remarks);
}

}  // namespace mt::core
