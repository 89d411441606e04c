// SPDX-License-Identifier: MIT
//
// Names for addresses, and addresses for names, by the SB API. Hands the core what
// LLDB knows, frame by frame; which name is shown is the core's business.
#include <algorithm>
#include <climits>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "session.h"

namespace mt::adapter {
namespace {

// An inline chain is as deep as a function's nested blocks; anything beyond is damage.
constexpr std::size_t kMaxInlineDepth = 512;

// Names that LLDB makes up for code without a symbol.
bool is_made_up(const char* name) { return std::strncmp(name, "___lldb_unnamed_symbol", 22) == 0; }

// Null where an older LLDB has no name, too.
const char* usable(const char* name) {
    return name == nullptr || *name == '\0' || is_made_up(name) ? nullptr : name;
}

// Mangled names of the inlined functions that `context` lies in, innermost first; ""
// where one has none. The SB API answers this only as text: one line per block,
// outermost first, where `name = "…"` marks an inlined function.
std::vector<std::string> inlined_linkage(lldb::SBSymbolContext& context) {
    static constexpr std::string_view kName = ", name = \"";
    static constexpr std::string_view kMangled = ", mangled = ";
    lldb::SBStream stream;
    if (!context.GetDescription(stream)) return {};
    std::string_view text(stream.GetData(), stream.GetSize());
    std::vector<std::string> names;
    const auto blocks = text.find("Blocks: ");
    const auto end = text.find("LineEntry: ", blocks);
    if (blocks == text.npos) return {};
    text = text.substr(blocks, end == text.npos ? end : end - blocks);
    while (!text.empty()) {
        const auto line = text.substr(0, text.find('\n'));
        text.remove_prefix(std::min(line.size() + 1, text.size()));
        if (line.find(kName) == line.npos) continue;
        // ", demangled = …" follows where LLDB has needed that before.
        const auto at = line.find(kMangled);
        std::string name;
        if (at != line.npos) name = line.substr(at + kMangled.size());
        names.insert(names.begin(), name.substr(0, name.find(',')));
    }
    return names;
}

// The innermost inlined block at or above `block`; not valid: there is none.
lldb::SBBlock inlined_at(lldb::SBBlock block) {
    return block.IsValid() && !block.IsInlined() ? block.GetContainingInlinedBlock() : block;
}

// Where a frame stands: for the innermost one the line of its address, for each outer
// one the place that the frame inside it was inlined at.
struct Place {
    std::string file;
    std::uint32_t line = 0;

    Place(const lldb::SBFileSpec& spec, std::uint32_t at) : line(at) {
        char path[PATH_MAX];
        if (spec.IsValid() && spec.GetPath(path, sizeof path) > 0) file = path;
    }
};

void add_frame(const char* function, const char* linkage, const Place& place, mtc_add_frame add,
               void* sink) {
    mtc_frame frame{};
    frame.function = usable(function);
    frame.linkage = usable(linkage);
    frame.file = place.file.empty() ? nullptr : place.file.c_str();
    frame.line = place.line;
    add(sink, &frame);
}

}  // namespace

int Session::find_symbol(const char* name, std::uint64_t* address) {
    auto found = target_.FindSymbols(name, lldb::eSymbolTypeData);
    for (std::uint32_t i = 0; i < found.GetSize(); ++i) {
        auto symbol = found.GetContextAtIndex(i).GetSymbol();
        if (!symbol.IsValid()) continue;
        const auto load = symbol.GetStartAddress().GetLoadAddress(target_);
        if (load == LLDB_INVALID_ADDRESS) continue;
        *address = load;
        return MTC_OK;
    }
    return MTC_ERROR;
}

int Session::symbolise(std::uint64_t pc, mtc_add_frame add, void* sink) {
    auto address = target_.ResolveLoadAddress(pc);
    if (!address.IsValid()) return MTC_OK;
    auto context = address.GetSymbolContext(lldb::eSymbolContextEverything);
    auto line = context.GetLineEntry();
    auto function = context.GetFunction();
    if (!line.IsValid() && !function.IsValid()) return MTC_OK;

    // Not by GetParentOfInlinedScope: it searches each block's ranges anew, which misses
    // frames where a compiler has written them out of order.
    Place place(line.GetFileSpec(), line.GetLine());
    auto block = inlined_at(context.GetBlock());
    const auto names = block.IsValid() ? inlined_linkage(context) : std::vector<std::string>();
    for (std::size_t depth = 0; block.IsValid() && depth < kMaxInlineDepth; ++depth) {
        add_frame(block.GetInlinedName(), depth < names.size() ? names[depth].c_str() : nullptr,
                  place, add, sink);
        place = Place(block.GetInlinedCallSiteFile(), block.GetInlinedCallSiteLine());
        block = inlined_at(block.GetParent());
    }
    add_frame(function.GetName(), function.GetMangledName(), place, add, sink);
    return MTC_OK;
}

int Session::symbol_at(std::uint64_t pc, mtc_add_symbol add, void* sink) {
    auto address = target_.ResolveLoadAddress(pc);
    if (!address.IsValid()) return MTC_OK;
    auto symbol = address.GetSymbol();
    if (!symbol.IsValid() || symbol.IsSynthetic()) return MTC_OK;
    const char* name = usable(symbol.GetMangledName());
    if (name == nullptr) name = usable(symbol.GetName());
    if (name == nullptr) return MTC_OK;
    const auto start = symbol.GetStartAddress().GetLoadAddress(target_);
    const auto end = symbol.GetEndAddress().GetLoadAddress(target_);
    if (start == LLDB_INVALID_ADDRESS) return MTC_OK;
    const mtc_symbol found{name, start,
                           end == LLDB_INVALID_ADDRESS || end < start ? 0 : end - start};
    add(sink, &found);
    return MTC_OK;
}

}  // namespace mt::adapter
