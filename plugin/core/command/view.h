// SPDX-License-Identifier: MIT
//
// What the options of a statistics command mean (app/view.h). Looks at the words only; reads
// no table and no program.
#ifndef MEMTRACE_CORE_COMMAND_VIEW_H
#define MEMTRACE_CORE_COMMAND_VIEW_H

#include <string>
#include <string_view>

#include "analyse/filter.h"
#include "app/view.h"
#include "command/parse.h"
#include "model/error.h"

namespace mt::core {

Result<View> view_of(const Settings& settings, const Arguments& arguments);

// A key that --by names.
Result<KeyType> key_of_word(const std::string& word);
// "GLOB" or "GLOB:LINE", as --filter takes it.
Result<Filter> filter_of(std::string_view option, std::string_view text);

}  // namespace mt::core

#endif
