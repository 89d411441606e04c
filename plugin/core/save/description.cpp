// SPDX-License-Identifier: MIT
//
// See description.h. Keys are added, never renamed; an unknown one is ignored.
#include "save/description.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>
#include <span>
#include <stdexcept>
#include <type_traits>
#include <utility>

#include "abi/layout.h"
#include "model/poll.h"
#include "model/utf8.h"
#include "save/profile_limits.h"

namespace mt::core {
namespace {

using Json = nlohmann::ordered_json;
constexpr std::uint64_t kFormat = 1;
constexpr int kDeepest = 8;

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

// The members of an object, as dumping all of it at once would give them. Each value is made,
// written and gone by itself: one that holds everything takes room to be destroyed, and where
// memory runs out there is none (capi/reserve.cpp).
class Members {
  public:
    void add(std::string_view key, const Json& value) { begin(key) += value.dump(); }
    // Its rows are made by `row`; a list without any is left out.
    template <typename Rows, typename Row>
    void list(std::string_view key, const Rows& rows, Row row) {
        if (rows.begin() == rows.end()) return;
        std::string& out = begin(key);
        for (const auto& one : rows) {
            stop_without_memory();
            out += &one == &*rows.begin() ? '[' : ',';
            out += Json(row(one)).dump();
        }
        out += ']';
    }
    std::string finish() { return std::move(text_ += '}'); }

  private:
    std::string& begin(std::string_view key) {
        text_ += text_.empty() ? "{\"" : ",\"";
        text_ += key;
        return text_ += "\":";
    }
    std::string text_;
};

void add_status(const Status& status, Members& out) {
    out.add("tracing", status.tracing);
    out.add("paused", status.paused);
    out.add("sampling", status.sampling);
    out.add("fresh", status.fresh);
    out.add("sample_bytes", status.sample_bytes);
    out.add("traceback_limit", status.frame_limit);
    out.add("runtime_status", status.runtime_status);
    out.add("reason", status.reason);
    out.add("origin", status.origin);
    out.add("table_format", {status.major, status.minor});
    out.add("cookie", status.identity.cookie);
    out.add("pid", status.identity.pid);
    out.add("generation", status.identity.generation);
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

void add_lists(const Table& table, Members& out) {
    out.list("losses", table.losses, [](const Loss& loss) -> Json {
        return {text(loss.name), loss.since_state, loss.total};
    });
    out.list("remarks", table.remarks, [](const Remark& remark) -> Json {
        return {text(remark.code), text(remark.text), remark.count};
    });
    out.list("threads", table.threads, [](const Thread& thread) -> Json {
        return {thread.serial,      thread.tid,        text(thread.name), thread.alloc_bytes,
                thread.alloc_count, thread.free_bytes, thread.free_count};
    });
    const std::span<const Module> modules(table.modules);
    const auto known = modules.subspan(std::min<std::size_t>(1, modules.size()));
    out.list("modules", known, [](const Module& module) -> Json {
        Json row = {module.bias, module.load_sequence, module.unload_sequence};
        if (!module.file.empty()) row.push_back(text(module.file));
        return row;
    });
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
    take(json, "stamps", table.has_stamps);
    take(json, "mark", table.status.mark);
    take(json, "lost_blocks", out.lost_blocks);
    each(json, "escaped",
         [&](const Json& e) { out.escaped_texts.push_back(number<std::uint32_t>(e)); });
    take_lists(json, table);
    return out;
}

}  // namespace

std::string escape_bytes(std::string_view text) {
    std::string out;
    while (!text.empty()) {
        const Character next = character_at(text);
        if (!next.valid)
            out += fmt::format("\\x{:02x}", static_cast<unsigned char>(text[0]));
        else if (text[0] == '\\')
            out += "\\\\";
        else
            out += text.substr(0, next.length);
        text.remove_prefix(next.length);
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

std::string describe(const Table& table, bool has_stamps, std::uint64_t lost_blocks,
                     const std::vector<std::uint32_t>& escaped_texts) {
    Members out;
    out.add("format", kFormat);
    out.add("version", MEMTRACE_VERSION);
    add_status(table.status, out);
    out.add("current", {table.current_size, table.current_count});
    out.add("peak", {table.peak_size, table.peak_count});
    out.add("peak_bound", table.peak_bound);
    out.add("frames", table.node_count);
    out.add("tracebacks", table.stack_count);
    out.add("tracer_memory", table.own_bytes);
    out.add("untracked_frees", table.untracked_frees);
    out.add("in_flight", table.in_flight);
    out.add("blocks", table.has_blocks);
    if (has_stamps && table.has_stamps) {
        out.add("stamps", true);
        out.add("mark", table.status.mark);
    }
    if (lost_blocks != 0) out.add("lost_blocks", lost_blocks);
    add_lists(table, out);
    out.list("escaped", escaped_texts, [](std::uint32_t index) { return Json(index); });
    return out.finish();
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
