// SPDX-License-Identifier: MIT
//
// See module_verbs.h.
#include "command/module_verbs.h"

#include "app/reports/modules.h"

namespace mt::core {

Result<void> run_modules(Front& front) {
    const ModulesReport report =
        MT_TRY(modules_of(front.session, front.word(0), front.has("--verbose")));
    return front.show(report);
}

}  // namespace mt::core
