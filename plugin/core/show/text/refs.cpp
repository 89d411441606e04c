// SPDX-License-Identifier: MIT
//
// See refs.h. A chain is read downwards: where it begins, then for each pointer its place in
// the block before, and the block that it leads to.
#include "show/text/refs.h"

#include <fmt/format.h>

#include "model/text.h"
#include "show/text/parts.h"
#include "show/text/traceback.h"

namespace mt::core {
namespace {

std::string line_text(const FrameBook& book, const RowFrame& line) {
    return fmt::format("{}:{}", row_name(book, line), line.line);
}

std::string block_text(const FrameBook& book, const BlockAt& at, std::uint64_t offset) {
    return fmt::format("{:#x}{}: size={}, {}", at.block.address,
                       offset == 0 ? "" : fmt::format("+{}", offset),
                       format_size(static_cast<double>(at.block.size)), line_text(book, at.line));
}

std::string in_text(const std::string& name) {
    return name.empty() ? "" : " in " + printable(name);
}

std::string root_text(const ChainRoot& root) {
    switch (root.kind) {
        case ChainRoot::Kind::data: {
            if (root.symbol.empty())
                return fmt::format("data at {:#x}{}", root.address, in_text(root.module));
            const std::string offset = root.offset == 0 ? "" : fmt::format("+{}", root.offset);
            return fmt::format("{}{}{}", printable(root.symbol), offset, in_text(root.module));
        }
        case ChainRoot::Kind::thread_local_storage:
            return fmt::format("thread-local variables of {}{}",
                               root.thread.empty() ? "a thread that ended" : printable(root.thread),
                               root.address == 0 ? "" : fmt::format(", at {:#x}", root.address));
        case ChainRoot::Kind::stack:
            return fmt::format("the stack of {}, at {:#x}", printable(root.thread), root.address);
        case ChainRoot::Kind::reg:
            return fmt::format("register {} of {}", printable(root.symbol), printable(root.thread));
        case ChainRoot::Kind::mapping:
            return fmt::format("memory at {:#x}{}", root.address, in_text(root.module));
        case ChainRoot::Kind::heap:
            return fmt::format("the heap from before tracing began, at {:#x}", root.address);
        case ChainRoot::Kind::none:
            break;
    }
    return "nothing: the first block is lost";
}

std::string step_text(const FrameBook& book, const ChainStep& step, bool is_first) {
    const std::string place = step.from ? fmt::format("+{}", *step.from) : is_first ? "" : "+?";
    return fmt::format("     {:>6} -> {}\n", place, block_text(book, step.to, step.offset));
}

std::string chain_text(const FrameBook& book, const Chain& chain, std::size_t number) {
    std::string text = fmt::format("{}. {}\n", number, root_text(chain.root));
    if (chain.left_out != 0)
        text += fmt::format("            … {} block{}\n", chain.left_out,
                            chain.left_out == 1 ? "" : "s");
    bool is_first = chain.left_out == 0;
    for (const ChainStep& step : chain.steps) {
        text += step_text(book, step, is_first);
        is_first = false;
    }
    return text;
}

std::string others_text(std::size_t others) {
    return others == 0 ? "" : fmt::format("{} other{}\n", others, others == 1 ? "" : "s");
}

std::string retained_text(const FrameBook& book, const Retained& retained) {
    return fmt::format("{}, retains {}{}\n", block_text(book, retained.block, 0),
                       format_figures(retained.amount.size, retained.amount.count),
                       retained.is_lost ? ", lost" : "");
}

}  // namespace

std::string text_of(const RefsReport& report) {
    const std::uint64_t offset = report.address - report.block.block.address;
    std::string text = block_text(*report.book, report.block, offset) + "\n";
    if (report.chains.empty()) text += "nothing leads to it: it is lost\n";
    for (std::size_t i = 0; i < report.chains.size(); ++i)
        text += chain_text(*report.book, report.chains[i], i + 1);
    text += others_text(report.others);
    if (report.backwards != 0)
        text += fmt::format("{} block{} that it leads to point{} back at it\n", report.backwards,
                            report.backwards == 1 ? "" : "s", report.backwards == 1 ? "s" : "");
    return text + remarks_text(report.remarks);
}

std::string text_of(const PointsToReport& report) {
    const std::uint64_t offset = report.address - report.block.block.address;
    std::string text = block_text(*report.book, report.block, offset) + "\n";
    if (report.steps.empty()) text += "it points to no live block\n";
    for (const ChainStep& step : report.steps) text += step_text(*report.book, step, false);
    return text + others_text(report.others) + remarks_text(report.remarks);
}

std::string text_of(const RetainedReport& report) {
    std::string text;
    if (report.block)
        text = retained_text(*report.book, *report.block) + "of it, by the blocks right below:\n";
    for (const Retained& row : report.rows) text += retained_text(*report.book, row);
    if (report.others != 0)
        text += fmt::format("{} other{}: {}\n", report.others, report.others == 1 ? "" : "s",
                            format_figures(report.other.size, report.other.count));
    text += fmt::format("Total: {}\n", format_figures(report.total.size, report.total.count));
    return text + remarks_text(report.remarks);
}

}  // namespace mt::core
