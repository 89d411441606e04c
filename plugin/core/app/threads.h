// SPDX-License-Identifier: MIT
//
// Which thread a user means, and how one is printed. The one place for both: every command
// that takes or prints a thread comes here.
#ifndef MEMTRACE_CORE_APP_THREADS_H
#define MEMTRACE_CORE_APP_THREADS_H

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "analyse/frames.h"
#include "model/error.h"
#include "model/snapshot.h"
#include "target/debuggee.h"

namespace mt::core {

// By memtrace's number, else by system id, else all of a name; an error when nobody is.
Result<std::vector<const Thread*>> resolve_threads(const Table& table, const std::string& text);
// The one that is meant; an error when several are.
Result<const Thread*> resolve_thread(const Table& table, const std::string& text);

// Titles of a table's threads: "thread 2 (worker, tid 77; the debugger's thread 1)". First
// memtrace's number, which --thread takes; last what the debugger's `thread N` takes, where
// the table's process lives and the debugger knows the thread.
class ThreadTitles {
  public:
    // `process`: null when it is gone. Errors: interrupted only.
    static Result<ThreadTitles> of(Debuggee& debuggee, const Process* process, const Table& table);

    // Of a number as in stamps and rows; 0: not known.
    std::string operator()(std::uint32_t serial) const;
    // Rows by thread get theirs.
    template <typename Row>
    void put(FrameBook& book, std::vector<Row>& rows) const {
        for (Row& row : rows) {
            RowFrame& frame = row.traceback.front();
            if (const auto title = numbered(frame.line)) frame.label = book.text(*title);
        }
    }

  private:
    // Nothing: the debugger does not know it.
    std::optional<std::string> numbered(std::uint32_t serial) const;

    explicit ThreadTitles(const Table& table) : table_(&table) {}

    const Table* table_;
    std::vector<ThreadAt> known_;
};

// A thread of a process by the words of a user.
struct FoundThread {
    std::uint32_t serial = 0;
    std::string title;
};
Result<FoundThread> find_thread(Debuggee& debuggee, const Process& process,
                                const std::string& text);

}  // namespace mt::core

#endif
