// SPDX-License-Identifier: MIT
//
// See site_modules.h.
#include "types/site/site_modules.h"

namespace mt::core::site {
namespace {

std::shared_ptr<ModuleFile> opened(const std::string& path, const std::string& build_id) {
    auto file = path.empty() ? nullptr : ModuleFile::open(path);
    return file == nullptr || file->build_id() != build_id ? nullptr : file;
}

}  // namespace

Result<SiteTypes*> SiteModules::of(const Module& module, const FoundFiles& files,
                                   const Interrupted& interrupted) {
    if (module.build_id.empty() || files.file.empty() || files.debug.empty()) return nullptr;
    const Key key{files.file, files.debug};
    if (const auto known = open_.find(key); known != open_.end()) return known->second.get();
    auto file = opened(files.file, module.build_id);
    auto debug = files.debug == files.file ? file : opened(files.debug, module.build_id);
    const bool is_known = file != nullptr && debug != nullptr && debug->dwarf() != nullptr;
    if (is_known && debug->alternate())
        debug->use_alternate(opened(files.alternate, debug->alternate()->build_id));
    const std::uint64_t bytes = is_known ? debug->debug_bytes() : 0;
    if (open_bytes_ + bytes > kMostBytes || open_.size() >= kMostFiles) {
        open_.clear();
        open_bytes_ = 0;
    }
    std::unique_ptr<SiteTypes> made;
    if (is_known)
        made = std::make_unique<SiteTypes>(std::move(file), std::move(debug), interrupted);
    if (made != nullptr && made->was_interrupted()) return interrupted_error();
    open_bytes_ += bytes;
    return open_.emplace(key, std::move(made)).first->second.get();
}

}  // namespace mt::core::site
