// SPDX-License-Identifier: MIT
//
// The page as web/build.mjs bundled it, before and after its data. Both are empty where this was
// built without npm (without.cpp).
#ifndef MEMTRACE_CORE_PAGE_ASSETS_H
#define MEMTRACE_CORE_PAGE_ASSETS_H

#include <string_view>

namespace mt::core {

struct PageAssets {
    std::string_view head, tail;
};
PageAssets page_assets();

}  // namespace mt::core

#endif
