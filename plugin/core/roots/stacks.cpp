// SPDX-License-Identifier: MIT
//
// See stacks.h.
#include "roots/stacks.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

namespace mt::core {
namespace {

constexpr std::uint64_t kRedZone = 128;  // System V ABI for x86-64, 3.2.2
constexpr std::uint64_t kDtvEntry = 16;
// Of struct pthread what each version has, keys and all; it only decides what memory is called.
constexpr std::uint64_t kControlBlock = 2304;
constexpr std::uint64_t kMostModules = 4096;  // with thread-local variables
// glibc's struct pthread ends where the stack begins. Its first words are tcbhead_t: where it
// lies itself, the dtv, and itself again (x86_64/nptl/tls.h).
constexpr std::uint64_t kSearched = 4096, kAlignment = 64;
constexpr std::uint64_t kSmallest = 16384;  // PTHREAD_STACK_MIN
struct Tcb {
    std::uint64_t tcb, dtv, self;
};
// The first one has the number of the others, the second one a generation.
struct DtvEntry {
    std::uint64_t block, to_free;
};

class StackFinder {
  public:
    StackFinder(Memory& memory, const std::vector<Mapping>& mappings,
                const std::vector<StackThread>& threads, std::uint64_t main_stack)
        : memory_(memory), mappings_(mappings), threads_(threads), main_stack_(main_stack) {
        for (const StackThread& thread : threads) pointers_.push_back(thread.thread_pointer);
        std::sort(pointers_.begin(), pointers_.end());
    }

    Result<Stacks> run() {
        for (std::size_t i = 0; i < threads_.size(); ++i) {
            add_stack(i);
            MT_TRY(add_variables(i));
        }
        // A thread that cannot be asked might be any of them.
        const bool all_known = pointers_.empty() || pointers_.front() != 0;
        for (std::size_t i = 0; all_known && i < mappings_.size(); ++i)
            MT_TRY(look_for_ended(mappings_[i]));
        result_.dead = ranges_of(std::move(result_.dead));
        return std::move(result_);
    }

  private:
    void add_stack(std::size_t index) {
        const StackThread& thread = threads_[index];
        const Mapping* at = range_at(mappings_, thread.stack_pointer);
        if (at == nullptr || !at->writable || !is_own_stack(*at, thread)) return;
        const std::uint64_t from = std::max(at->start, thread.stack_pointer - kRedZone);
        result_.stacks.push_back({index, {from, at->end}});
        if (is_only_one(*at, index)) result_.dead.push_back({at->start, from});
    }

    // The control block of a thread that glibc made lies in its stack's mapping.
    bool is_own_stack(const Mapping& mapping, const StackThread& thread) const {
        if (mapping.path == "[stack]") return true;
        const auto in = [&](std::uint64_t address) {
            return address >= mapping.start && address < mapping.end;
        };
        return in(thread.thread_pointer) || (main_stack_ != 0 && in(main_stack_));
    }

    // Threads with stacks from the program may share a mapping.
    bool is_only_one(const Mapping& mapping, std::size_t index) const {
        for (std::size_t i = 0; i < threads_.size(); ++i) {
            if (i == index) continue;
            for (const std::uint64_t at : {threads_[i].stack_pointer, threads_[i].thread_pointer})
                if (at >= mapping.start && at < mapping.end) return false;
        }
        return true;
    }

    Result<void> add_variables(std::size_t index) {
        Tcb tcb{};
        const std::uint64_t thread_pointer = threads_[index].thread_pointer;
        if (thread_pointer == 0) return {};
        const std::size_t got = MT_TRY(memory_.read(thread_pointer, &tcb, sizeof tcb));
        if (got != sizeof tcb || tcb.dtv <= kDtvEntry) return {};
        result_.dtvs.push_back({index, tcb.dtv - kDtvEntry});
        const Mapping* at = range_at(mappings_, thread_pointer);
        if (at == nullptr) return {};
        const std::uint64_t start = MT_TRY(first_variable(tcb.dtv, *at, thread_pointer));
        const std::uint64_t size = std::min(kControlBlock, at->end - thread_pointer);
        result_.variables.push_back({index, {start, thread_pointer + size}});
        return {};
    }

    // Of the blocks that lie right below the control block: each module's is in the list, and
    // nobody frees them.
    Result<std::uint64_t> first_variable(std::uint64_t dtv, const Mapping& mapping,
                                         std::uint64_t thread_pointer) {
        DtvEntry head{};
        std::uint64_t first = thread_pointer;
        std::size_t got = MT_TRY(memory_.read(dtv - kDtvEntry, &head, sizeof head));
        if (got != sizeof head) return first;
        std::vector<DtvEntry> entries(std::min(head.block, kMostModules));
        got = MT_TRY(memory_.read(dtv + kDtvEntry, entries.data(), entries.size() * kDtvEntry));
        entries.resize(got / kDtvEntry);
        for (const DtvEntry& entry : entries)
            if (entry.to_free == 0 && entry.block >= mapping.start)
                first = std::min(first, entry.block);
        return first;
    }

    // A stack of glibc's has its thread's control block at its end. Its guard is in no core.
    Result<void> look_for_ended(const Mapping& mapping) {
        if (mapping.end - mapping.start < kSmallest) return {};
        if (!mapping.writable || mapping.shared || !mapping.path.empty()) return {};
        const auto ended = MT_TRY(control_block(mapping));
        if (!ended || std::binary_search(pointers_.begin(), pointers_.end(), ended->tcb)) return {};
        if (ended->dtv > kDtvEntry) result_.dtvs.push_back({{}, ended->dtv - kDtvEntry});
        result_.dead.push_back({mapping.start, mapping.end});
        return {};
    }

    Result<std::optional<Tcb>> control_block(const Mapping& mapping) {
        std::array<std::uint64_t, kSearched / 8> words{};
        const std::uint64_t from = mapping.end - kSearched;
        if (mapping.end - mapping.start < kSearched) return std::nullopt;
        const std::size_t got = MT_TRY(memory_.read(from, words.data(), kSearched));
        if (got != kSearched) return std::nullopt;
        for (std::size_t i = 0; i + 2 < words.size(); i += kAlignment / 8) {
            const std::uint64_t here = from + i * 8;
            if (words[i] == here && words[i + 2] == here)
                return Tcb{here, words[i + 1], words[i + 2]};
        }
        return std::nullopt;
    }

    Memory& memory_;
    const std::vector<Mapping>& mappings_;
    const std::vector<StackThread>& threads_;
    const std::uint64_t main_stack_;
    std::vector<std::uint64_t> pointers_;  // ascending
    Stacks result_;
};

}  // namespace

Result<Stacks> find_stacks(Memory& memory, const std::vector<Mapping>& mappings,
                           const std::vector<StackThread>& threads, std::uint64_t main_stack) {
    return StackFinder(memory, mappings, threads, main_stack).run();
}

}  // namespace mt::core
