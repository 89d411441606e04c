// SPDX-License-Identifier: MIT
//
// block, blocks: single blocks, by address, size or age.
#include "command/block_verbs.h"

#include <fmt/format.h>

#include "app/addresses.h"
#include "app/reports/block.h"
#include "app/reports/blocks.h"
#include "command/view.h"

namespace mt::core {
namespace {

Result<BlockOrder> order_of(const Arguments& arguments) {
    const std::string* text = arguments.value("--sort");
    if (text == nullptr || *text == "size") return BlockOrder::size;
    if (*text == "age") return BlockOrder::age;
    return fail(Code::usage, fmt::format("--sort takes size or age, not {}", or_nothing(*text)));
}

}  // namespace

Result<void> run_block(Front& front) {
    const View view = MT_TRY(view_of(front.session.settings(), front.arguments));
    if (front.word(0) == nullptr)
        return fail(Code::usage,
                    "mt block takes an address: a number, or an expression such as node->next");
    const BlockReport report = MT_TRY(block_report(front.session.debuggee(), *front.word(0), view));
    return front.show(report);
}

Result<void> run_blocks(Front& front) {
    Arguments without_sort = front.arguments;  // whose orders are others here
    without_sort.values.erase("--sort");
    View view = MT_TRY(view_of(front.session.settings(), without_sort));
    BlocksWanted wanted;
    wanted.order = MT_TRY(order_of(front.arguments));
    if (front.word(0) != nullptr) wanted.snapshot = *front.word(0);
    if (const std::string* text = front.arguments.value("--neighbours"))
        wanted.around = MT_TRY(address_of(front.session.debuggee(), *text));
    const BlocksReport report = MT_TRY(blocks_of(front.session, wanted, std::move(view)));
    return front.show(report);
}

}  // namespace mt::core
