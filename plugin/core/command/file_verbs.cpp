// SPDX-License-Identifier: MIT
//
// save, load, export: snapshots to files and back. Reads a process only to name
// the frames of a snapshot that was taken of it.
#include "command/file_verbs.h"

#include <fmt/format.h>

#include <array>
#include <string_view>
#include <utility>

#include "app/choice.h"
#include "app/files.h"
#include "app/reports/rows.h"

namespace mt::core {
namespace {

// The last one is what mt stats --by traceback --json -n 0 prints.
constexpr std::array<std::string_view, 4> kFormats = {"folded", "speedscope", "csv", "json"};
constexpr std::size_t kJson = 3;

const std::string* file_word(const Front& front, std::size_t index) {
    const std::string* word = front.word(index);
    return word != nullptr && !word->empty() ? word : nullptr;
}

Result<void> export_json(Front& front, const Kept& kept, const std::string& path) {
    const StatisticsReport report = MT_TRY(whole_report(front.session, kept, front.has("--raw")));
    Debuggee& debuggee = front.session.debuggee();
    return write_file(debuggee, path, front.has("--replace"), [&](const Sink& sink) {
        auto done = json_renderer(sink)->show(report);
        if (done && debuggee.is_stopped()) return Result<void>(interrupted_error());
        return done;
    });
}

}  // namespace

Result<void> run_save(Front& front) {
    const std::string* path = file_word(front, 0);
    if (path == nullptr) return fail(Code::usage, "mt save takes the name of a file");
    const Kept kept = MT_TRY(front.session.shelf().snapshot(front.word(1), front.has("--blocks")));
    if (front.has("--blocks")) MT_TRY(check_addresses(*kept.table, "snapshot " + kept.called()));
    // Made before the file is: without memory for it the command fails and leaves none.
    const std::string text = fmt::format("snapshot {} saved to {}\n", kept.called(), *path);
    SaveOptions options;
    options.single_blocks = front.has("--blocks");
    MT_TRY(save_snapshot(front.session.debuggee(), *kept.table, *path, front.has("--replace"),
                         std::move(options)));
    front.say(text);
    return {};
}

Result<void> run_load(Front& front) {
    const std::string* path = file_word(front, 0);
    if (path == nullptr) return fail(Code::usage, "mt load takes the name of a file");
    Shelf& shelf = front.session.shelf();
    const std::string* name = front.word(1);
    if (name != nullptr) MT_TRY(shelf.check_name(*name, front.has("--replace")));
    const Loaded loaded = MT_TRY(load_snapshot(front.session.debuggee(), *path));
    const Kept& kept = shelf.keep(name != nullptr ? *name : "", loaded.table, *path);
    return front.show(ListReport{{listed(kept)}, {}, loaded.table->remarks});
}

Result<void> run_export(Front& front) {
    const std::string word = front.word(0) != nullptr ? *front.word(0) : "";
    const std::size_t format = MT_TRY(choice("mt export", kFormats, word));
    const std::string* path = file_word(front, 1);
    if (path == nullptr)
        return fail(Code::usage, "mt export takes a format and the name of a file");
    const Kept kept = MT_TRY(front.session.shelf().snapshot(front.word(2)));
    const std::string text = fmt::format("snapshot {} exported to {}\n", kept.called(), *path);
    if (format == kJson)
        MT_TRY(export_json(front, kept, *path));
    else
        MT_TRY(export_snapshot(front.session.debuggee(), *kept.table,
                               static_cast<ExportFormat>(format), front.has("--raw"), *path,
                               front.has("--replace")));
    front.say(text);
    return {};
}

}  // namespace mt::core
