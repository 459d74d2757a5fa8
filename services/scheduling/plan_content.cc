#include "services/scheduling/plan_content.h"

#include <optional>

#include "absl/strings/str_cat.h"
#include "common/merkle/hash.h"

namespace docket::scheduling {
namespace {

class ContentWriter {
 public:
  explicit ContentWriter(absl::string_view kind) { Text(kind); }
  void Text(absl::string_view value) { absl::StrAppend(&bytes_, value.size(), ":", value); }
  void Number(int64_t value) { Text(absl::StrCat(value)); }
  void Time(const std::optional<absl::Time>& time) {
    Text(time.has_value() ? absl::StrCat(absl::ToUnixMicros(*time)) : "");
  }
  std::string Sha256Hex() const { return merkle::Sha256(bytes_).ToHex(); }

 private:
  std::string bytes_;
};

}  // namespace

std::string WorkOrderSha256(const WorkOrder& order) {
  ContentWriter content("docket work order content 1");
  content.Text(order.title);
  content.Text(order.instructions);
  content.Text(order.assignee);
  content.Number(static_cast<int64_t>(order.dependencies.size()));
  for (const std::string& dependency : order.dependencies) content.Text(dependency);
  content.Time(order.planned_start_time);
  content.Time(order.planned_end_time);
  return content.Sha256Hex();
}

std::vector<std::string> DigestsOf(absl::Span<const WorkOrderOutline> work_orders) {
  std::vector<std::string> digests;
  digests.reserve(work_orders.size());
  for (const WorkOrderOutline& outline : work_orders) digests.push_back(outline.content_sha256);
  return digests;
}

std::string PlanContentSha256(const Plan& plan, absl::Span<const std::string> work_order_sha256) {
  ContentWriter content("docket plan content 1");
  content.Number(static_cast<int64_t>(plan.targets.size()));
  for (const Target& target : plan.targets) {
    content.Text(target.system);
    content.Text(target.component);
    content.Text(target.from_version);
    content.Text(target.to_version);
  }
  for (const Section& section : plan.sections) {
    content.Text(SectionKindName(section.kind));
    content.Text(SectionStateName(section.state));
    content.Text(section.text);
  }
  content.Time(plan.slot.has_value() ? std::optional<absl::Time>(plan.slot->start) : std::nullopt);
  content.Time(plan.slot.has_value() ? std::optional<absl::Time>(plan.slot->end) : std::nullopt);
  content.Number(static_cast<int64_t>(work_order_sha256.size()));
  for (const std::string& digest : work_order_sha256) content.Text(digest);
  return content.Sha256Hex();
}

}  // namespace docket::scheduling
