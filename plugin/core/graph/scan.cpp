// SPDX-License-Identifier: MIT
//
// See scan.h. Pieces are taken one after another by whichever thread is free; what each has
// stands in its own place, so the order of the pieces is that of the result.
#include "graph/scan.h"

#include <signal.h>

#include <algorithm>
#include <atomic>
#include <mutex>
#include <new>
#include <optional>
#include <string>
#include <system_error>
#include <thread>
#include <utility>

namespace mt::core::graph {
namespace {

constexpr std::uint32_t kBlocks = kNone;  // the owner of pieces that belong to the blocks in them

constexpr std::uint64_t kMostBytes = std::uint64_t{1} << 42;  // 4 Mi pieces

Result<void> too_much(const Extent& extent) {
    return fail(Code::refused,
                "blocks and roots have more than 4 TiB; one of " + std::to_string(extent.size) +
                    " bytes exceeds it",
                extent.address);
}

// While it lives this thread has no signals, nor has one that it starts: a debugger's handlers
// are for the debugger's own threads.
class NoSignals {
  public:
    NoSignals() {
        sigset_t all;
        sigfillset(&all);
        pthread_sigmask(SIG_SETMASK, &all, &before_);
    }
    ~NoSignals() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
    NoSignals(const NoSignals&) = delete;
    NoSignals& operator=(const NoSignals&) = delete;

  private:
    sigset_t before_;
};

// What a piece has in it.
struct Found {
    std::vector<Target> targets;
    std::vector<RootEdge> root_edges;
    std::vector<Extent> unreadable;
};

// What a thread works with.
struct Desk {
    std::vector<std::uint64_t> words = std::vector<std::uint64_t>(kPiece / kWord);
    std::vector<Pointer> pointers;
    std::vector<Target> targets;
    std::vector<RootEdge> root_edges;
};

class Scan {
  public:
    Scan(const BlockIndex& index, const std::vector<Root>& roots, const Read& read,
         const ScanOptions& options, const Interrupted& interrupted)
        : index_(index),
          roots_(roots),
          read_(read),
          options_(options),
          interrupted_(interrupted),
          finder_(index, options.rules) {}

    Result<Scanned> run();

  private:
    Result<void> check_bytes() const;
    Result<void> make_pieces();
    Result<void> work_through();
    void work(bool asks);
    Result<void> work_on_pieces(bool asks);
    Result<void> look_at(std::size_t piece, Desk& desk);
    void sort_out(const Piece& piece, Desk& desk);
    void add_edges(Number from, std::span<const Target> targets);
    void stop_with(Error error);
    void add_words();
    Result<void> put_together_edges();
    Result<void> check_edges() const;

    const BlockIndex& index_;
    const std::vector<Root>& roots_;
    const Read& read_;
    const ScanOptions& options_;
    const Interrupted& interrupted_;
    const PointerFinder finder_;

