// SPDX-License-Identifier: MIT
//
// Builds a table as the runtime would leave it, into a FakeMemory. Valid by
// default; a test makes its one deviation afterwards, at the addresses that the
// builder tells. Not a second runtime: it knows the layout, not the hooks.
#ifndef MEMTRACE_TESTS_SUPPORT_TABLE_BUILDER_H
#define MEMTRACE_TESTS_SUPPORT_TABLE_BUILDER_H

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "abi/layout.h"
#include "support/fake_memory.h"

namespace mt::test {

struct Strides {  // what the header states and the rows are apart
    std::uint32_t node = sizeof(abi::Node);
    std::uint32_t stack = sizeof(abi::Stack);
    std::uint32_t module = sizeof(abi::Module);
    std::uint32_t thread = sizeof(abi::Thread);
    std::uint32_t record = sizeof(abi::Record);
    std::uint32_t tracked = sizeof(abi::Tracked);
    std::uint32_t shard = sizeof(abi::Shard);
    std::uint32_t region = sizeof(abi::Region);
    std::uint32_t context = sizeof(abi::Context);
};

class TableBuilder {
  public:
    using Address = std::uint64_t;

    // Tracing on, generation 1, frame limit 32, one module, one shard.
    explicit TableBuilder(const Strides& strides = {});
    TableBuilder(const TableBuilder&) = delete;
    TableBuilder& operator=(const TableBuilder&) = delete;

    // --- what belongs to the process ---
    std::uint16_t add_module(std::string_view path, Address start, Address end,
                             std::string_view build_id_bytes = {});
    // Return addresses, innermost first; interned. `ending` is one of the depot's roots.
    std::uint32_t add_stack(const std::vector<Address>& pcs, std::uint16_t module = 1,
                            std::uint32_t ending = abi::kRootComplete, std::uint32_t domain = 0);
    abi::Thread& add_thread(std::string_view name, std::uint32_t tid);
    void add_loss(std::string_view name, std::uint64_t total, std::uint64_t before_state = 0);

    // --- what belongs to the state ---
    std::size_t add_shard();  // shard 0 is there from the start
    abi::Shard& shard(std::size_t index) { return shards_[index]->data; }
    abi::Record& record(std::uint32_t id, std::size_t shard = 0);
    abi::Record& weighted(std::uint32_t id, std::size_t shard = 0);
    // From now on blocks of ordinary tracebacks are a sample.
    void sample(std::uint64_t mean);
    // A word where the runtime would put it: line, granule, fine leaf.
    void add_block(Address address, std::uint64_t size, std::uint32_t id);
    // Of kDomainLarge: the size of a large block. Others stand in part domain % kTrackedParts.
    void add_tracked(std::uint32_t domain, Address key, std::uint64_t size, std::uint32_t id);
    // An empty region with nothing in it, so that its address is known.
    Address add_region(Address inside);

    // --- events, as the runtime counts them: records, block, peak ---
    Address allocate(std::uint32_t id, std::uint64_t size, std::size_t shard = 0);
    void allocate_at(Address address, std::uint32_t id, std::uint64_t size, std::size_t shard = 0);
    void release(Address address, std::size_t shard = 0);
    void track(std::uint32_t domain, std::uint64_t key, std::uint32_t id, std::uint64_t size,
               std::size_t shard = 0);
    void reset_peak();

    // --- threads in the middle of something ---
    abi::Context& add_context(std::size_t shard = 0);
    abi::Context& context(std::size_t index) { return contexts_[index]->data; }
    static void add_ring(abi::Context& context, abi::Op op, std::uint32_t id, std::uint64_t size,
                         std::uint32_t generation = 1);

    // Threads with events, however many, had none at the same time.
    bool threads_took_turns = false;
    // Writes everything. Afterwards the addresses below hold; may be called again.
    FakeMemory build();

    // Recomputes the header's checksum after a change of its constant part.
    static void seal(FakeMemory& memory, Address header);

