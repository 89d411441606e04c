// SPDX-License-Identifier: MIT
//
// See show/renderer.h.
#include "show/renderer.h"

#include "show/table/tree.h"
#include "show/text/blocks.h"
#include "show/text/heap.h"
#include "show/text/leaks.h"
#include "show/text/lists.h"
#include "show/text/modules.h"
#include "show/text/refs.h"
#include "show/text/rows.h"
#include "show/text/scope.h"

namespace mt::core {
namespace {

class TextRenderer final : public Renderer {
  public:
    using Renderer::Renderer;

    Result<void> show(const StatisticsReport& report) override { return write_text(report, sink_); }
    Result<void> show(const DifferenceReport& report) override { return write_text(report, sink_); }
    Result<void> show(const LeaksReport& report) override { return write_text(report, sink_); }
    Result<void> show(const RefsReport& report) override { return sink_(text_of(report)); }
    Result<void> show(const PointsToReport& report) override { return sink_(text_of(report)); }
    Result<void> show(const RetainedReport& report) override { return sink_(text_of(report)); }
    Result<void> show(const HeapReport& report) override { return sink_(text_of(report)); }
    Result<void> show(const BlockReport& report) override { return sink_(text_of(report)); }
    Result<void> show(const BlocksReport& report) override { return write_text(report, sink_); }
    Result<void> show(const ScopeReport& report) override { return write_text(report, sink_); }
    Result<void> show(const ScopesReport& report) override { return sink_(text_of(report)); }
    Result<void> show(const StatusReport& report) override { return sink_(text_of(report)); }
    Result<void> show(const ListReport& report) override { return sink_(text_of(report)); }
    Result<void> show(const ConditionsReport& report) override { return sink_(text_of(report)); }
    Result<void> show(const ConfigReport& report) override { return sink_(text_of(report)); }
    Result<void> show(const ModulesReport& report) override { return sink_(text_of(report)); }
    Result<void> show(const TreeReport& report) override { return write_tree(report, {}, sink_); }
};

}  // namespace

std::unique_ptr<Renderer> text_renderer(Sink sink) {
    return std::make_unique<TextRenderer>(std::move(sink));
}

}  // namespace mt::core
