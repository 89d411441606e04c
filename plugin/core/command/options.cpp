// SPDX-License-Identifier: MIT
//
// See options.h.
#include "command/options.h"

#include <utility>

namespace mt::core {

std::vector<Option> report_options(std::vector<Option> more) {
    std::vector<Option> options = {kBy, kCumulative, kSort};
    for (const Option& option : {kTop, kFilter, kExclude, kAllFrames, kFunction, kModule, kDomain})
        options.push_back(option);
    options.insert(options.end(), more.begin(), more.end());
    for (const Option& option : {kSource, kRaw, kLimit, kRecentFirst}) options.push_back(option);
    for (const Option& option : form_options()) options.push_back(option);
    return options;
}

std::vector<Option> form_options() { return {kTable, kWide, kText, kJson}; }

std::vector<Option> without(std::vector<Option> options, std::string_view name) {
    std::erase_if(options, [name](const Option& option) { return option.name == name; });
    return options;
}

}  // namespace mt::core
