// SPDX-License-Identifier: MIT
//
// Where the table is kept besides in memory, as the header says.
#ifndef MEMTRACE_CORE_READ_BOX_H
#define MEMTRACE_CORE_READ_BOX_H

#include "read/anchor.h"

namespace mt::core {

// What cannot be read is not known: an older table has nothing there.
void read_box(Reading& reading, const Anchor& anchor, Status& status);

}  // namespace mt::core

#endif
