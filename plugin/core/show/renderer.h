// SPDX-License-Identifier: MIT
//
// A form that reports are shown in. Who makes a report knows no form; who wants another form
// adds a renderer. A renderer reads no memory and asks no debugger; source lines come
// through a function in the report. Errors: the sink's.
#ifndef MEMTRACE_CORE_SHOW_RENDERER_H
#define MEMTRACE_CORE_SHOW_RENDERER_H

#include <cstddef>
#include <memory>

#include "model/sink.h"
#include "report/blocks.h"
#include "report/heap.h"
#include "report/leaks.h"
#include "report/lists.h"
#include "report/modules.h"
#include "report/refs.h"
#include "report/rows.h"
#include "report/scope.h"
#include "report/tree.h"

namespace mt::core {

class Renderer {
  public:
    explicit Renderer(Sink sink) : sink_(std::move(sink)) {}
    virtual ~Renderer() = default;
    Renderer(const Renderer&) = delete;
    Renderer& operator=(const Renderer&) = delete;

    // Row by row where there may be millions.
    virtual Result<void> show(const StatisticsReport& report) = 0;
    virtual Result<void> show(const DifferenceReport& report) = 0;
    virtual Result<void> show(const LeaksReport& report) = 0;
    virtual Result<void> show(const RefsReport& report) = 0;
    virtual Result<void> show(const PointsToReport& report) = 0;
    virtual Result<void> show(const RetainedReport& report) = 0;
    virtual Result<void> show(const HeapReport& report) = 0;
    virtual Result<void> show(const BlockReport& report) = 0;
    virtual Result<void> show(const BlocksReport& report) = 0;
    virtual Result<void> show(const ScopeReport& report) = 0;
    virtual Result<void> show(const ScopesReport& report) = 0;
    virtual Result<void> show(const StatusReport& report) = 0;
    virtual Result<void> show(const ListReport& report) = 0;
    virtual Result<void> show(const ConditionsReport& report) = 0;
    virtual Result<void> show(const ConfigReport& report) = 0;
    virtual Result<void> show(const ModulesReport& report) = 0;
    virtual Result<void> show(const TreeReport& report) = 0;

  protected:
    const Sink sink_;
};

// Text for people: tracemalloc's.
std::unique_ptr<Renderer> text_renderer(Sink sink);
// The same, rows as a table with one line for each; what has none as text.
struct TableFormat {
    std::size_t columns = 0;  // of the terminal: rows are cut to them; 0 = never
    bool has_style = false;   // bold and colours
};
std::unique_ptr<Renderer> table_renderer(Sink sink, const TableFormat& format);
// One JSON document, schema 1: keys in a fixed order, sizes in bytes, names whole; what is
// not UTF-8 is replaced. A key is added, never renamed.
std::unique_ptr<Renderer> json_renderer(Sink sink);

}  // namespace mt::core

#endif
