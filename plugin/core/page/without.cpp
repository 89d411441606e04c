// SPDX-License-Identifier: MIT
//
// In the place of the bundled page where npm, or the registry, was not there.
#include "page/assets.h"

namespace mt::core {

PageAssets page_assets() { return {}; }

}  // namespace mt::core
