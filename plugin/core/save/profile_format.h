// SPDX-License-Identifier: MIT
//
// pprof's profile.proto as numbers (https://github.com/google/pprof/tree/main/proto),
// and the names that ours uses inside it (docs/files.md). Nothing that runs.
#ifndef MEMTRACE_CORE_SAVE_PROFILE_FORMAT_H
#define MEMTRACE_CORE_SAVE_PROFILE_FORMAT_H

#include <cstdint>
#include <string_view>

namespace mt::core::format {

// Fields of Profile.
enum Profile : std::uint32_t {
    kSampleType = 1,
    kSample = 2,
    kMapping = 3,
    kLocation = 4,
    kFunction = 5,
    kStringTable = 6,
    kDropFrames = 7,
    kTimeNanos = 9,
    kPeriodType = 11,
    kPeriod = 12,
    kComment = 13,
    kDefaultSampleType = 14,
};
enum ValueType : std::uint32_t { kType = 1, kUnit = 2 };
// The last two are ours, packed, of each block of the sample: sint64, how far its address is
// from the one before (the first: from 0); uint64, its stamp (abi/stamp.h). Other readers pass
// over fields that they do not know.
enum Sample : std::uint32_t {
    kLocationIds = 1,
    kValues = 2,
    kLabel = 3,
    kAddresses = 1001,
    kStamps = 1002,
};
enum Label : std::uint32_t { kKey = 1, kText = 2, kNumber = 3, kNumberUnit = 4 };
enum Mapping : std::uint32_t {
    kMappingId = 1,
    kStart = 2,
    kLimit = 3,
    kOffset = 4,
    kFile = 5,
    kBuildId = 6,
    kHasFunctions = 7,
    kHasFilenames = 8,
    kHasLines = 9,
    kHasInlined = 10,
};
enum Location : std::uint32_t { kLocationId = 1, kLocationMapping = 2, kAddress = 3, kLine = 4 };
enum Line : std::uint32_t { kLineFunction = 1, kLineNumber = 2 };
enum Function : std::uint32_t { kFunctionId = 1, kName = 2, kSystemName = 3, kFilename = 4 };

// Sample types; the last two only of a sampled snapshot.
inline constexpr std::string_view kAllocObjects = "alloc_objects", kAllocSpace = "alloc_space",
                                  kInuseObjects = "inuse_objects", kInuseSpace = "inuse_space",
                                  kPeakObjects = "peak_objects", kPeakSpace = "peak_space",
                                  kTemporaryObjects = "temporary_objects", kSamples = "samples",
                                  kPeakSamples = "peak_samples";

// Labels of a sample.
inline constexpr std::string_view kDomain = "domain",  // number; absent = 0
    kStack = "stack",               // number: a reserved stack id; the frames say it in words
    kEnd = "end",                   // text: "cut" or "broken"; absent = complete
    kTotalFrames = "total_nframe",  // number
    kFreeObjects = "free_objects",  // number, only where it is not alloc - inuse
    kFreeSpace = "free_space",      // the same in bytes
    kBytes = "bytes",               // number: size of each block; marks a sample of blocks
    kBlocks = "blocks",             // number of them, only where the figures do not say it
    kBlockDomain = "block_domain";  // number, only where it is not the traceback's
inline constexpr std::string_view kCut = "cut", kBroken = "broken";

// Beginnings of comments: JSON follows.
inline constexpr std::string_view kDescription = "memtrace ";
inline constexpr std::string_view kAttributes = "memtrace-attributes ";

}  // namespace mt::core::format

#endif
