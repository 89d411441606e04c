// SPDX-License-Identifier: MIT
//
// Writes the corpus that fuzz_profile begins with: snapshots with everything in
// them, saved, and the profiles of other tools; each as it is and unpacked, since
// what is inside a gzip file is out of a fuzzer's reach.
//   profile_corpus FOLDER PROFILE…
#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>

#include "save/byte_source.h"
#include "unit/core_save_tables.h"

namespace {

namespace fs = std::filesystem;
using namespace mt::core;

constexpr std::size_t kMost = 64 << 20;

bool write(const fs::path& file, std::string_view bytes) {
    std::ofstream out(file, std::ios::binary);
    out.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    return out.good();
}

bool write_both(const fs::path& folder, const std::string& name, const std::string& bytes) {
    ByteSource source(bytes);
    const auto plain = source.look(kMost);
    return plain && write(folder / name, bytes) && write(folder / (name + ".plain"), *plain);
}

std::string saved_table(test::TraceBook& book, const std::string& attributes) {
    Symboliser symboliser;
    Resolver resolver(symboliser, book.table, {&book.code, false});
    SaveOptions options;
    options.attributes_json = attributes;
    return test::saved(resolver, options);
}

test::TraceBook sampled() {
    test::TraceBook book = test::rich();
    book.table.status.sampling = true;
    book.table.status.sample_bytes = 4096;
    book.table.has_blocks = true;
    for (Trace& trace : book.table.traces) {
        trace.samples = 2;
        for (std::uint64_t i = 0; i < 3; ++i)
            book.table.blocks.push_back(
                {i * 64, 8 + i % 2, trace.id, book.table.place_of({trace.domain, 0})});
    }
    return book;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc < 2) {
        std::cerr << "usage: profile_corpus FOLDER PROFILE...\n";
        return 2;
    }
    const fs::path folder = argv[1];
    fs::create_directories(folder);
    test::TraceBook rich = test::rich();
    test::TraceBook with_samples = sampled();
    test::TraceBook empty;
    bool good = write_both(folder, "rich", saved_table(rich, "")) &&
                write_both(folder, "sampled", saved_table(with_samples, R"({"a":[1]})")) &&
                write_both(folder, "empty", saved_table(empty, ""));
    for (int i = 2; i < argc && good; ++i) {
        std::ifstream in(argv[i], std::ios::binary);
        std::ostringstream bytes;
        bytes << in.rdbuf();
        good = in.good() && write_both(folder, fs::path(argv[i]).filename(), bytes.str());
    }
    if (!good) std::cerr << "profile_corpus: cannot write the corpus to " << folder << '\n';
    return good ? 0 : 1;
}
