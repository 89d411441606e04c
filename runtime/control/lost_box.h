// SPDX-License-Identifier: MIT
//
// Somebody has cut the black box's file: its pages are gone, and whoever looks at one gets SIGBUS.
// The thread leaves what it was at (thread/escape.h), nothing is recorded any more, and the program
// goes on.
#ifndef MEMTRACE_CONTROL_LOST_BOX_H
#define MEMTRACE_CONTROL_LOST_BOX_H

namespace mt::runtime {

// The signal is taken from now on, if the program leaves it to the kernel.
void watch_box();

}  // namespace mt::runtime

#endif
