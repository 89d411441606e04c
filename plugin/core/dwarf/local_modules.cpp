// SPDX-License-Identifier: MIT
//
// See local_modules.h.
#include "dwarf/local_modules.h"

namespace mt::core {
namespace {

// It may be another file by now than the one that was found.
std::shared_ptr<ModuleFile> open_debug(FoundFiles& found, const std::string& build_id) {
    auto file = found.debug.empty() ? nullptr : ModuleFile::open(found.debug);
    if (file == nullptr || file->build_id() != build_id) return nullptr;
    if (file->dwarf() == nullptr) {
        found.looked_at.push_back({found.debug, file->trouble()});
        return nullptr;
    }
    const auto& wanted = file->alternate();
    auto alternate =
        wanted && !found.alternate.empty() ? ModuleFile::open(found.alternate) : nullptr;
    if (alternate != nullptr && alternate->build_id() == wanted->build_id)
        file->use_alternate(std::move(alternate));
    return file;
}

}  // namespace

bool LocalModules::look_in(SearchPlaces places) {
    if (places == places_) return false;
    places_ = std::move(places);
    forget();
    return true;
}

void LocalModules::forget() {
    found_.clear();
    open_.clear();
    open_bytes_ = open_files_ = 0;
}

const FoundFiles& LocalModules::find(const Module& module) {
    const auto [entry, is_new] = found_.try_emplace(key_of(module));
    if (is_new) entry->second = find_files(module, places_);
    return entry->second;
}

void LocalModules::make_room(std::uint64_t bytes) {
    if (open_bytes_ + bytes > kMostBytes || open_files_ >= kMostFiles) {
        std::erase_if(open_, [](const auto& one) { return one.second != nullptr; });
        open_bytes_ = open_files_ = 0;
    }
    open_bytes_ += bytes;
    ++open_files_;
}

Result<std::unique_ptr<FileCode>> LocalModules::open(const Module& module,
                                                     const Interrupted& interrupted) {
    find(module);
    auto file = open_debug(found_[key_of(module)], module.build_id);
    if (file == nullptr) return nullptr;
    make_room(file->debug_bytes());
    auto code = std::make_unique<FileCode>(std::move(file), interrupted);
    if (code->was_interrupted()) return interrupted_error();
    return code;
}

Result<std::vector<RawFrame>> LocalModules::frames(const Module& module, std::uint64_t address,
                                                   const Interrupted& interrupted) {
    const Key key = key_of(module);
    auto known = open_.find(key);
    if (known == open_.end()) {
        auto code = MT_TRY(open(module, interrupted));
        known = open_.emplace(key, std::move(code)).first;
    }
    if (known->second == nullptr) return std::vector<RawFrame>();
    return known->second->frames(address, interrupted);
}

}  // namespace mt::core
