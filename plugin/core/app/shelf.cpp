// SPDX-License-Identifier: MIT
//
// See shelf.h.
#include "app/shelf.h"

#include <fmt/format.h>

#include <algorithm>

#include "names/nearest.h"

namespace mt::core {

const Kept* Shelf::find(std::string_view name) const {
    for (const Kept& kept : snapshots_)
        if (kept.number == name || (!kept.name.empty() && kept.name == name)) return &kept;
    return nullptr;
}

std::vector<std::string> Shelf::names() const {
    std::vector<std::string> all;
    for (const Kept& kept : snapshots_)
        if (!kept.name.empty()) all.push_back(kept.name);
    for (const Mark& mark : marks_)
        if (!mark.name.empty()) all.push_back(mark.name);
    return all;
}

Result<Kept> Shelf::snapshot(const std::string* name, bool blocks) const {
    if (name == nullptr && snapshots_.empty())
        return fail(Code::usage, "there is no snapshot yet; mt snapshot takes one");
    const Kept* kept = name != nullptr ? find(*name) : &snapshots_.back();
    if (kept == nullptr)
        return fail(Code::usage, fmt::format("there is no snapshot {}{}; mt list shows them", *name,
                                             did_you_mean(*name, names())));
    if (blocks && !kept->table->has_blocks)
        return fail(Code::usage,
                    fmt::format("snapshot {} has no blocks; take it with --blocks", kept->number));
    return *kept;
}

Result<void> Shelf::check_name(const std::string& name, bool replace) const {
    const bool is_number = name.find_first_not_of("0123456789") == std::string::npos;
    if (is_number)  // or empty
        return fail(Code::usage,
                    "the name of a snapshot or mark is a word, not a number: they are numbered by "
                    "themselves");
    if (replace) return {};
    const bool is_mark = std::any_of(marks_.begin(), marks_.end(),
                                     [&name](const Mark& mark) { return mark.name == name; });
    if (!is_mark && find(name) == nullptr) return {};
    return fail(Code::usage, fmt::format("there is a {} {} already; --replace forgets it",
                                         find(name) != nullptr ? "snapshot" : "mark", name));
}

void Shelf::forget(const std::string& name) {
    if (name.empty()) return;
    std::erase_if(snapshots_, [&name](const Kept& kept) { return kept.name == name; });
    std::erase_if(marks_, [&name](const Mark& mark) { return mark.name == name; });
}

const Kept& Shelf::keep(const std::string& name, std::shared_ptr<Table> table,
                        const std::string& file) {
    forget(name);
    return snapshots_.emplace_back(
        Kept{std::to_string(next_number_++), name, std::move(table), file});
}

void Shelf::keep(Mark mark) {
    forget(mark.name);
    marks_.push_back(std::move(mark));
}

Result<void> Shelf::drop(const std::string& name) {
    if (std::erase_if(marks_, [&name](const Mark& mark) { return mark.name == name; }) != 0)
        return {};
    const Kept kept = MT_TRY(snapshot(&name));
    std::erase_if(snapshots_, [&kept](const Kept& one) { return one.number == kept.number; });
    return {};
}

ListedSnapshot listed(const Kept& kept) {
    const Table& table = *kept.table;
    return {kept.number,
            kept.name,
            {table.current_size, table.current_count},
            table.traces.size(),
            table.status.identity.pid,
            table.has_blocks,
            table.status.sample_bytes,
            kept.file};
}

ListReport list_of(const Shelf& shelf) {
    ListReport report;
    for (const Kept& kept : shelf.snapshots()) report.snapshots.push_back(listed(kept));
    for (const Mark& mark : shelf.marks())
        report.marks.push_back(
            {mark.sequence, mark.name, mark.process.pid, mark.process.generation});
    return report;
}

}  // namespace mt::core
