// SPDX-License-Identifier: MIT
//
// Stamps against a program's own book-keeping: which block was allocated in which
// stretch between two marks, by which thread and in which order; with marks set from
// outside, as a debugger does, also over a clear, a stop and a fork.
#include <gtest/gtest.h>

#include <cstddef>
#include <map>
#include <utility>

#include "abi/layout.h"
#include "analyse/block_filter.h"
#include "model/stamp.h"
#include "tracee.h"
#include "whole_table.h"

namespace mt::test {
namespace {

using Key = std::pair<std::uint32_t, std::uint64_t>;

// As a debugger does it: one aligned word each.
class Root {
  public:
    Root(pid_t pid, std::uint64_t address) : memory_(pid), address_(address) {}
    void mark() {
        set(offsetof(abi::Root, request), request() | abi::kRequestStamps);
        set(offsetof(abi::Root, mark_request), get(offsetof(abi::Root, mark_request)) + 1);
    }
    // Under a new generation.
    void ask(std::uint64_t flags) {
        set(offsetof(abi::Root, request), abi::make_request(flags, 32, generation() + 1));
    }
    std::uint64_t request() { return get(offsetof(abi::Root, request)); }

  private:
    std::uint32_t generation() { return abi::request_generation(request()); }
    std::uint64_t get(std::uint64_t offset) {
        std::uint64_t word = 0;
        EXPECT_EQ(*memory_.read(address_ + offset, &word, 8), 8u);
        return word;
    }
    void set(std::uint64_t offset, std::uint64_t word) {
        EXPECT_TRUE(memory_.write(address_ + offset, &word, 8));
    }
    ProcessMemory memory_;
    std::uint64_t address_;
};

std::map<Key, ledger_block> blocks_of(const ledger& book, std::uint32_t from) {
    std::map<Key, ledger_block> blocks;
    for (std::uint64_t i = 0; i < book.block_count; ++i) {
        const ledger_block& block = book.block[i];
        if (block.stretch >= from) blocks[{block.domain, block.address}] = block;
    }
    return blocks;
}

std::uint32_t tid_of(const core::Table& table, std::uint32_t serial) {
    for (const core::Thread& thread : table.threads) {
        if (thread.serial == serial) return thread.tid;
    }
    return 0;
}

// Each block's stamp; `stamped` is the first stretch that had stamps, `from` the first
// whose blocks are there at all.
void expect_stamps(const core::Table& table, const ledger& book, std::uint32_t from,
                   std::uint32_t stamped) {
    const auto held = blocks_of(book, from);
    ASSERT_GT(held.size(), 300u);
    ASSERT_EQ(table.blocks.size(), held.size());
    // Sequences of a stretch and thread, in the order of its allocations.
    std::map<std::pair<std::uint32_t, std::uint32_t>, std::map<std::uint64_t, std::uint64_t>> order;
    for (const core::Block& block : table.blocks) {
        const auto found = held.find({table.domain_of(block), block.address});
        ASSERT_TRUE(found != held.end())
            << block.address << " in domain " << table.domain_of(block);
        const ledger_block& own = found->second;
        ASSERT_EQ(block.size, own.size);
        const auto stamp = core::stamp_of(table, block);
        ASSERT_EQ(stamp.has_value(), own.stretch >= stamped) << "stretch " << own.stretch;
        if (!stamp) continue;
        ASSERT_EQ(stamp->mark, own.stretch) << block.size << " bytes at " << block.address;
        ASSERT_EQ(tid_of(table, stamp->thread), own.tid);
        order[{own.stretch, own.tid}][own.order] = stamp->sequence;
    }
    for (const auto& [whose, sequences] : order) {
        std::uint64_t last = 0;
        for (const auto& [number, sequence] : sequences) {
            ASSERT_GE(sequence, last) << "allocation " << number << " of thread " << whose.second;
            last = sequence;
        }
    }
}

struct Amount {
    std::int64_t size = 0, count = 0;
    bool operator==(const Amount&) const = default;
};

// What --since and --until choose, for each pair of marks.
void expect_stretches(const core::Table& table, const ledger& book, std::uint32_t from,
                      std::uint32_t last) {
    for (std::uint32_t since = 1; since <= last; ++since) {
        for (std::uint32_t until = since + 1; until <= last + 1; ++until) {
            Amount expected, shown;
            for (const auto& [key, block] : blocks_of(book, from)) {
                if (block.stretch < since || block.stretch >= until) continue;
                expected.size += static_cast<std::int64_t>(block.size);
                ++expected.count;
            }
            core::BlockFilter filter;
            filter.since = since;
            if (until <= last) filter.until = until;
            const auto figures = core::figures_of_blocks(table, filter);
            for (const core::LiveFigures& row : *figures) {
                shown.size += row.size;
                shown.count += row.count;
            }
            EXPECT_EQ(shown, expected) << "from mark " << since << " to " << until;
        }
    }
}

class Storm {
  public:
    // `setting`: MEMTRACE for the program; empty = it starts by itself.
    explicit Storm(const std::string& setting)
        : tracee_({.program = program_path("stamps_storm"),
                   .arguments = {},
                   .environment = {{"MEMTRACE", setting}}}) {}

