// SPDX-License-Identifier: MIT
//
// A JSON document with a list that may be long: each part goes out as it is made, and
// the whole is to the letter what dumping one big value would give. Knows no report.
#ifndef MEMTRACE_CORE_SHOW_JSON_STREAM_H
#define MEMTRACE_CORE_SHOW_JSON_STREAM_H

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "model/sink.h"

namespace mt::core {

class JsonStream {
  public:
    explicit JsonStream(const Sink& sink) : sink_(sink) {}

    // The members of an object, which is small, after those that are there already.
    void members(const nlohmann::ordered_json& object);
    void begin_list(std::string_view key);
    Result<void> item(const nlohmann::ordered_json& value);
    // The same of text that laid_out() made at this depth.
    Result<void> laid_out_item(std::string_view text);
    void end_list();
    // Nothing may follow. What went wrong in any of the calls.
    Result<void> end();

    static constexpr unsigned kItemDepth = 2;
    // Two spaces for each level; the first line has none, for it follows what is there.
    static std::string laid_out(const nlohmann::ordered_json& value, unsigned depth);

  private:
    void key(std::string_view name);
    void put(std::string_view text);

    const Sink& sink_;
    Result<void> done_;
    bool has_members_ = false, has_items_ = false;
};

}  // namespace mt::core

#endif
