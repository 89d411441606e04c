// SPDX-License-Identifier: MIT
//
// See stamp_checks.h. Signal handlers give no stamp inside an event, and a thread whose
// event a handler has left takes its ticket anew: so no ticket is on two blocks.
#include "read/stamp_checks.h"

#include <algorithm>

#include "abi/stamp.h"
#include "model/stamp.h"
#include "read/losses.h"

namespace mt::core {
namespace {

constexpr std::uint32_t kNobody = UINT32_MAX;
constexpr std::size_t kMostGenerations = 64;  // that are counted: room for a damaged table
// Of a thread that had not seen the newest mark, and the first ticket of a generation,
// which all that were taken before it share (runtime/tracer/stamps.cpp).
constexpr std::uint32_t kLate = abi::sequence_of(~std::uint64_t{0});
constexpr std::uint32_t kFirst = 1;

// Of State::mark_start.
std::uint32_t newest_generation(const abi::State& state) {
    return static_cast<std::uint32_t>(state.mark_start >> abi::kTicketBits);
}
std::uint64_t first_ticket(const abi::State& state) {
    return state.mark_start % (std::uint64_t{1} << abi::kTicketBits);
}

// Numbers that share a sequence.
std::uint64_t numbers_of(std::uint32_t sequence) {
    return sequence < abi::kExactSequences ? 1 : std::uint64_t{1} << ((sequence >> 10) - 1);
}

}  // namespace

StampChecks::StampChecks(const Anchor& anchor, const Table& table)
    : state_(anchor.state),
      mark_(table.status.mark),
      has_all_rows_(!has_loss(anchor.header, loss::threads_full)) {
    for (const Thread& thread : table.threads) {
        const std::uint32_t serial = stamp_serial_of_thread(thread.serial);
        if (serial >= serials_.size()) serials_.resize(serial + 1);
        serials_[serial] = true;
        has_exited_ = has_exited_ || (thread.tid == 0 && thread.name == "exited");
    }
}

bool StampChecks::can_be(std::uint64_t stamp) const {
    const std::uint32_t serial = abi::stamp_serial(stamp);
    const std::uint32_t generation = abi::stamp_generation(stamp);
    const std::uint32_t sequence = abi::stamp_sequence(stamp);
    const bool known = serial == 0 || has_exited_ || (serial < serials_.size() && serials_[serial]);
    const bool made = generation <= stamp_mark(mark_) || mark_ >= abi::kStampGenerations;
    if (!known || !made || sequence == 0 || sequence > kLate) return false;
    if (sequence == kFirst || sequence == kLate) return true;
    const std::uint64_t before = generation == newest_generation(state_) ? first_ticket(state_) : 1;
    const std::uint64_t number = abi::number_of(sequence);
    return before <= state_.tickets && number - 1 <= state_.tickets - before;
}

bool StampChecks::is_one_too_many(std::uint64_t stamp) {
    const std::uint32_t generation = abi::stamp_generation(stamp);
    const std::uint32_t sequence = abi::stamp_sequence(stamp);
    if (sequence == kFirst || sequence == kLate) return false;
    auto found = given_.find(generation);
    if (found == given_.end()) {
        if (given_.size() == kMostGenerations) return false;
        found = given_.try_emplace(generation).first;
    }
    std::vector<std::uint32_t>& given = found->second;
    if (sequence >= given.size()) given.resize(sequence + 1);
    return ++given[sequence] > numbers_of(sequence);
}

void StampChecks::add(std::uint64_t stamp) {
    if (!can_be(stamp) || is_one_too_many(stamp)) {
        ++wrong_;
        return;
    }
    const std::uint32_t sequence = abi::stamp_sequence(stamp);
    if (sequence <= kFirst || sequence >= abi::kExactSequences) return;
    if (abi::stamp_generation(stamp) != newest_generation(state_)) return;
    threads_.resize(abi::kExactSequences, kNobody);
    threads_[sequence] = abi::stamp_serial(stamp);
}

// A batch of tickets is of one thread, or of several that had its context one after the
// other: none comes back to it.
std::uint64_t StampChecks::strangers() const {
    if (!has_all_rows_) return 0;
    std::uint64_t wrong = 0, batch = 0;
    std::uint32_t last = kNobody;
    std::vector<std::uint32_t> gone;
    for (std::size_t sequence = 0; sequence < threads_.size(); ++sequence) {
        const std::uint32_t thread = threads_[sequence];
        if (thread == kNobody) continue;
        const std::uint64_t ticket = first_ticket(state_) + sequence - 1;
        if ((ticket - 1) / abi::kTicketBatch != batch) {
            batch = (ticket - 1) / abi::kTicketBatch;
            gone.clear();
        } else if (thread != last && last != kNobody) {
            gone.push_back(last);
        }
        const bool is_back = std::find(gone.begin(), gone.end(), thread) != gone.end();
        if (thread != 0 && is_back) ++wrong;
        last = thread;
    }
    return wrong;
}

std::uint64_t StampChecks::wrong() const { return wrong_ + strangers(); }

}  // namespace mt::core
