// SPDX-License-Identifier: MIT
//
// list, drop, config: the verbs about the session itself. They touch no
// process.
#include "command/session_verbs.h"

#include <fmt/format.h>

#include <array>
#include <string_view>

#include "model/numbers.h"
#include "names/nearest.h"

namespace mt::core {
namespace {

constexpr const char* kSkipDefault = "default";
constexpr const char* kSearched = "auto";

std::string_view kind_name(SkipKind kind) {
    switch (kind) {
        case SkipKind::module:
            return "module";
        case SkipKind::function:
            return "function";
        case SkipKind::file:
            return "file";
        case SkipKind::any:
            break;
    }
    return "any";
}

Result<bool> on_or_off(const std::string& key, const std::string& value) {
    if (value == "on") return true;
    if (value == "off") return false;
    return fail(Code::usage, fmt::format("mt config {} takes on or off, not {}", key, value));
}

Result<void> set_table(Session& session, const std::string& value) {
    if (value == kSearched) {
        session.debuggee().use_table_at(0);
        return {};
    }
    const auto address = literal_of(value);
    if (!address || *address == 0)
        return fail(Code::usage,
                    fmt::format("mt config table takes an address, as 0x7f5a10000000, or auto, "
                                "not {}",
                                value));
    session.debuggee().use_table_at(*address);
    return {};
}

constexpr std::array<std::string_view, 3> kStyles = {"auto", "text", "table"};

Result<void> set_style(Session& session, const std::string& value) {
    const std::size_t found = MT_TRY(choice("mt config style", kStyles, value));
    session.settings().style = static_cast<ShowStyle>(found);
    return {};
}

Result<void> set(Session& session, const std::string& key, const std::string& value) {
    if (key == "rows") {
        const auto rows = number_of<std::size_t>(value);
        if (!rows)
            return fail(
                Code::usage,
                fmt::format("mt config rows takes a number of rows (0 = all), not {}", value));
        session.settings().rows = *rows;
        return {};
    }
    if (key == "skip") {
        if (value == kSkipDefault)
            session.debuggee().skip().forget_added();
        else
            session.debuggee().skip().add(value);
        return {};
    }
    if (key == "table") return set_table(session, value);
    if (key == "style") return set_style(session, value);
    if (key != "source" && key != "direct")
        return fail(
            Code::usage,
            fmt::format("mt config has no key {}{}; it has rows, source, direct, skip, style, "
                        "table",
                        key,
                        did_you_mean(key, {"rows", "source", "direct", "skip", "style", "table"})));
    const bool on = MT_TRY(on_or_off(key, value));
    if (key == "source")
        session.settings().source = on;
    else
        session.debuggee().read_directly(on);
    return {};
}

}  // namespace

Result<void> run_list(Front& front) { return front.show(list_of(front.session.shelf())); }

Result<void> run_drop(Front& front) {
    if (front.word(0) == nullptr)
        return fail(Code::usage,
                    "mt drop takes the number of a snapshot, or the name of a snapshot or mark");
    return front.session.shelf().drop(*front.word(0));
}

Result<void> run_config(Front& front) {
    Session& session = front.session;
    const std::string *key = front.word(0), *value = front.word(1);
    if (value != nullptr) return set(session, *key, *value);
    if (key != nullptr)
        return fail(Code::usage,
                    fmt::format("mt config {0} needs a value: mt config {0} VALUE", *key));
    ConfigReport listed;
    listed.rows = session.settings().rows;
    listed.source = session.settings().source;
    listed.style = kStyles[static_cast<std::size_t>(session.settings().style)];
    listed.direct = session.debuggee().reads_directly();
    listed.table = session.debuggee().table_address();
    for (const SkipPattern& pattern : session.debuggee().skip().patterns())
        listed.skip.push_back({std::string(kind_name(pattern.kind)), pattern.glob});
    return front.show(listed);
}

}  // namespace mt::core
