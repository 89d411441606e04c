// SPDX-License-Identifier: MIT
//
// See show/renderer.h.
#include "show/renderer.h"

#include "show/json/blocks.h"
#include "show/json/heap.h"
#include "show/json/leaks.h"
#include "show/json/lists.h"
#include "show/json/modules.h"
#include "show/json/refs.h"
#include "show/json/rows.h"
#include "show/json/scope.h"
#include "show/json/tree.h"

namespace mt::core {
namespace {

class JsonRenderer final : public Renderer {
  public:
    using Renderer::Renderer;

    Result<void> show(const StatisticsReport& report) override { return write_json(report, sink_); }
    Result<void> show(const DifferenceReport& report) override { return write_json(report, sink_); }
    Result<void> show(const LeaksReport& report) override { return write_json(report, sink_); }
    Result<void> show(const RefsReport& report) override { return sink_(dump(json_of(report))); }
    Result<void> show(const PointsToReport& report) override {
        return sink_(dump(json_of(report)));
    }
    Result<void> show(const RetainedReport& report) override {
        return sink_(dump(json_of(report)));
    }
    Result<void> show(const HeapReport& report) override { return sink_(dump(json_of(report))); }
    Result<void> show(const BlockReport& report) override { return sink_(dump(json_of(report))); }
    Result<void> show(const BlocksReport& report) override { return write_json(report, sink_); }
    Result<void> show(const ScopeReport& report) override { return write_json(report, sink_); }
    Result<void> show(const ScopesReport& report) override { return sink_(dump(json_of(report))); }
    Result<void> show(const StatusReport& report) override {
        // A start that waits has no figures.
        if (report.waiting) return fail(report.waiting->missing);
        return sink_(dump(json_of(report)));
    }
    Result<void> show(const ListReport& report) override { return sink_(dump(json_of(report))); }
    Result<void> show(const ConditionsReport& report) override {
        return sink_(dump(json_of(report)));
    }
    Result<void> show(const ConfigReport& report) override { return sink_(dump(json_of(report))); }
    Result<void> show(const ModulesReport& report) override { return sink_(dump(json_of(report))); }
    Result<void> show(const TreeReport& report) override { return sink_(dump(json_of(report))); }
};

}  // namespace

std::unique_ptr<Renderer> json_renderer(Sink sink) {
    return std::make_unique<JsonRenderer>(std::move(sink));
}

}  // namespace mt::core
