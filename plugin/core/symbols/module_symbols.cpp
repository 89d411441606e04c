// SPDX-License-Identifier: MIT
//
// What is known of a module's code as a whole: see Symboliser::symbols_of().
#include "symbols/symboliser.h"

namespace mt::core {
Result<bool> Symboliser::knows_lines(DebugInfo& debugger, const std::vector<Pc>& pcs) {
    for (const Pc pc : pcs) {
        const auto frames = MT_TRY(debugger.frames(pc.address - 1));
        if (has_lines(frames)) return true;
    }
    return false;
}

Result<ModuleSymbols> Symboliser::symbols_of(const Module& module, const std::vector<Pc>& pcs,
                                             const Sources& sources) {
    using Kind = ModuleSymbols::Kind;
    DebugInfo* debugger = module.unload_sequence != 0 ? nullptr : sources.debugger;
    const bool may_look = sources.local_files && !module.build_id.empty() && !module.path.empty();
    const bool known = debugger != nullptr && MT_TRY(knows_lines(*debugger, pcs));
    bool here = known;
    for (std::size_t i = 0; may_look && !here && i < pcs.size(); ++i) {
        const std::uint64_t offset = pcs[i].address - 1 - module.bias;
        const auto frames = MT_TRY(local_.frames(module, offset, sources.interrupted));
        here = has_lines(frames);
    }
    const FoundFiles files = may_look ? local_.find(module) : FoundFiles();
    // The debugger reads that very file, as a rule.
    if (here && !files.debug.empty()) return ModuleSymbols{Kind::lines, files.debug};
    if (known) return ModuleSymbols{Kind::lines, ""};
    for (const Pc pc : pcs) {
        if (may_look && !elf(module).name_at(pc.address - 1 - module.bias).empty())
            return ModuleSymbols{Kind::functions, files.file.empty() ? files.debug : files.file};
        if (debugger == nullptr) continue;
        const auto symbol = MT_TRY(debugger->symbol(pc.address - 1));
        if (symbol) return ModuleSymbols{Kind::functions, ""};
    }
    return ModuleSymbols{};
}

}  // namespace mt::core