    // --- addresses ---
    Address root_address() const { return kRoot; }
    Address header_address() const { return kHeader; }
    Address state_address() const { return kState; }
    Address node_address(std::uint64_t index) const;
    Address stack_address(std::uint64_t id) const;
    Address module_address(std::uint64_t index) const;
    Address thread_address(std::uint64_t row) const;
    Address shard_address(std::size_t index) const { return shards_[index]->address; }
    Address middle_address(std::uint32_t id, std::size_t shard = 0);
    Address record_address(std::uint32_t id, std::size_t shard = 0);
    Address weighted_address(std::uint32_t id, std::size_t shard = 0);
    Address context_address(std::size_t index) const { return contexts_[index]->address; }
    Address region_address(Address inside) const;
    // Of the word that holds the block; 0 = none. After build().
    Address word_address(Address block) const;
    std::uint64_t word(Address block) const;  // as the runtime would write it
    Address tracked_address() const { return kTracked; }
    static Address part_address(std::uint32_t part) {
        return kTrackedParts + (part + 1) * 0x1000000;
    }

    // The fixed parts; build() fills in the pointers and counts.
    abi::Root root{};
    abi::Header header{};
    abi::State state{};

    static constexpr Address kRoot = 0x7ffff7fb0000;
    static constexpr Address kHeader = 0x7ffff0000000;
    static constexpr Address kState = 0x7ffff0010000;
    static constexpr Address kTracked = 0x7ffff0020000;
    static constexpr Address kTrackedParts = 0x7ffff1000000;
    static constexpr Address kModuleStart = 0x555555554000;  // of the module that is there
    static constexpr std::uint32_t kPid = 4242;

  private:
    struct Chunk {
        Address address = 0;
        alignas(16) std::array<abi::Record, abi::kRecordsPerChunk> records{};
    };
    struct Radix {
        std::map<std::uint32_t, Address> middles;
        std::map<std::uint32_t, Chunk> chunks;
    };
    struct ShardAt {
        Address address = 0;
        alignas(16) abi::Shard data{};
        Radix exact, weighted;
    };
    struct ContextAt {
        Address address = 0;
        alignas(16) abi::Context data{};
    };
    struct RegionAt {
        Address address = 0;
        std::map<std::uint32_t, Address> sheet[2];              // by number
        std::map<std::uint32_t, Address> fine;                  // by page
        std::unordered_map<std::uint32_t, std::uint32_t> used;  // words, by line
        std::set<std::uint32_t> groups;                         // of pages with granules
    };
    struct Live {
        std::uint64_t size = 0;
        std::uint32_t id = 0;
    };

    Address take(std::uint64_t size, std::uint64_t alignment = 4096);
    Chunk& chunk_of(Radix& radix, std::uint32_t id);
    void count(abi::Op op, std::uint32_t id, std::uint64_t size, std::size_t shard);
    void build_radix(FakeMemory& memory, const Radix& radix, abi::u64* top);
    void settle(std::int64_t change);
    void build_process(FakeMemory& memory);
    void build_names(FakeMemory& memory);
    void build_shards(FakeMemory& memory);
    void build_contexts(FakeMemory& memory);
    void build_blocks(FakeMemory& memory);
    void build_tracked(FakeMemory& memory);
    void write_tracked(FakeMemory& memory, Address address, const std::vector<abi::Tracked>& rows);
    void place(FakeMemory& memory, RegionAt& region, Address block);

    template <typename Row>
    void write_rows(FakeMemory& memory, const std::vector<Row>& rows, std::uint32_t per_chunk,
                    std::uint32_t stride, std::vector<Address>& chunks, abi::u64* directory);

    Strides strides_;
    Address next_ = 0x7fffd0000000;
    Address next_block_ = 0x555555800010;
    std::int64_t current_ = 0;
    std::vector<abi::Node> nodes_;
    std::vector<abi::Stack> stacks_;
    std::vector<abi::Module> modules_;
    std::vector<std::string> paths_;
    std::vector<abi::Thread> threads_;
    std::vector<abi::Tracked> tracked_, large_;
    std::vector<Address> node_chunks_, stack_chunks_, module_chunks_, thread_chunks_;
    std::map<std::pair<std::uint64_t, std::uint32_t>, std::uint32_t> node_of_;
    std::map<std::pair<std::uint32_t, std::uint32_t>, std::uint32_t> stack_of_;
    std::vector<std::unique_ptr<ShardAt>> shards_;
    std::vector<std::unique_ptr<ContextAt>> contexts_;
    std::map<Address, RegionAt> regions_;
    std::map<Address, Live> live_;
    std::map<Address, Address> word_at_;
    std::uint32_t losses_ = 0;
};

}  // namespace mt::test

#endif
