// SPDX-License-Identifier: MIT
//
// See table_mutator.h. Each step is six bytes: what, with which value, where.
#include "support/table_mutator.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "read/counted.h"
#include "read/reader.h"
#include "read/scopes.h"
#include "support/own_lists.h"

namespace mt::test {
namespace {

using Bytes = std::array<std::byte, FakeMemory::kPage>;

void fill(TableBuilder& builder) {
    builder.add_module("/lib/libc.so.6", 0x7f1000000000, 0x7f1000200000, "\x01\x02");
    builder.add_thread("main", TableBuilder::kPid);
    builder.add_thread("worker", TableBuilder::kPid + 1);
    builder.add_loss("depot_full", 3, 1);
    builder.add_shard();
    const std::uint32_t a = builder.add_stack({0x555555554100, 0x555555554200});
    const std::uint32_t b = builder.add_stack({0x7f1000000100, 0x555555554200}, 2);
    for (int i = 0; i < 60; ++i) builder.allocate(i % 2 == 0 ? a : b, 40, i % 2 == 0 ? 0u : 1u);
    builder.allocate_at(0x7f0000000010, a, 5ull << 30);
    builder.add_tracked(abi::kDomainLarge, 0x7f0000000010, 5ull << 30, a);
    const std::uint32_t c = builder.add_stack({0x555555554100}, 1, abi::kRootComplete, 7);
    builder.track(7, 0x1234, c, 99);
    builder.track(7, ~0ull, c, 1);
    abi::Context& context = builder.add_context();
    context.inflight.op = static_cast<abi::u64>(abi::Op::move);
    context.inflight.address = 0x7f0000000010;
    context.inflight.old_word = abi::make_word(0x7f0000000010, abi::kSizeEscape, a);
    context.inflight.old_size = 5ull << 30;
    context.inflight.free_record = builder.record_address(a);
    context.inflight.before_free_bytes = builder.record(a).free_bytes;
    TableBuilder::add_ring(builder.add_context(1), abi::Op::allocate, abi::kStackNested, 8);
    builder.sample(4096);
    for (int i = 0; i < 4; ++i) builder.allocate(b, 40, 1);
    context.weighted.free_record = builder.weighted_address(a);
}

void add_own_memory(FakeMemory& memory) {
    constexpr std::uint64_t kChunk = 0x7fffc0000000, kRetired = 0x7fffb0000000;
    OwnLists lists(memory);
    lists.add_chunk(OwnLists::kPool, kChunk, abi::kChunkBytes);
    for (std::uint64_t i = 1; i < 4; ++i) {
        lists.add_mapping(OwnLists::kPool, kChunk + i * 0x1000, 0x7fffc1000000 + i * 0x10000, 5000);
    }
    lists.put_state(kRetired);
    lists.retire(kRetired);
    lists.add_chunk(kRetired + sizeof(abi::State), kChunk + 2 * abi::kChunkBytes, 256 << 10);
}

[[noreturn]] void broken(const char* promise) {
    std::fprintf(stderr, "the reader broke a promise: %s\n", promise);
    std::abort();
}

void check(const core::Table& table) {
    if (table.parents.size() != table.nodes.size()) broken("a parent for each node");
    if (table.modules.empty() && !table.nodes.empty()) broken("module 0 is there");
    for (std::size_t i = abi::kReservedNodes; i < table.parents.size(); ++i) {
        if (table.parents[i] >= i) broken("parents come before their children");
    }
    for (const core::Pc& pc : table.nodes) {
        if (pc.module >= table.modules.size() && pc.module != 0) broken("modules are in range");
    }
    for (const core::Trace& trace : table.traces) {
        if (trace.node >= table.nodes.size()) broken("traces have nodes");
        table.frames(trace.node);
    }
    const bool sorted = std::is_sorted(
        table.blocks.begin(), table.blocks.end(),
        [](const core::Block& a, const core::Block& b) { return a.address < b.address; });
    for (std::size_t i = 1; i < table.blocks.size(); ++i) {
        const core::Block &a = table.blocks[i - 1], &b = table.blocks[i];
        if (a.address == b.address && table.domain_of(a) == table.domain_of(b) &&
            table.in_flight == 0) {
            broken("a key has one block");
        }
    }
    if (!sorted) broken("blocks are by address");
    for (std::size_t i = 0; i < table.own.regions.size(); ++i) {
        const core::MemoryRegion& region = table.own.regions[i];
        if (region.start >= region.end) broken("regions hold something");
        if (i != 0 && table.own.regions[i - 1].end >= region.start) broken("regions lie apart");
    }
    for (const core::Remark& remark : table.remarks) {
        if (remark.text.find('\n') != std::string::npos) broken("a remark is one line");
    }
}

}  // namespace

TableMutator::TableMutator() {
    fill(builder_);
    whole_ = builder_.build();
    add_own_memory(whole_);
    for (const std::uint64_t page : whole_.pages()) {
        const auto bytes = whole_.get<Bytes>(page);
        const bool zero =
            std::all_of(bytes.begin(), bytes.end(), [](std::byte b) { return b == std::byte{0}; });
        if (!zero) pages_.push_back(page);
    }
    memory_ = whole_;
}

// Sizes and counts at their limits, and pointers to other parts of the table.
std::uint64_t TableMutator::interesting(std::uint8_t value) const {
    constexpr std::uint64_t kLimits[] = {0,          1,          2,          16,
                                         0x7f,       0xffff,     0x7fffffff, 0x80000000,
                                         0xffffffff, 1ull << 32, 1ull << 47, 1ull << 60,
                                         1ull << 63, ~0ull,      ~0ull - 7,  ~0ull << 12};
    if (value < 64) return kLimits[value % 16];
    return pages_[value % pages_.size()] + (value % 3) * 8;
}

void TableMutator::touch(std::uint64_t page) { touched_.push_back(page); }

void TableMutator::damage(const Step& step) {
    const std::uint64_t page = pages_[step.page % pages_.size()];
    // Most of what matters stands at the beginning of a page.
    const std::uint64_t offset = step.offset % (step.kind & 0x80 ? 4096 : 256);
    const std::uint64_t word = page + offset / 8 * 8;
    touch(page);
    switch (step.kind % 8) {
        case 0:
            memory_.put(page + offset, step.value);
            break;
        case 1:
            memory_.put(word, interesting(step.value));
            break;
        case 2:
            memory_.put(word + 4 * (step.offset % 2), std::uint32_t(interesting(step.value)));
            break;
        case 3:
            memory_.put(word, memory_.get<std::uint64_t>(word) + step.value - 128);
            break;
        case 4:
            memory_.put(word, memory_.get<std::uint64_t>(word) ^ 1ull << step.value % 64);
            break;
        case 5:
            memory_.unmap(page, 1);
            break;
        case 6:
            memory_.fill(page, 4096, static_cast<std::byte>(step.value));
            break;
        case 7: {
            const std::uint64_t from = pages_[step.value % pages_.size()];
            memory_.put(page, whole_.get<Bytes>(from));
            break;
        }
    }
}

void TableMutator::repair() {
    for (const std::uint64_t page : touched_) memory_.put(page, whole_.get<Bytes>(page));
    touched_.clear();
}

std::string TableMutator::run(std::span<const std::uint8_t> program) {
    if (program.empty()) return "sound";
    const std::uint8_t mode = program[0];
    program = program.subspan(1);
    for (int steps = 0; program.size() >= 6 && steps < 64; ++steps) {
        Step step;
        step.kind = program[0];
        step.value = program[1];
        std::memcpy(&step.page, program.data() + 2, 2);
        std::memcpy(&step.offset, program.data() + 4, 2);
        damage(step);
        program = program.subspan(6);
    }
    memory_.zero_holes = (mode & 1) != 0;
    if ((mode & 2) != 0 && memory_.is_mapped(TableBuilder::kHeader)) {
        touch(TableBuilder::kHeader);
        TableBuilder::seal(memory_, TableBuilder::kHeader);
    }
    memory_.longest_read = (mode & 4) != 0 ? 1000 : SIZE_MAX;
    memory_.bytes_read = 0;
    const auto status = core::read_status(memory_, (mode & 8) != 0 ? 0 : TableBuilder::kRoot);
    std::string outcome;
    if (!status) {
        outcome = status.error().text;
    } else {
        const auto table = core::read_table(
            memory_, *status,
            {.blocks = (mode & 16) == 0, .counters = (mode & 32) == 0, .own = (mode & 64) != 0});
        if (table) check(*table);
        (void)core::read_counted(memory_, *status, std::nullopt);
        (void)core::read_counted(memory_, *status, 4242);
        if (const auto scopes = core::read_scopes(memory_, *status); scopes) {
            if (scopes->size() > abi::kScopeNames) broken("bounded names");
        }
        outcome = !table ? table.error().text : table->remarks.empty() ? "sound" : "remarked";
    }
    if (outcome.empty() || outcome.find('\n') != std::string::npos) broken("an error is one line");
    // Of a table of some megabytes: work is bounded by the memory that is there.
    if (memory_.bytes_read > (256u << 20)) broken("bounded work");
    repair();
    return outcome;
}

}  // namespace mt::test