    core::Table stop() {
        EXPECT_TRUE(tracee_.wait_for_stop());
        auto table = tracee_.table(true);
        EXPECT_TRUE(table) << (table ? "" : table.error().text);
        if (!table) return {};
        expect_whole(*table);
        for (const core::Loss& loss : table->losses) EXPECT_EQ(loss.total, 0u) << loss.name;
        return std::move(*table);
    }
    Tracee& tracee() { return tracee_; }
    Root root(const core::Table& table) { return {tracee_.pid(), table.status.root_address}; }
    void resume() { tracee_.resume(); }

  private:
    Tracee tracee_;
};

TEST(Stamps, FromTheFirstMarkOn) {
    Storm storm("");
    for (std::uint32_t mark = 0; mark < 4; ++mark) {
        const core::Table table = storm.stop();
        EXPECT_EQ(table.has_stamps, mark > 0);
        EXPECT_EQ(table.status.mark, mark);
        expect_stamps(table, storm.tracee().book(), 0, 1);
        expect_stretches(table, storm.tracee().book(), 0, mark);
        if (testing::Test::HasFailure()) return;
        storm.root(table).mark();
        storm.resume();
    }
}

TEST(Stamps, FromTheStartOnOverClearStopAndFork) {
    Storm storm("32,stamps");
    std::uint32_t from = 0;  // the first stretch whose blocks are there
    for (std::uint32_t mark = 0; mark < 5; ++mark) {
        const core::Table table = storm.stop();
        EXPECT_TRUE(table.has_stamps);
        expect_stamps(table, storm.tracee().book(), from, 0);
        expect_stretches(table, storm.tracee().book(), from, mark);
        if (testing::Test::HasFailure()) return;
        Root root = storm.root(table);
        root.mark();
        if (mark == 2) {  // marks from before stay what they were
            root.ask(root.request() & 0xffff);
            from = mark + 1;
        }
        storm.resume();
    }
    // Off, and on again without stamps: nothing of before is left in them.
    core::Table table = storm.stop();
    storm.root(table).ask(0);
    storm.root(table).ask(abi::kRequestOn);
    storm.resume();
    table = storm.stop();
    EXPECT_FALSE(table.has_stamps);
    expect_stamps(table, storm.tracee().book(), 6, 99);
    storm.root(table).mark();
    storm.resume();
    ASSERT_TRUE(storm.tracee().wait_for_stop());
    ProcessMemory memory(static_cast<pid_t>(storm.tracee().book().site_size[0]));
    const auto child = read_all(memory, true);
    ASSERT_TRUE(child) << child.error().text;
    EXPECT_TRUE(child->has_stamps);
    std::uint64_t stamped = 0;
    const auto held = blocks_of(storm.tracee().book(), 6);
    for (const core::Block& block : child->blocks) {
        const auto found = held.find({child->domain_of(block), block.address});
        const bool is_new = found != held.end() && found->second.stretch == 7;
        EXPECT_EQ(core::stamp_of(*child, block).has_value(), is_new) << block.address;
        stamped += is_new ? 1 : 0;
    }
    EXPECT_GT(stamped, 100u);
}

}  // namespace
}  // namespace mt::test
