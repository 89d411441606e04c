// SPDX-License-Identifier: MIT
//
// Tables with everything in them that a file must keep, and all of a table as
// text, so that two can be compared. Saves and loads nothing.
#ifndef MEMTRACE_TESTS_UNIT_CORE_SAVE_TABLES_H
#define MEMTRACE_TESTS_UNIT_CORE_SAVE_TABLES_H

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "core_traces.h"
#include "save/save.h"
#include "support/test_folder.h"
#include "symbols/symboliser.h"

namespace mt::core::test {

// Two modules, one of them unloaded; domains, ends, inlined frames, foreign bytes.
inline TraceBook rich() {
    TraceBook book;
    book.module("/lib/\xff\\odd.so", "00ff10");
    book.table.modules.back().file = "/opt/\xfe.so.1";
    book.table.modules.back().unload_sequence = 9;
    book.module("");
    RawFrame inner, outer;
    inner.file = "/src/inlined.h";
    inner.line = 3;
    inner.linkage = "_ZN1a5innerEv";
    outer.file = "/src/a.cpp";
    outer.line = 40;
    outer.function = "outer";
    const Pc inlined = book.pc(1, {inner, outer});
    const Pc nameless = book.pc(2, {});
    const Pc nowhere{0x7fff12345678, 0};
    RawFrame bytes;
    bytes.file = "/src/\xe4 bytes;\n.cpp";
    bytes.line = 4000000000;
    bytes.function = "f\x80()";
    Trace& first = book.trace({inlined, book.at({"/src/main.cpp", 7, "main"})}, 300, 3);
    first.alloc_bytes = 1000;
    first.alloc_count = 10;
    first.free_bytes = 700;
    first.free_count = 7;
    first.peak_size = 500;
    first.peak_count = 5;
    first.temporary_count = 2;
    Trace& second = book.trace({nameless, nowhere, book.pc(1, {bytes})}, 64, 1);
    second.domain = 5;
    Trace& third = book.trace({inlined}, 0, 0);
    third.node = static_cast<std::uint32_t>(book.table.nodes.size() - 1);
    book.table.parents[third.node] = abi::kRootCut;
    third.end = End::cut;
    third.total_frames = 300;
    third.alloc_bytes = third.free_bytes = std::uint64_t{1} << 63;
    Trace& fourth = book.trace(std::vector<Pc>{}, 8, 1);
    fourth.node = abi::kRootBroken;
    fourth.end = End::broken;
    book.reserved(abi::kStackNested, 16, 2);
    book.reserved(abi::kStackNone, 1, 1).domain = 7;

    Table& table = book.table;
    table.status.paused = true;
    table.status.fresh = true;
    table.status.frame_limit = 17;
    table.status.runtime_status = 1;
    table.status.reason = 2;
    table.status.origin = 1;
    table.status.major = 1;
    table.status.minor = 2;
    table.status.identity = {0xfedcba9876543210, 4242, 77};
    table.threads = {{1, 100, "main", 1, 2, 3, 4}, {2, 101, "b\xfe\"\n", 5, 6, 7, 8}};
    table.losses = {{"no memory", 1, 2}, {"", 0, 0}};
    table.remarks = {{"in-flight", "1 event in flight at this stop", 1}, {"odd", "\xff\\x41", 2}};
    table.peak_size = 512;
    table.peak_count = 9;
    table.peak_bound = 12;
    table.node_count = 1000;
    table.stack_count = 900;
    table.own_bytes = 1 << 20;
    table.untracked_frees = 3;
    table.in_flight = 1;
    return book;
}

inline std::string text_of(const Trace& t) {
    return fmt::format("{}: {} {} {} {} live {} {} peak {} {} temporary {} samples {} {}", t.domain,
                       t.alloc_bytes, t.alloc_count, t.free_bytes, t.free_count, t.size, t.count,
                       t.peak_size, t.peak_count, t.temporary_count, t.samples, t.peak_samples);
}

inline std::string frames_of(Resolver& resolver, const Trace& trace) {
    std::string text;
    const FrameBook& book = resolver.book();
    for (const Pc pc : resolver.table().frames(trace.node)) {
        text += fmt::format("  {:x} in {}\n", pc.address, pc.module);
        const auto known = resolver.resolve(pc);
        if (!known) return known.error().text;
        for (const FrameId id : (*known)->frames)
            text += fmt::format("    {}:{} {} {} +{:x}\n", book.text(book[id].file), book[id].line,
                                book.text(book[id].function), book.text(book[id].module),
                                (*known)->offset);
    }
    return text;
}

inline std::string status_of(const Table& table) {
    const Status& s = table.status;
    return fmt::format(
        "{} {} {} {} every {} limit {} runtime {} {} {} format {}.{} process {:x} {} {}\n"
        "{} {} peak {} {} bound {} nodes {} stacks {} own {} untracked {} flight {} blocks {}\n",
        s.tracing, s.paused, s.sampling, s.fresh, s.sample_bytes, s.frame_limit, s.runtime_status,
        s.reason, s.origin, s.major, s.minor, s.identity.cookie, s.identity.pid,
        s.identity.generation, table.current_size, table.current_count, table.peak_size,
        table.peak_count, table.peak_bound, table.node_count, table.stack_count, table.own_bytes,
        table.untracked_frees, table.in_flight, table.has_blocks);
}

inline std::string lists_of(const Table& table) {
    std::string text;
    for (const Module& m : table.modules)
        text += fmt::format("module {} {} {:x} {:x}-{:x} {} {} {}\n", m.path, m.file, m.bias,
                            m.start, m.end, m.load_sequence, m.unload_sequence, m.build_id);
    for (const Thread& t : table.threads)
        text += fmt::format("thread {} {} {} {} {} {} {}\n", t.serial, t.tid, t.name, t.alloc_bytes,
                            t.alloc_count, t.free_bytes, t.free_count);
    for (const Loss& loss : table.losses)
        text += fmt::format("loss {} {} {}\n", loss.name, loss.since_state, loss.total);
    for (const Remark& remark : table.remarks)
        text += fmt::format("remark {} {} {}\n", remark.code, remark.text, remark.count);
    return text;
}

// All of it but what a file does not keep: numbers of nodes and stacks, addresses
// of blocks.
inline std::string all_of(Resolver& resolver) {
    const Table& table = resolver.table();
    std::string text = status_of(table) + lists_of(table);
    std::map<std::uint32_t, std::size_t> places;
    for (std::size_t i = 0; i < table.traces.size(); ++i) {
        const Trace& t = table.traces[i];
        places[t.id] = i;
        text += fmt::format("trace {} id {} end {} of {}\n{}", text_of(t),
                            t.id < abi::kReservedStacks ? static_cast<int>(t.id) : -1,
                            static_cast<int>(t.end), t.total_frames, frames_of(resolver, t));
    }
    std::vector<std::string> blocks;
    for (const Block& block : table.blocks)
        blocks.push_back(fmt::format("block {} of {} in {}\n", block.size, places.at(block.stack),
                                     table.domain_of(block)));
    std::sort(blocks.begin(), blocks.end());
    for (const std::string& block : blocks) text += block;
    return text;
}

// The bytes of a file; the test fails when it cannot be written.
inline std::string saved(Resolver& resolver, SaveOptions options = {}) {
    std::string bytes;
    const auto done = write_profile(resolver, options, [&bytes](std::string_view piece) {
        bytes += piece;
        return Result<void>();
    });
    EXPECT_TRUE(done) << done.error().text;
    return bytes;
}

using mt::test::TestFolder;

}  // namespace mt::core::test

#endif
