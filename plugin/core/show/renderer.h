// SPDX-License-Identifier: MIT
//
// A form that reports are shown in. Who makes a report knows no form; who wants another form
// adds a renderer. A renderer reads no memory and asks no debugger; source lines come
// through a function in the report. Errors: the sink's.
#ifndef MEMTRACE_CORE_SHOW_RENDERER_H
#define MEMTRACE_CORE_SHOW_RENDERER_H

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

  protected:
    const Sink sink_;
};

// Text for people.
std::unique_ptr<Renderer> text_renderer(Sink sink);
// One JSON document, schema 1: keys in a fixed order, sizes in bytes, names whole; what is
// not UTF-8 is replaced. A key is added, never renamed.
std::unique_ptr<Renderer> json_renderer(Sink sink);

}  // namespace mt::core

#endif