    std::vector<Piece> pieces_;
    std::vector<Found> found_;  // by piece
    std::atomic<std::size_t> next_{0};
    std::atomic<std::uint64_t> edges_{0}, root_edges_{0};
    std::atomic<bool> stopped_{false}, no_memory_{false};
    std::mutex error_lock_;
    std::optional<Error> error_;  // the first
    Scanned result_;
};

// A damaged size must not make a list of pieces that no machine can hold.
Result<void> Scan::check_bytes() const {
    std::uint64_t bytes = 0;
    const auto add = [&](const Extent& extent) {
        const bool fits = extent.size <= kMostBytes && extent.address + extent.size >= extent.size;
        bytes = fits ? std::min(bytes + extent.size, kMostBytes + 1) : kMostBytes + 1;
        return bytes <= kMostBytes;
    };
    for (const Extent& block : index_.blocks())
        if (!add(block)) return too_much(block);
    for (const Root& root : roots_)
        if (!add(root.range)) return too_much(root.range);
    return {};
}

Result<void> Scan::make_pieces() {
    MT_TRY(check_bytes());
    pieces_ = MT_TRY(pieces_of(index_, kBlocks, interrupted_));
    for (std::uint32_t i = 0; i < roots_.size(); ++i) {
        add_pieces(roots_[i].range, i, pieces_);
    }
    found_.resize(pieces_.size());
    return {};
}

void Scan::stop_with(Error error) {
    const std::lock_guard<std::mutex> lock(error_lock_);
    if (!error_) error_ = std::move(error);
    stopped_ = true;
}

Result<void> Scan::check_edges() const {
    if (options_.most_edges != 0 && edges_ > options_.most_edges)
        return fail(Code::refused, "there are more than " + std::to_string(options_.most_edges) +
                                       " pointers between blocks");
    if (root_edges_ > kMostRootEdges)
        return fail(Code::refused, "there are more than " + std::to_string(kMostRootEdges) +
                                       " pointers from roots");
    return {};
}

Result<void> Scan::work_on_pieces(bool asks) {
    Desk desk;
    while (!stopped_) {
        stop_without_memory();
        if (asks && options_.progress) options_.progress(next_, pieces_.size());
        if (asks && interrupted_ && interrupted_()) return interrupted_error();
        const std::size_t piece = next_++;
        if (piece >= pieces_.size()) break;
        MT_TRY(look_at(piece, desk));
        MT_TRY(check_edges());
    }
    return {};
}

// Nothing may leave a thread but its return.
void Scan::work(bool asks) {
    try {
        auto done = work_on_pieces(asks);
        if (!done) stop_with(std::move(done.error()));
    } catch (const std::bad_alloc&) {
        no_memory_ = true;
        stopped_ = true;
    }
}

// The words of a piece, with where they may be said to be.
Result<void> Scan::look_at(std::size_t i, Desk& desk) {
    const Piece& piece = pieces_[i];
    Found& found = found_[i];
    const std::span<std::uint64_t> words(desk.words.data(), piece.size / kWord);
    MT_TRY(read_words(read_, piece.address, words, found.unreadable));
    desk.pointers.clear();
    finder_.find(words, desk.pointers);
    desk.targets.clear();
    desk.root_edges.clear();
    sort_out(piece, desk);
    found.targets.assign(desk.targets.begin(), desk.targets.end());
    found.root_edges.assign(desk.root_edges.begin(), desk.root_edges.end());
    edges_ += desk.targets.size();
    root_edges_ += desk.root_edges.size();
    return {};
}

// Each pointer to the block that holds it, or to the root; what neither has stays out.
void Scan::sort_out(const Piece& piece, Desk& desk) {
    const std::vector<Extent>& blocks = index_.blocks();
    // The last that begins at or before the word, and its first target.
    Number holder = std::max(index_.last_by(piece.address) + 1, 1u) - 1;
    std::size_t first = 0;
    const auto go_to = [&](std::uint64_t slot) {
        for (; holder + 1 < blocks.size() && blocks[holder + 1].address <= slot; ++holder) {
            add_edges(holder, std::span(desk.targets).subspan(first));
            first = desk.targets.size();
        }
    };
    for (const Pointer& pointer : desk.pointers) {
        const std::uint64_t slot = piece.address + pointer.position * kWord;
        go_to(slot);
        const std::uint64_t offset = slot - blocks[holder].address;
        const bool in_block = offset < blocks[holder].size && blocks[holder].size - offset >= kWord;
        if (piece.owner != kBlocks) {
            if (!in_block) desk.root_edges.push_back({slot, piece.owner, pointer.target});
            continue;
        }
        if (!in_block || block_of(pointer.target) == holder) continue;
        if (desk.targets.size() > first && desk.targets.back() == pointer.target) continue;
        desk.targets.push_back(pointer.target);
    }
    add_edges(holder, std::span(desk.targets).subspan(first));
}

// Two pieces may have a block in common. The number of a block's edges stands behind its offset.
void Scan::add_edges(Number from, std::span<const Target> targets) {
    if (targets.empty()) return;
    std::atomic_ref<std::uint64_t> count(result_.edges.offsets[from + 1]);
    count.fetch_add(targets.size(), std::memory_order_relaxed);
}

Result<void> Scan::work_through() {
    const unsigned cores = std::max(1u, std::thread::hardware_concurrency());
    const std::size_t wanted = options_.threads == 0 ? cores : options_.threads;
    std::vector<std::thread> helpers;
    helpers.reserve(wanted);
    try {
        const NoSignals none;
        while (helpers.size() + 1 < std::min(wanted, pieces_.size()))
            helpers.emplace_back([this] { work(false); });
    } catch (const std::system_error&) {
        // A limit of threads: those that there are do it.
    } catch (const std::bad_alloc&) {
        // The same.
    }
    work(true);
    for (std::thread& helper : helpers) helper.join();
    if (no_memory_) throw std::bad_alloc();
    if (error_) return fail(std::move(*error_));
    return {};
}

void Scan::add_words() {
    std::vector<Pointer> pointers;
    for (std::uint32_t i = 0; i < roots_.size(); ++i) {
        if (roots_[i].range.size != 0) continue;
        pointers.clear();
        finder_.find({&roots_[i].word, 1}, pointers);
        for (const Pointer& pointer : pointers)
            result_.root_edges.push_back({0, i, pointer.target});
    }
}

Result<void> Scan::put_together_edges() {
    Edges& edges = result_.edges;
    Stride stop(interrupted_);
    std::uint64_t end = 0;
    for (std::uint64_t& offset : edges.offsets) {
        if (stop()) return interrupted_error();
        end += offset;
        offset = end;
    }
    edges.targets.reserve(end);
    result_.root_edges.reserve(root_edges_);
    Coverage& coverage = result_.coverage;
    for (Found& found : found_) {
        if (interrupted_ && interrupted_()) return interrupted_error();
        edges.targets.insert(edges.targets.end(), found.targets.begin(), found.targets.end());
        result_.root_edges.insert(result_.root_edges.end(), found.root_edges.begin(),
                                  found.root_edges.end());
        coverage.unreadable.insert(coverage.unreadable.end(), found.unreadable.begin(),
                                   found.unreadable.end());
        found = {};
    }
    return {};
}

Result<Scanned> Scan::run() {
    result_.edges.offsets.resize(std::size_t{index_.size()} + 1);
    MT_TRY(make_pieces());
    MT_TRY(work_through());
    MT_TRY(put_together_edges());
    add_words();
    std::stable_sort(result_.root_edges.begin(), result_.root_edges.end(),
                     [](const RootEdge& a, const RootEdge& b) { return a.root < b.root; });
    Coverage& coverage = result_.coverage;
    for (const Piece& piece : pieces_) coverage.bytes_read += piece.size;
    for (const Extent& hole : coverage.unreadable) coverage.bytes_read -= hole.size;
    put_together(coverage.unreadable);
    for (const Extent& hole : coverage.unreadable) coverage.bytes_unreadable += hole.size;
    return std::move(result_);
}

}  // namespace

Result<Scanned> scan(const BlockIndex& index, const std::vector<Root>& roots, const Read& read,
                     const ScanOptions& options, const Interrupted& interrupted) {
    return Scan(index, roots, read, options, interrupted).run();
}

}  // namespace mt::core::graph
