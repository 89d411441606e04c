// SPDX-License-Identifier: MIT
//
// save, load, export: snapshots to files and back. Reads a process only to name
// the frames of a snapshot that was taken of it.
#include <fmt/format.h>

#include <array>
#include <chrono>

#include "command/files.h"
#include "command/reporting.h"
#include "command/verb.h"
#include "save/export.h"
#include "save/file.h"

namespace mt::core {
namespace {

constexpr std::uint64_t kMostFileBytes = std::uint64_t{1} << 30;
constexpr std::array<std::string_view, 4> kFormats = {"folded", "speedscope", "csv", "json"};

Error about(const char* what, const std::string& path, Error error) {
    if (error.code != Code::interrupted)
        error.text = fmt::format("cannot {} {}: {}", what, path, error.text);
    return error;
}

// Who can name the table's code now; its unloaded modules are marked.
Result<Sources> sources_now(Session& session, Table& table) {
    auto process = MT_TRY(same_process(session, {&table}));
    return session.sources_for(table, process ? &*process : nullptr);
}

// `write` gets where its bytes go; the file appears once it has given them all.
template <typename Write>
Result<void> to_file(const std::string& path, bool replace, Write write) {
    auto file = MT_TRY(NewFile::open(expanded_path(path), replace));
    auto done = write([&file](std::string_view bytes) { return file.write(bytes); });
    return done ? file.commit() : done;
}

const std::string* file_word(const Arguments& arguments, std::size_t index) {
    return arguments.words.size() > index && !arguments.words[index].empty()
               ? &arguments.words[index]
               : nullptr;
}

std::string called(const Kept& kept) { return kept.name.empty() ? kept.number : kept.name; }

Result<void> export_rows_to(Session& session, Table& table, std::string_view format, bool raw,
                            const std::string& path, bool replace) {
    auto sources = MT_TRY(sources_now(session, table));
    Resolver resolver(session.symboliser, table, sources);
    auto rows = MT_TRY(export_rows(resolver, session.skip, raw, session.interrupted()));
    return to_file(path, replace, [&](const Sink& sink) {
        const FrameBook& book = session.symboliser.book();
        const Sink pieces = [&](std::string_view text) -> Result<void> {
            if (session.poll()) return interrupted_error();
            return sink(text);
        };
        if (format == "folded") return export_folded(rows, book, raw, pieces);
        if (format == "csv") return export_csv(rows, book, raw, pieces);
        return export_speedscope(rows, book, raw, path, pieces);
    });
}

// The document that mt stats --by traceback --json -n 0 prints.
Result<void> export_json_to(Session& session, const Kept& kept, bool raw, const std::string& path,
                            bool replace) {
    auto process = MT_TRY(same_process(session, {kept.table.get()}));
    View view;
    view.json = true;
    view.grouping.key = KeyType::traceback;
    view.grouping.totals = true;
    view.grouping.raw = raw;
    return to_file(path, replace, [&](const Sink& sink) -> Result<void> {
        Pieces pieces(sink);
        MT_TRY(make_report(session, "export", kept.table, process ? &*process : nullptr, view,
                           [&](std::string_view text) -> Result<void> {
                               if (session.poll()) return interrupted_error();
                               return pieces.add(text);
                           }));
        return pieces.finish();
    });
}

Result<std::string_view> format_of(const Arguments& arguments) {
    const std::string word = arguments.words.empty() ? "" : arguments.words.front();
    std::vector<std::string_view> found;
    for (const std::string_view name : kFormats)
        if (!word.empty() && name.substr(0, word.size()) == word) found.push_back(name);
    if (found.size() == 1) return found.front();
    return fail(Code::usage,
                fmt::format("mt export takes one of {}, not {}", fmt::join(kFormats, ", "),
                            word.empty() ? "nothing" : word));
}

}  // namespace

Result<void> save_snapshot(Session& session, Table& table, const std::string& path, bool replace,
                           const std::string& attributes_json) {
    auto sources = MT_TRY(sources_now(session, table));
    Resolver resolver(session.symboliser, table, sources);
    SaveOptions options;
    options.attributes_json = attributes_json;
    options.interrupted = session.interrupted();
    options.time_nanos = static_cast<std::uint64_t>(
        std::chrono::nanoseconds(std::chrono::system_clock::now().time_since_epoch()).count());
    return to_file(path, replace,
                   [&](const Sink& sink) { return write_profile(resolver, options, sink); });
}

Result<Loaded> load_snapshot(Session& session, const std::string& path) {
    auto bytes = MT_TRY(read_file(expanded_path(path), kMostFileBytes, session.interrupted()));
    auto loaded = read_profile(bytes, session.symboliser.book(), session.interrupted());
    if (!loaded) return fail(about("load", path, std::move(loaded.error())));
    return loaded;
}

Result<void> run_save(Session& session, const Arguments& arguments) {
    const std::string* path = file_word(arguments, 0);
    if (path == nullptr) return fail(Code::usage, "mt save takes the name of a file");
    auto kept = MT_TRY(kept_snapshot(session, arguments.words, 1));
    // Made before the file is: without memory for it the command fails and leaves none.
    const std::string text = fmt::format("snapshot {} saved to {}\n", called(*kept), *path);
    MT_TRY(save_snapshot(session, *kept->table, *path, arguments.has("--replace"), ""));
    session.say(text);
    return {};
}

Result<void> run_load(Session& session, const Arguments& arguments) {
    const std::string* path = file_word(arguments, 0);
    if (path == nullptr) return fail(Code::usage, "mt load takes the name of a file");
    const std::string name = arguments.words.size() > 1 ? arguments.words[1] : "";
    if (arguments.words.size() > 1) MT_TRY(check_name(session, name, arguments.has("--replace")));
    auto loaded = MT_TRY(load_snapshot(session, *path));
    keep_snapshot(session, name, loaded.table, *path);
    session.say(list_text({listed(session.snapshots.back())}, {}) +
                remarks_text(loaded.table->remarks));
    return {};
}

Result<void> run_export(Session& session, const Arguments& arguments) {
    auto format = MT_TRY(format_of(arguments));
    const std::string* path = file_word(arguments, 1);
    if (path == nullptr)
        return fail(Code::usage, "mt export takes a format and the name of a file");
    auto kept = MT_TRY(kept_snapshot(session, arguments.words, 2));
    const bool raw = arguments.has("--raw"), replace = arguments.has("--replace");
    const std::string text = fmt::format("snapshot {} exported to {}\n", called(*kept), *path);
    auto done = format == "json"
                    ? export_json_to(session, *kept, raw, *path, replace)
                    : export_rows_to(session, *kept->table, format, raw, *path, replace);
    if (!done) return done;
    session.say(text);
    return {};
}

}  // namespace mt::core
