// SPDX-License-Identifier: MIT
//
// See description.h. Keys are added, never renamed; an unknown one is ignored.
#include "save/description.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <type_traits>

#include "abi/layout.h"
#include "save/profile_limits.h"

namespace mt::core {
namespace {

using Json = nlohmann::ordered_json;
constexpr std::uint64_t kFormat = 1;
constexpr int kDeepest = 8;

// Length of the UTF-8 character at the start of `text`; 0 = there is none.
std::size_t character_at(std::string_view text) {
    const auto byte = [&text](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const unsigned char first = byte(0);
    if (first < 0x80) return 1;
    const std::size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
    if (first < 0xc2 || first > 0xf4 || text.size() < length) return 0;
    for (std::size_t i = 1; i < length; ++i)
        if ((byte(i) & 0xc0) != 0x80) return 0;
    // Overlong forms, surrogates, and what lies past U+10FFFF.
    const bool bad = (first == 0xe0 && byte(1) < 0xa0) || (first == 0xed && byte(1) > 0x9f) ||
                     (first == 0xf0 && byte(1) < 0x90) || (first == 0xf4 && byte(1) > 0x8f);
    return bad ? 0 : length;
}

int digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

Json text(const std::string& value) {
    if (is_utf8(value)) return value;
    return {{"escaped", escape_bytes(value)}};
}

std::string text_of(const Json& json) {
    const Json& value = json.is_object() ? json.at("escaped") : json;
    const auto& text = value.get_ref<const std::string&>();
    if (text.size() > kLongestName) throw std::out_of_range("a text is too long");
    return json.is_object() ? unescape_bytes(text) : text;
}

Json status_of(const Status& status) {
    Json json = Json::object();
    json["tracing"] = status.tracing;
    json["paused"] = status.paused;
    json["sampling"] = status.sampling;
    json["fresh"] = status.fresh;
    json["sample_bytes"] = status.sample_bytes;
    json["traceback_limit"] = status.frame_limit;
    json["runtime_status"] = status.runtime_status;
    json["reason"] = status.reason;
    json["origin"] = status.origin;
    json["table_format"] = {status.major, status.minor};
    json["cookie"] = status.identity.cookie;
    json["pid"] = status.identity.pid;
    json["generation"] = status.identity.generation;
    return json;
}

// Throws like the library when there is no such number.
template <typename T>
T number(const Json& json) {
    if (json.is_number_unsigned()) {
        const std::uint64_t value = json.get<std::uint64_t>();
        if (value <= static_cast<std::uint64_t>(std::numeric_limits<T>::max()))
            return static_cast<T>(value);
    }
    if (std::is_signed_v<T> && json.is_number_integer() && !json.is_number_unsigned())
        return static_cast<T>(json.get<std::int64_t>());
    throw std::out_of_range(json.dump().substr(0, 40) + " is out of range");
}

void take(const Json& json, const char* key, bool& value) {
    if (const auto found = json.find(key); found != json.end()) value = found->get<bool>();
}

template <typename T>
void take(const Json& json, const char* key, T& value) {
    if (const auto found = json.find(key); found != json.end()) value = number<T>(*found);
}

void take_status(const Json& json, Status& status) {
    take(json, "tracing", status.tracing);
    take(json, "paused", status.paused);
    take(json, "sampling", status.sampling);
    take(json, "fresh", status.fresh);
    take(json, "sample_bytes", status.sample_bytes);
    take(json, "traceback_limit", status.frame_limit);
    take(json, "runtime_status", status.runtime_status);
    take(json, "reason", status.reason);
    take(json, "origin", status.origin);
    if (const auto format = json.find("table_format"); format != json.end()) {
        status.major = number<std::uint16_t>(format->at(0));
        status.minor = number<std::uint16_t>(format->at(1));
    }
    take(json, "cookie", status.identity.cookie);
    take(json, "pid", status.identity.pid);
    take(json, "generation", status.identity.generation);
}

// Its rows are made by `row`; a list without any is left out. No value is made to an array
// afterwards: nlohmann::json leaves one without its array where memory runs out then.
template <typename Rows, typename Row>
void add_list(Json& json, const char* key, const Rows& rows, Row row) {
    if (rows.begin() == rows.end()) return;
    Json list = Json::array();
    for (const auto& one : rows) list.push_back(row(one));
    json[key] = std::move(list);
}

Json lists_of(const Table& table) {
    Json json = Json::object();
    add_list(json, "losses", table.losses, [](const Loss& loss) -> Json {
        return {text(loss.name), loss.since_state, loss.total};
    });
    add_list(json, "remarks", table.remarks, [](const Remark& remark) -> Json {
        return {text(remark.code), text(remark.text), remark.count};
    });
    add_list(json, "threads", table.threads, [](const Thread& thread) -> Json {
        return {thread.serial,      thread.tid,        text(thread.name), thread.alloc_bytes,
                thread.alloc_count, thread.free_bytes, thread.free_count};
    });
    const std::size_t first = std::min<std::size_t>(1, table.modules.size());
    const std::vector<Module> known(table.modules.begin() + static_cast<std::ptrdiff_t>(first),
                                    table.modules.end());
    add_list(json, "modules", known, [](const Module& module) -> Json {
        Json row = {module.bias, module.load_sequence, module.unload_sequence};
        if (!module.file.empty()) row.push_back(text(module.file));
        return row;
    });
    return json;
}

// Calls row(entry) for the list called `key`, if there is one.
template <typename Row>
void each(const Json& json, const char* key, Row row) {
    const auto found = json.find(key);
    if (found == json.end()) return;
    for (const Json& entry : *found) row(entry);
}

void take_lists(const Json& json, Table& table) {
    const auto at = [](const Json& entry, std::size_t i) {
        return number<std::uint64_t>(entry.at(i));
    };
    each(json, "losses", [&](const Json& e) {
        table.losses.push_back({text_of(e.at(0)), at(e, 1), at(e, 2)});
    });
    each(json, "remarks", [&](const Json& e) {
        table.remarks.push_back({text_of(e.at(0)), text_of(e.at(1)), at(e, 2)});
    });
    each(json, "threads", [&](const Json& e) {
        table.threads.push_back({number<std::uint32_t>(e.at(0)), number<std::uint32_t>(e.at(1)),
                                 text_of(e.at(2)), at(e, 3), at(e, 4), at(e, 5), at(e, 6)});
    });
    table.modules.resize(1);
    each(json, "modules", [&](const Json& e) {
        Module& module = table.modules.emplace_back();
        module.bias = at(e, 0);
        module.load_sequence = at(e, 1);
        module.unload_sequence = at(e, 2);
        if (e.size() > 3) module.file = text_of(e.at(3));
    });
}

// The parser recurses nowhere, but a deep value is none of ours.
bool is_shallow(std::string_view json) {
    int depth = 0;
    bool quoted = false;
    for (std::size_t i = 0; i < json.size(); ++i) {
        const char c = json[i];
        if (c == '"') quoted = !quoted;
        if (quoted && c == '\\') ++i;
        if (quoted) continue;
        if ((c == '[' || c == '{') && ++depth > kDeepest) return false;
        if (c == ']' || c == '}') --depth;
    }
    return true;
}

tl::unexpected<Error> damaged(std::string_view why) {
    return fail(Code::io, fmt::format("its memtrace comment is damaged: {}", why));
}

Description taken(const Json& json) {
    Description out;
    Table& table = out.table;
    take_status(json, table.status);
    if (table.status.sample_bytes > abi::kMaxSampleBytes)
        throw std::out_of_range("sample_bytes is out of range");
    table.current_size = number<std::int64_t>(json.at("current").at(0));
    table.current_count = number<std::int64_t>(json.at("current").at(1));
    table.peak_size = number<std::int64_t>(json.at("peak").at(0));
    table.peak_count = number<std::int64_t>(json.at("peak").at(1));
    take(json, "peak_bound", table.peak_bound);
    take(json, "frames", table.node_count);
    take(json, "tracebacks", table.stack_count);
    take(json, "tracer_memory", table.own_bytes);
    take(json, "untracked_frees", table.untracked_frees);
    take(json, "in_flight", table.in_flight);
    take(json, "blocks", table.has_blocks);
    take(json, "lost_blocks", out.lost_blocks);
    each(json, "escaped",
         [&](const Json& e) { out.escaped_texts.push_back(number<std::uint32_t>(e)); });
    take_lists(json, table);
    return out;
}

}  // namespace

bool is_utf8(std::string_view text) {
    while (!text.empty()) {
        const std::size_t length = character_at(text);
        if (length == 0) return false;
        text.remove_prefix(length);
    }
    return true;
}

std::string escape_bytes(std::string_view text) {
    std::string out;
    while (!text.empty()) {
        const std::size_t length = character_at(text);
        if (length == 0)
            out += fmt::format("\\x{:02x}", static_cast<unsigned char>(text[0]));
        else if (text[0] == '\\')
            out += "\\\\";
        else
            out += text.substr(0, length);
        text.remove_prefix(length == 0 ? 1 : length);
    }
    return out;
}

std::string unescape_bytes(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const std::string_view rest = text.substr(i);
        const bool coded = rest.size() >= 4 && rest.substr(0, 2) == "\\x" && digit(rest[2]) >= 0 &&
                           digit(rest[3]) >= 0;
        if (coded) {
            out += static_cast<char>(digit(rest[2]) * 16 + digit(rest[3]));
            i += 3;
        } else {
            if (rest.substr(0, 2) == "\\\\") ++i;
            out += text[i];
        }
    }
    return out;
}

std::string describe(const Table& table, std::uint64_t lost_blocks,
                     const std::vector<std::uint32_t>& escaped_texts) {
    Json json = Json::object();
    json["format"] = kFormat;
    json["version"] = MEMTRACE_VERSION;
    json.update(status_of(table.status));
    json["current"] = {table.current_size, table.current_count};
    json["peak"] = {table.peak_size, table.peak_count};
    json["peak_bound"] = table.peak_bound;
    json["frames"] = table.node_count;
    json["tracebacks"] = table.stack_count;
    json["tracer_memory"] = table.own_bytes;
    json["untracked_frees"] = table.untracked_frees;
    json["in_flight"] = table.in_flight;
    json["blocks"] = table.has_blocks;
    if (lost_blocks != 0) json["lost_blocks"] = lost_blocks;
    json.update(lists_of(table));
    if (!escaped_texts.empty()) json["escaped"] = escaped_texts;
    return json.dump();
}

Result<Description> described(std::string_view text) {
    if (!is_shallow(text)) return damaged("nested too deep");
    try {
        const Json json = Json::parse(text);
        const std::uint64_t format = number<std::uint64_t>(json.at("format"));
        if (format > kFormat)
            return fail(Code::version,
                        fmt::format("it was written by a newer memtrace (its format is {}, this "
                                    "one reads up to {})",
                                    format, kFormat));
        return taken(json);
    } catch (const Json::parse_error& error) {
        return damaged(fmt::format("it is no JSON at byte {}", error.byte));
    } catch (const Json::exception&) {
        return damaged("a field is missing, or is of another kind");
    } catch (const std::out_of_range& error) {
        return damaged(error.what());
    }
}

}  // namespace mt::core
