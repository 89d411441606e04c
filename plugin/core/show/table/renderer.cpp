// SPDX-License-Identifier: MIT
//
// See show/renderer.h. What has no rows is text.
#include "show/renderer.h"
#include "show/table/rows.h"
#include "show/table/tree.h"
#include "show/text/leaks.h"

namespace mt::core {
namespace {

class TableRenderer final : public Renderer {
  public:
    TableRenderer(const Sink& sink, const TableFormat& format)
        : Renderer(sink), format_(format), text_(text_renderer(sink)) {}

    Result<void> show(const StatisticsReport& report) override {
        return write_table(report, format_, sink_);
    }
    Result<void> show(const DifferenceReport& report) override {
        return write_table(report, format_, sink_);
    }
    Result<void> show(const LeaksReport& report) override {
        return write_table(report.rows, format_, sink_, summary_text(report));
    }
    Result<void> show(const RefsReport& report) override { return text_->show(report); }
    Result<void> show(const PointsToReport& report) override { return text_->show(report); }
    Result<void> show(const RetainedReport& report) override { return text_->show(report); }
    Result<void> show(const HeapReport& report) override { return text_->show(report); }
    Result<void> show(const BlockReport& report) override { return text_->show(report); }
    Result<void> show(const BlocksReport& report) override { return text_->show(report); }
    Result<void> show(const ScopeReport& report) override { return text_->show(report); }
    Result<void> show(const ScopesReport& report) override { return text_->show(report); }
    Result<void> show(const StatusReport& report) override { return text_->show(report); }
    Result<void> show(const ListReport& report) override { return text_->show(report); }
    Result<void> show(const ConditionsReport& report) override { return text_->show(report); }
    Result<void> show(const ConfigReport& report) override { return text_->show(report); }
    Result<void> show(const ModulesReport& report) override { return text_->show(report); }
    Result<void> show(const TreeReport& report) override {
        return write_tree(report, format_, sink_);
    }

  private:
    const TableFormat format_;
    const std::unique_ptr<Renderer> text_;
};

}  // namespace

std::unique_ptr<Renderer> table_renderer(Sink sink, const TableFormat& format) {
    return std::make_unique<TableRenderer>(sink, format);
}

}  // namespace mt::core
