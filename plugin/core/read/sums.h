// SPDX-License-Identifier: MIT
//
// Records added up by traceback, and the step from what a sample holds to what it
// stands for. All sums wrap. Reads no memory.
#ifndef MEMTRACE_CORE_READ_SUMS_H
#define MEMTRACE_CORE_READ_SUMS_H

#include <cstdint>
#include <vector>

#include "abi/layout.h"
#include "model/snapshot.h"
#include "model/wrapping.h"
#include "read/events.h"

namespace mt::core {

// Figures by traceback, in the order of their first record.
class Sums {
  public:
    std::vector<Trace> traces;

    Trace& of(std::uint32_t id);
    void add_record(std::uint32_t id, const abi::Record& record, std::uint64_t peak_epoch);
    void add_event(const RingEvent& event, std::uint64_t bytes, std::uint64_t count);
    // The peak is now.
    void peak_is_live();

  private:
    std::vector<std::uint32_t> index_;  // by id: place in traces plus one
};

// `trace` holds what is in the sample; its figures become the estimates of
// `weighted`, whose figures have fraction bits (abi/weight.h). False: the weights
// of some of the sample are missing.
bool set_estimate(Trace& trace, const Trace& weighted);

}  // namespace mt::core

#endif
