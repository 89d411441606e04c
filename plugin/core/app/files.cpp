// SPDX-License-Identifier: MIT
//
// See files.h.
#include "app/files.h"

#include <fmt/format.h>

#include <chrono>

#include "save/export.h"
#include "save/file.h"

namespace mt::core {
namespace {

constexpr std::uint64_t kMostSuppressions = std::uint64_t{16} << 20;  // bytes
constexpr std::uint64_t kMostFileBytes = std::uint64_t{1} << 30;

Error about(const char* what, const std::string& path, Error error) {
    if (error.code != Code::interrupted)
        error.text = fmt::format("cannot {} {}: {}", what, path, error.text);
    return error;
}

template <typename Write>
Result<void> to_file(const std::string& path, bool replace, Write write) {
    auto file = MT_TRY(NewFile::open(expanded_path(path), replace));
    MT_TRY(write([&file](std::string_view bytes) { return file.write(bytes); }));
    return file.commit();
}

}  // namespace

Result<void> save_snapshot(Debuggee& debuggee, Table& table, const std::string& path, bool replace,
                           SaveOptions options) {
    const auto process = MT_TRY(debuggee.same_process({&table}));
    Resolver resolver = debuggee.resolver(table, pointer(process));
    options.interrupted = debuggee.interrupted();
    options.time_nanos = static_cast<std::uint64_t>(
        std::chrono::nanoseconds(std::chrono::system_clock::now().time_since_epoch()).count());
    return to_file(path, replace,
                   [&](const Sink& sink) { return write_profile(resolver, options, sink); });
}

Result<Loaded> load_snapshot(Debuggee& debuggee, const std::string& path) {
    const auto bytes =
        MT_TRY(read_file(expanded_path(path), kMostFileBytes, debuggee.interrupted()));
    auto loaded = read_profile(bytes, debuggee.book(), debuggee.interrupted());
    if (!loaded) return fail(about("load", path, std::move(loaded.error())));
    return loaded;
}

Result<Suppressions> load_suppressions(Debuggee& debuggee, const std::string& path) {
    const auto text =
        MT_TRY(read_file(expanded_path(path), kMostSuppressions, debuggee.interrupted()));
    return Suppressions::parse(text, path);
}

Result<void> export_snapshot(Debuggee& debuggee, Table& table, ExportFormat format, bool raw,
                             const std::string& path, bool replace) {
    const auto process = MT_TRY(debuggee.same_process({&table}));
    Resolver resolver = debuggee.resolver(table, pointer(process));
    const auto rows = MT_TRY(export_rows(resolver, debuggee.skip(), raw, debuggee.interrupted()));
    return to_file(path, replace, [&](const Sink& sink) {
        const FrameBook& book = debuggee.book();
        const Sink pieces = [&](std::string_view text) -> Result<void> {
            if (debuggee.wants_stop()) return interrupted_error();
            return sink(text);
        };
        if (format == ExportFormat::folded) return export_folded(rows, book, raw, pieces);
        if (format == ExportFormat::csv) return export_csv(rows, book, raw, pieces);
        return export_speedscope(rows, book, raw, path, pieces);
    });
}

Result<void> write_file(Debuggee& debuggee, const std::string& path, bool replace,
                        const std::function<Result<void>(const Sink&)>& write) {
    return to_file(path, replace, [&](const Sink& sink) -> Result<void> {
        debuggee.progress().stage("writing the file");
        Pieces pieces(sink);
        const Sink polled = [&](std::string_view text) -> Result<void> {
            if (debuggee.wants_stop()) return interrupted_error();
            return pieces.add(text);
        };
        MT_TRY(write(polled));
        return pieces.finish();
    });
}

}  // namespace mt::core
