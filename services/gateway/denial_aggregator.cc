#include "services/gateway/denial_aggregator.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "docket/event/v1/platform_events.pb.h"

namespace docket::gateway {
namespace {

event::v1::CallDenied PayloadOf(const event::v1::Event& denied) {
  event::v1::CallDenied payload;
  denied.payload().UnpackTo(&payload);
  return payload;
}

std::string KeyOf(const event::v1::Event& denied) {
  const event::v1::CallDenied payload = PayloadOf(denied);
  return absl::StrCat(denied.actor().name(), "\n", denied.method(), "\n", payload.code(), "\n", payload.error_reason());
}

// The last of those that were counted stands for all of them.
void AppendCounted(int64_t count, event::v1::Event last, std::vector<event::v1::Event>& told) {
  if (count == 0) return;
  event::v1::CallDenied payload = PayloadOf(last);
  payload.set_repeat_count(count);
  last.mutable_payload()->PackFrom(payload);
  told.push_back(std::move(last));
}

}  // namespace

std::optional<event::v1::Event> DenialAggregator::Take(event::v1::Event denied, absl::Time now) {
  const std::string key = KeyOf(denied);
  auto window = windows_.find(key);
  if (window == windows_.end()) {
    if (windows_.size() >= kMaxWindows) return denied;
    window = windows_.emplace(key, Window{.start = now}).first;
    next_end_ = std::min(next_end_, now + kWindow);
  }
  auto& by_subject = window->second.by_subject;
  auto repeats = by_subject.find(denied.subject());
  if (repeats == by_subject.end() && by_subject.size() < kMaxSubjects) {
    by_subject.emplace(denied.subject(), Repeats());
    return denied;
  }
  if (repeats != by_subject.end()) {
    ++repeats->second.count;
    repeats->second.last = std::move(denied);
    return std::nullopt;
  }
  denied.clear_subject();
  denied.clear_change();
  ++window->second.others.count;
  window->second.others.last = std::move(denied);
  return std::nullopt;
}

std::vector<event::v1::Event> DenialAggregator::Close(absl::Time now) {
  std::vector<event::v1::Event> told;
  if (now < next_end_) return told;
  next_end_ = absl::InfiniteFuture();
  for (auto window = windows_.begin(); window != windows_.end();) {
    if (now < window->second.start + kWindow) {
      next_end_ = std::min(next_end_, window->second.start + kWindow);
      ++window;
      continue;
    }
    for (auto& [subject, repeats] : window->second.by_subject)
      AppendCounted(repeats.count, std::move(repeats.last), told);
    AppendCounted(window->second.others.count, std::move(window->second.others.last), told);
    window = windows_.erase(window);
  }
  return told;
}

}  // namespace docket::gateway
