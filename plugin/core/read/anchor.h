// SPDX-License-Identifier: MIT
//
// Where a table begins: root, header and state, found and checked.
// Nothing behind them is touched here.
#ifndef MEMTRACE_CORE_READ_ANCHOR_H
#define MEMTRACE_CORE_READ_ANCHOR_H

#include "abi/layout.h"
#include "model/snapshot.h"
#include "read/reading.h"

namespace mt::core {

struct Anchor {
    abi::Root root{};
    abi::Header header{};
    abi::State state{};
    std::uint64_t root_address = 0;
    std::uint64_t header_address = 0;
    bool has_root = false;    // its page is there
    bool has_header = false;  // something has been traced
    bool has_state = false;
    bool found_by_scan = false;
    bool lost_header = false;  // the root is there, and does not name it any more
};

// By symbol, else by scan (reader.h).
bool find_anchor(Reading& reading, std::uint64_t symbol, Anchor& anchor);
// At a root or a header.
bool find_anchor_at(Reading& reading, std::uint64_t table, Anchor& anchor);
// Again, from what an earlier read_status found.
bool load_anchor(Reading& reading, const Status& status, Anchor& anchor);
Status status_of(const Anchor& anchor);
// Fails where figures are asked of a process that had no memory for a table: they would
// be 0 and are not known.
bool is_made(Reading& reading, const Status& status);

// Whether the root's request and the state behind the header can be of one process: what is
// off has no state of its generation, and a request is never older than the state.
bool check_request(Reading& reading, Anchor& anchor);

// Header and state, in which nothing else may lie.
bool claim_parts(Reading& reading, const Anchor& anchor);

// Reads and checks a header; the caller knows what it belongs to.
bool load_header(Reading& reading, std::uint64_t address, abi::Header& header);

}  // namespace mt::core

#endif
