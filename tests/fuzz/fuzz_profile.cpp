// SPDX-License-Identifier: MIT
//
// Profiles of strangers, steered by coverage: whatever a file holds, loading it
// ends in a table that reports can be made of and that can be saved again, or in
// one line. Raw, gzip'ed and text profiles; the corpus is made of real ones
// (profile_corpus.cpp).
//   fuzz_profile -max_total_time=60 -rss_limit_mb=2048 -timeout=10 CORPUS
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "analyse/statistics.h"
#include "save/export.h"
#include "save/save.h"
#include "symbols/symboliser.h"

using namespace mt::core;

namespace {

// Small enough for a fuzzer's memory; the rules are the same.
ProfileLimits limits() {
    ProfileLimits made;
    made.inflate.most_bytes = 8 << 20;
    made.inflate.free_bytes = 1 << 20;
    made.longest_field = 1 << 20;
    made.texts = 1 << 16;
    made.text_bytes = 4 << 20;
    made.parts = 1 << 16;
    made.name_bytes = 4 << 20;
    made.nodes = 1 << 16;
    made.blocks = 1 << 16;
    made.legacy_bytes = 4 << 20;
    return made;
}

void require(bool holds, const char* what) {
    if (holds) return;
    std::fprintf(stderr, "%s\n", what);
    std::abort();
}

void report(Resolver& resolver) {
    SkipRules skip;
    for (const KeyType key :
         {KeyType::lineno, KeyType::traceback, KeyType::domain, KeyType::size}) {
        Grouping grouping;
        grouping.key = key;
        grouping.totals = true;
        grouping.cumulative = can_cumulate(key);
        grouping.blocks.min_size = key == KeyType::domain && resolver.table().has_blocks ? 16 : 0;
        require(statistics(resolver, skip, grouping).has_value(), "no statistics");
    }
    const Sink nowhere = [](std::string_view) { return Result<void>(); };
    const auto rows = export_rows(resolver, skip, true, {});
    require(rows.has_value(), "no rows");
    require(export_csv(*rows, resolver.book(), true, nowhere).has_value(), "no csv");
    require(export_speedscope(*rows, resolver.book(), true, "", nowhere).has_value(), "no json");
}

std::string saved(Resolver& resolver, const std::string& attributes) {
    std::string bytes;
    SaveOptions options;
    options.attributes_json = attributes;
    const auto done = write_profile(resolver, options, [&bytes](std::string_view piece) {
        bytes += piece;
        return Result<void>();
    });
    require(done.has_value(), "it cannot be saved");
    return bytes;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const ProfileLimits most = limits();
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    Symboliser symboliser;
    const auto loaded = read_profile(bytes, symboliser.book(), {}, most);
    if (!loaded) {
        require(!loaded.error().text.empty(), "an error without a line");
        return 0;
    }
    Resolver resolver(symboliser, *loaded->table, {});
    report(resolver);
    // What was loaded is a snapshot like others: saved, it is the same again. (It may
    // have grown past the limits for a stranger's file here.)
    const std::string again = saved(resolver, loaded->attributes_json);
    const auto second = read_profile(again, symboliser.book());
    require(second.has_value(), "what was saved does not load");
    require(second->table->traces.size() == loaded->table->traces.size(), "other tracebacks");
    require(second->table->blocks.size() == loaded->table->blocks.size(), "other blocks");
    require(second->table->current_size == loaded->table->current_size, "another size");
    return 0;
}
