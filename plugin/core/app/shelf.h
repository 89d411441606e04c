// SPDX-License-Identifier: MIT
//
// What a session keeps under a number or a name: snapshots and marks. One book of names for
// both. Reads nothing and shows nothing.
#ifndef MEMTRACE_CORE_APP_SHELF_H
#define MEMTRACE_CORE_APP_SHELF_H

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "model/error.h"
#include "model/snapshot.h"
#include "report/lists.h"

namespace mt::core {

struct Kept {
    std::string number;
    std::string name;  // the user's, or empty
    std::shared_ptr<Table> table;
    std::string file;  // that it was loaded from, or empty

    const std::string& called() const { return name.empty() ? number : name; }
};

// What mt mark has made: from then on blocks are stamped with its sequence.
struct Mark {
    std::uint64_t sequence = 0;  // its number in that process
    std::string name;            // the user's, or empty
    Identity process;
};

class Shelf {
  public:
    const std::vector<Kept>& snapshots() const { return snapshots_; }
    const std::vector<Mark>& marks() const { return marks_; }

    // Null: there is none.
    const Kept* find(std::string_view name) const;
    // That somebody gave to snapshots and marks.
    std::vector<std::string> names() const;
    // Of that name, or without one the last; with single blocks if they are wanted.
    Result<Kept> snapshot(const std::string* name, bool blocks = false) const;

    // A new snapshot or mark can have this name. `replace`: if need be in place of another.
    Result<void> check_name(const std::string& name, bool replace) const;
    // As the next number, and under `name` unless that is empty; what had it is forgotten.
    const Kept& keep(const std::string& name, std::shared_ptr<Table> table,
                     const std::string& file = "");
    void keep(Mark mark);
    // The snapshot or the mark.
    Result<void> drop(const std::string& name);

  private:
    void forget(const std::string& name);

    std::vector<Kept> snapshots_;
    std::vector<Mark> marks_;
    std::uint64_t next_number_ = 1;
};

ListedSnapshot listed(const Kept& kept);
ListReport list_of(const Shelf& shelf);

}  // namespace mt::core

#endif
