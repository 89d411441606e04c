// SPDX-License-Identifier: MIT
//
// The runtime's own journal (runtime/journal/journal.h) on structures of a test, each of its
// stores a step that a test makes in a target's memory when it likes. Knows no event.
#ifndef MEMTRACE_TESTS_SUPPORT_JOURNAL_STEPS_H
#define MEMTRACE_TESTS_SUPPORT_JOURNAL_STEPS_H

#include <cstring>
#include <functional>
#include <map>
#include <vector>

#include "journal/journal.h"
#include "support/fake_memory.h"

namespace mt::test {

using Steps = std::vector<std::function<void()>>;

class JournalSteps {
  public:
    JournalSteps(FakeMemory& memory, Steps& steps) : memory_(&memory), steps_(&steps) {}

    // `here` stands at `there` in the memory, and holds what stands there before the first step.
    template <typename T>
    T& place(T& here, std::uint64_t there) {
        places_[reinterpret_cast<std::uintptr_t>(&here)] = {sizeof here, there};
        return here;
    }

    // What runtime::JournalOf stores with.
    struct Stores {
        JournalSteps* to;

        template <typename T, typename U>
        void word(T& at, U value) const {
            at = static_cast<T>(value);
            to->add(&at, sizeof at);
        }
        void pair(abi::u64& first, runtime::Pair value) const {
            std::memcpy(&first, &value, sizeof value);
            to->add(&first, sizeof value);
        }
        abi::u64 name_of(const abi::Record* record) const {
            return record != nullptr ? to->address_of(record) : 0;
        }
    };
    using Journal = runtime::JournalOf<Stores>;
    Journal journal(abi::Context& context) { return Journal(context, Stores{this}); }

  private:
    struct Place {
        std::size_t size;
        std::uint64_t there;
    };

    std::uint64_t address_of(const void* here) const {
        const auto at = reinterpret_cast<std::uintptr_t>(here);
        const auto next = places_.upper_bound(at);
        if (next == places_.begin()) return 0;  // no test may get here: nothing lies at 0
        const auto& [begin, place] = *std::prev(next);
        return at - begin < place.size ? place.there + (at - begin) : 0;
    }
    // The bytes that have just been stored.
    void add(const void* here, std::size_t size) {
        const std::uint64_t there = address_of(here);
        const auto* bytes = static_cast<const std::byte*>(here);
        std::vector<std::byte> value(bytes, bytes + size);
        steps_->push_back(
            [memory = memory_, there, value] { memory->write(there, value.data(), value.size()); });
    }

    FakeMemory* memory_;
    Steps* steps_;
    std::map<std::uintptr_t, Place> places_;
};

}  // namespace mt::test

#endif
