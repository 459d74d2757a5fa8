#include "services/audit/log_view.h"

#include <optional>

#include "common/status/status_macros.h"
#include "services/audit/log_evidence.h"
#include "services/audit/log_proto.h"

namespace docket::audit {

v1::LogEntry LogView::Show(const StoredEntry& entry) const {
  const absl::Status sound = CheckEntry(entry);
  if (!sound.ok()) guard_.Freeze(sound.message());
  v1::LogEntry shown = ToProto(entry);
  // The bytes are evidence as they lie; what they say is not to be believed.
  if (!sound.ok()) shown.clear_event();
  return shown;
}

absl::StatusOr<v1::Checkpoint> LogView::Show(const SignedCheckpoint& checkpoint, const ShowCosigned& cosigned,
                                             absl::Time deadline) const {
  v1::Checkpoint shown = ToProto(checkpoint);
  if (!cosigned) return shown;
  if (const absl::Status added = cosigned(deadline, shown); !added.ok()) return Distrust(added);
  return shown;
}

absl::Status LogView::Distrust(const absl::Status& status) const {
  if (status.code() != absl::StatusCode::kDataLoss) return status;
  guard_.Freeze(status.message());
  return guard_.CheckOpen();
}

absl::StatusOr<uint64_t> LogView::ReadSize(absl::Time deadline) const {
  const absl::StatusOr<TreeState> tree = store_.ReadTreeState(deadline);
  if (tree.ok()) return tree->size;
  if (tree.status().code() != absl::StatusCode::kDataLoss) return tree.status();
  // Reading goes on where the tree is broken.
  guard_.Freeze(tree.status().message());
  DOCKET_ASSIGN_OR_RETURN(const std::optional<uint64_t> last, store_.LastIndex(deadline));
  return last.has_value() ? *last + 1 : 0;
}

}  // namespace docket::audit
