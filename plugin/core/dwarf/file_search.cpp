// SPDX-License-Identifier: MIT
//
// See file_search.h.
#include "dwarf/file_search.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string_view>
#include <system_error>

#include "dwarf/module_file.h"

namespace mt::core {
namespace {

std::string folder_of(const std::string& path) {
    const auto slash = path.rfind('/');
    return slash == std::string::npos ? "." : slash == 0 ? "/" : path.substr(0, slash);
}

std::string name_of(const std::string& path) { return path.substr(path.rfind('/') + 1); }

bool is_absolute(const std::string& path) { return !path.empty() && path.front() == '/'; }

std::string below(const std::string& folder, const std::string& path) {
    const bool has_slash = is_absolute(path) || (!folder.empty() && folder.back() == '/');
    return folder + (has_slash ? "" : "/") + path;
}

const char* variable(const char* name) {
    const char* value = std::getenv(name);
    return value == nullptr || *value == '\0' ? nullptr : value;
}

class Search {
  public:
    Search(const Module& module, const SearchPlaces& places)
        : module_(module), places_(places), id_(module.build_id) {}

    FoundFiles run() {
        find_file();
        if (found_.debug.empty()) find_debug();
        if (debug_ != nullptr) find_alternate();
        return std::move(found_);
    }

  private:
    // The file if it is of that build.
    std::shared_ptr<ModuleFile> look_at(const std::string& path, const std::string& build_id) {
        const auto same = [&path](const LookedAt& one) { return one.path == path; };
        auto& looked = found_.looked_at;
        if (std::any_of(looked.begin(), looked.end(), same)) return nullptr;
        auto file = ModuleFile::open(path);
        std::error_code none;
        const char* what = "";
        if (file == nullptr)
            what = std::filesystem::exists(path, none) ? "no ELF file" : "missing";
        else if (file->build_id() != build_id)
            what = "another build";
        else
            what = file->has_debug_info() ? "debug information" : "no debug information";
        looked.push_back({path, what});
        return file != nullptr && file->build_id() == build_id ? std::move(file) : nullptr;
    }

    bool take_file(const std::string& path) {
        const auto file = look_at(path, id_);
        if (file == nullptr) return false;
        found_.file = path;
        link_ = file->debug_link();
        if (file->has_debug_info()) take_debug(file);
        return true;
    }

    bool take_debug(const std::shared_ptr<ModuleFile>& file) {
        if (file == nullptr || !file->has_debug_info()) return false;
        found_.debug = file->path();
        debug_ = file;
        return true;
    }

    bool find_recorded(const std::string& path) {
        if (path.empty()) return false;
        if (!places_.sysroot.empty() && is_absolute(path) &&
            take_file(below(places_.sysroot, path)))
            return true;
        if (!places_.recorded) return false;
        if (is_absolute(path)) return take_file(path);
        for (const std::string& beginning : places_.beginnings)
            if (take_file(below(beginning, path))) return true;
        return false;
    }

    void find_file() {
        if (find_recorded(module_.file) || find_recorded(module_.path)) return;
        for (const std::string& folder : places_.file_folders)
            for (const std::string& path : {module_.path, module_.file})
                if (!path.empty() && take_file(below(folder, name_of(path)))) return;
        for (const std::string& cache : places_.caches)
            if (take_file(below(cache, id_ + "/executable"))) return;
    }

    // As GDB's manual has them, "Debugging Information in Separate Files".
    bool find_by_id(const std::string& id, std::string& found, std::shared_ptr<ModuleFile>& file) {
        std::vector<std::string> paths;
        const std::string name = "/.build-id/" + id.substr(0, 2) + "/" + id.substr(2) + ".debug";
        for (const std::string& folder : places_.debug_folders) {
            if (!places_.sysroot.empty()) paths.push_back(below(places_.sysroot, folder) + name);
            paths.push_back(folder + name);
        }
        for (const std::string& cache : places_.caches)
            paths.push_back(below(cache, id + "/debuginfo"));
        for (const std::string& path : paths) {
            auto one = look_at(path, id);
            if (one == nullptr || !one->has_debug_info()) continue;
            found = path;
            file = std::move(one);
            return true;
        }
        return false;
    }

    void find_debug() {
        if (find_by_id(id_, found_.debug, debug_) || link_.empty() || found_.file.empty()) return;
        const std::string folder = folder_of(found_.file);
        if (take_debug(look_at(below(folder, link_), id_))) return;
        if (take_debug(look_at(below(folder, ".debug/" + link_), id_))) return;
        if (!is_absolute(folder)) return;
        for (const std::string& debug : places_.debug_folders)
            if (take_debug(look_at(below(below(debug, folder), link_), id_))) return;
    }

    void find_alternate() {
        const auto& wanted = debug_->alternate();
        if (!wanted || wanted->build_id.size() < 3) return;
        std::shared_ptr<ModuleFile> file;
        const std::string path =
            is_absolute(wanted->name) ? wanted->name : below(folder_of(found_.debug), wanted->name);
        if (!places_.sysroot.empty() && is_absolute(wanted->name))
            if (look_at(below(places_.sysroot, path), wanted->build_id) != nullptr)
                found_.alternate = below(places_.sysroot, path);
        if (found_.alternate.empty() && look_at(path, wanted->build_id) != nullptr)
            found_.alternate = path;
        if (found_.alternate.empty()) find_by_id(wanted->build_id, found_.alternate, file);
    }

    const Module& module_;
    const SearchPlaces& places_;
    const std::string& id_;
    FoundFiles found_;
    std::string link_;
    std::shared_ptr<ModuleFile> debug_;
};

}  // namespace

std::vector<std::string> debuginfod_caches() {
    if (const char* path = variable("DEBUGINFOD_CACHE_PATH")) return {path};
    std::vector<std::string> caches;
    const char* home = variable("HOME");
    if (const char* folder = variable("XDG_CACHE_HOME"))
        caches.push_back(below(folder, "debuginfod_client"));
    else if (home != nullptr)
        caches.push_back(below(home, ".cache/debuginfod_client"));
    if (home != nullptr) caches.push_back(below(home, ".debuginfod_client_cache"));
    return caches;
}

FoundFiles find_files(const Module& module, const SearchPlaces& places) {
    if (module.build_id.size() < 3) return {};
    return Search(module, places).run();
}

}  // namespace mt::core
