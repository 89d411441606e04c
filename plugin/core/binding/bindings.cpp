// SPDX-License-Identifier: MIT
#include "binding/bindings.h"

#include <algorithm>
#include <cstring>
#include <map>
#include <optional>

namespace mt::core {
namespace {

constexpr std::size_t kPiece = 64u << 10;

std::string base_name(const std::string& path) { return path.substr(path.rfind('/') + 1); }
bool begins(const std::string& text, const char* start) {
    return text.compare(0, std::strlen(start), start) == 0;
}
bool is_libc(const std::string& path) { return begins(base_name(path), "libc.so.6"); }
// Mapped by the kernel; defines nothing of the family.
bool is_vdso(const std::string& path) { return begins(path, "linux-vdso"); }
bool is_loader(const std::string& path) { return begins(base_name(path), "ld-linux"); }

Sanitizer sanitizer_of(const ElfModule& module) {
    constexpr std::pair<FamilyName, Sanitizer> kKinds[] = {{kAsan, Sanitizer::address},
                                                           {kHwasan, Sanitizer::hardware_address},
                                                           {kMsan, Sanitizer::memory},
                                                           {kTsan, Sanitizer::thread},
                                                           {kLsan, Sanitizer::leak}};
    for (const auto& [name, kind] : kKinds)
        if (module.defined[name] != 0) return kind;
    return Sanitizer::none;
}

// One look at everything.
class Look {
  public:
    struct Item {
        const LoadedModule* loaded;
        ElfModule module;
    };
    Look(Memory& memory, const TargetFiles& files, std::vector<Item> items, std::uint64_t root)
        : memory_(memory), files_(files), items_(std::move(items)), root_(root) {}

    Findings run() {
        find_runtime();
        is_attached_ = leads_to_runtime();
        for (std::uint8_t name = 0; name < kFamily; ++name) find_first(name);
        for (const Item& item : items_) look_at(item);
        return std::move(found_);
    }

  private:
    std::string name_of(const Item& item) const {
        if (!item.loaded->path.empty()) return base_name(item.loaded->path);
        return files_.executable.empty() ? "the program" : base_name(files_.executable);
    }

    void find_runtime() {
        for (const Item& item : items_) {
            for (std::uint8_t name = 0; name < kFamily; ++name)
                if (item.module.defined[name] != 0)
                    definitions_.emplace(item.module.defined[name], &item);
            if (item.module.defined[kRoot] == 0) continue;
            if (item.module.defined[kRoot] == root_)
                runtime_ = &item;
            else
                found_.copies.push_back(item.loaded->path);
        }
    }

    // The runtime was opened late, and the modules' words were redirected to it (mt attach).
    bool leads_to_runtime() {
        const auto is_behind_libc = [this] {
            for (const Item& item : items_) {
                if (&item == runtime_) return false;
                if (is_libc(item.loaded->path)) return true;
            }
            return false;
        };
        if (runtime_ == nullptr || !is_behind_libc()) return false;
        return std::any_of(items_.begin(), items_.end(), [this](const Item& item) {
            return &item != runtime_ &&
                   std::any_of(item.module.slots.begin(), item.module.slots.end(),
                               [this](const BoundSlot& slot) { return bound_to_runtime(slot); });
        });
    }
    bool bound_to_runtime(const BoundSlot& slot) {
        std::uint64_t bound = 0;
        return read_whole(memory_, slot.address, &bound, sizeof bound) && bound != 0 &&
               bound == runtime_->module.defined[slot.name];
    }

    // The definition that the program's look-ups find.
    void find_first(std::uint8_t name) {
        for (const Item& item : items_) {
            if (item.loaded->space != 0 || is_vdso(item.loaded->path)) continue;
            if (!item.module.known) return;  // told by look_at()
            if (item.module.defined[name] == 0) continue;
            first_[name] = item.module.defined[name];
            // Of a program that was attached to: only what it calls directly is not redirected.
            const bool is_hidden = is_attached_ && item.loaded->path.empty();
            if (&item != runtime_ && (!is_attached_ || is_hidden)) own(item, name, is_hidden);
            return;
        }
    }
    void own(const Item& item, std::uint8_t name, bool hidden) {
        const std::string module = name_of(item);
        auto at = std::find_if(found_.owners.begin(), found_.owners.end(), [&](const Owner& owner) {
            return owner.module == module && owner.is_hidden == hidden;
        });
        if (at == found_.owners.end()) {
            Owner owner;
            owner.module = module;
            owner.is_program = item.loaded->path.empty();
            owner.is_libc = is_libc(item.loaded->path);
            owner.is_hidden = hidden;
            owner.sanitizer = sanitizer_of(item.module);
            owner.passes_on = !hidden && knows_ours(item.module, name);
            at = found_.owners.insert(found_.owners.end(), std::move(owner));
        }
        at->names.push_back(name);
    }

