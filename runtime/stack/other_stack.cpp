// SPDX-License-Identifier: MIT
#include "stack/other_stack.h"

namespace mt::runtime::stack {

bool OtherStack::cross(u64 address) {
    if (address - frame_.sp > kLargestFrame) return false;
    if (!crossings_.knows(frame_, address)) {
        for (u64 page = high_; page <= address; page += machine::kPage) {
            if (!is_readable(page)) return false;
        }
    }
    crossed_twice_ = crossed_ != 0;
    crossed_ = address;
    high_ = (address | (machine::kPage - 1)) + 1;
    return true;
}

}  // namespace mt::runtime::stack
