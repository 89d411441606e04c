// SPDX-License-Identifier: MIT
//
// All blocks and all roots are read once, and what points to what is the result. Words are looked
// at where they are aligned to 8, as compilers align pointers and as LeakSanitizer and memcheck
// look; a pointer in a packed struct may be missed. The words of a block are the block's, also
// where a root's range has the block in it: a mapping may be given whole, with an allocator's
// blocks inside. What no block has of it, free memory too, is then the root's.
//
// The calling thread works like the others and alone asks whether to go on, once for each MiB of
// its own; the others end with the piece that they have.
#ifndef MEMTRACE_CORE_GRAPH_SCAN_H
#define MEMTRACE_CORE_GRAPH_SCAN_H

#include <cstdint>
#include <functional>
#include <vector>

#include "graph/block_index.h"
#include "graph/edges.h"
#include "graph/pieces.h"
#include "graph/pointers.h"
#include "graph/roots.h"
#include "model/error.h"
#include "model/poll.h"

namespace mt::core::graph {

struct ScanOptions {
    PointerRules rules;
    // The calling one counts. A `read` that asks a debugger may be called by one thread only,
    // and takes longer than all the rest. 0: as many as the machine has cores.
    unsigned threads = 1;
    // Where more pointers between blocks are found, the scan ends with an error instead of
    // taking 8 bytes for each: garbage may look like pointers. 0: any number.
    std::uint64_t most_edges = 0;
    // Told by the calling thread, while it asks whether to go on: so many pieces are taken.
    std::function<void(std::uint64_t taken, std::uint64_t all)> progress;
};

struct Coverage {
    std::uint64_t bytes_read = 0;  // with what lies between blocks closer than a page
    std::uint64_t bytes_unreadable = 0;
    std::vector<Extent> unreadable;  // in order of address
};

struct Scanned {
    Edges edges;
    std::vector<RootEdge> root_edges;  // by root, then by address
    Coverage coverage;
};

// Bytes at the end of a scan, when what the threads have found is put together: beside the index,
// and some MiB for each thread.
inline std::uint64_t memory_for_scan(std::uint64_t blocks, std::uint64_t edges) {
    return memory_for_edges(blocks, edges) + edges * sizeof(Target);
}

// O(bytes). The result is the same for any number of threads.
Result<Scanned> scan(const BlockIndex& index, const std::vector<Root>& roots, const Read& read,
                     const ScanOptions& options, const Interrupted& interrupted);

}  // namespace mt::core::graph

#endif