    // A wrapper keeps the address of what it calls among its variables.
    bool knows_ours(const ElfModule& module, std::uint8_t name) {
        const std::uint64_t ours = runtime_ == nullptr ? 0 : runtime_->module.defined[name];
        std::vector<std::uint64_t> words(kPiece / 8);
        for (std::uint64_t at = module.data_start & ~7ull; ours != 0 && at < module.data_end;
             at += kPiece) {
            const auto size =
                static_cast<std::size_t>(std::min<std::uint64_t>(kPiece, module.data_end - at));
            const auto got = memory_.read(at, words.data(), size);
            if (!got || *got < 8) return false;
            const auto end = words.begin() + static_cast<std::ptrdiff_t>(*got / 8);
            if (std::find(words.begin(), end, ours) != end) return true;
        }
        return false;
    }

    void look_at(const Item& item) {
        const std::string& path = item.loaded->path;
        if (is_vdso(path) || &item == runtime_) return;
        if (!item.module.known) {
            found_.unknown.push_back(name_of(item));
            return;
        }
        for (std::uint8_t name = 0; name < kFamily; ++name)
            if (item.module.hidden[name] != 0) own(item, name, true);
        const bool is_ours_too = item.module.defined[kRoot] != 0;
        const bool is_base = item.loaded->space != 0 && (is_libc(path) || is_loader(path));
        if (is_ours_too || is_base) return;
        if (const Item* target = bound_elsewhere(item))
            found_.elsewhere.push_back({name_of(item), name_of(*target), item.loaded->space != 0});
    }

    const Item* bound_elsewhere(const Item& item) {
        for (const BoundSlot& slot : item.module.slots) {
            std::uint64_t bound = 0;
            if (!read_whole(memory_, slot.address, &bound, sizeof bound)) continue;
            const bool is_first =
                item.loaded->space == 0 && !is_attached_ && bound == first_[slot.name];
            if (is_first || (runtime_ != nullptr && bound == runtime_->module.defined[slot.name]))
                continue;
            const auto at = definitions_.find(bound);
            if (at != definitions_.end() && at->second != runtime_) return at->second;
        }
        return nullptr;
    }

    Memory& memory_;
    const TargetFiles& files_;
    const std::vector<Item> items_;
    const std::uint64_t root_;
    const Item* runtime_ = nullptr;
    bool is_attached_ = false;
    std::map<std::uint64_t, const Item*> definitions_;
    std::array<std::uint64_t, kFamily> first_{};
    Findings found_;
};

}  // namespace

const ElfModule& Bindings::module_of(Memory& memory, const LoadedModule& loaded,
                                     const TargetFiles& files) {
    for (const Known& known : known_)
        if (known.loaded == loaded) return known.module;
    std::string file;
    if (files.is_local) file = loaded.path.empty() ? files.executable : loaded.path;
    if (file.empty() || file.front() != '/') file.clear();
    known_.push_back({loaded, read_module(memory, loaded, file, files.is_core)});
    return known_.back().module;
}

Result<Findings> Bindings::look(Memory& memory, const Status& status, const TargetFiles& files) {
    Findings none;
    if (status.loaded == 0) return none;  // a runtime that does not say, or nobody asked it yet
    const Identity& now = status.identity;
    if (now.cookie != process_.cookie || now.pid != process_.pid) known_.clear();
    process_ = now;
    const auto loaded = MT_TRY(loaded_modules(memory, status.loaded));
    none.no_list = loaded.empty();
    if (loaded.empty()) return none;
    std::erase_if(known_, [&](const Known& known) {
        return std::find(loaded.begin(), loaded.end(), known.loaded) == loaded.end();
    });
    std::vector<Look::Item> items;
    for (const LoadedModule& module : loaded) {
        items.push_back({&module, module_of(memory, module, files)});
        if (memory.interrupted()) return fail(Code::interrupted, "interrupted");
    }
    return Look(memory, files, std::move(items), status.root_address).run();
}

}  // namespace mt::core
