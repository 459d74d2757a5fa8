// What each reason says to people, in Chinese and English.
#ifndef DOCKET_COMMON_RPC_LOCALIZED_MESSAGES_H_
#define DOCKET_COMMON_RPC_LOCALIZED_MESSAGES_H_

#include <string>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "docket/common/v1/reason.pb.h"
#include "google/rpc/error_details.pb.h"

namespace docket::rpc {

// Texts with {placeholders} that ErrorInfo.metadata fills.
struct LocalizedText {
  common::v1::Reason reason;
  absl::string_view zh_cn;
  absl::string_view en;
};

// One entry per reason.
absl::Span<const LocalizedText> LocalizedTexts();

enum class Language { kChinese, kEnglish };

// The text for the error, placeholders filled, each value cut at 200 bytes, a missing one shown as `-`. At most 600
// bytes. The text of REASON_INTERNAL where the reason is unknown here.
std::string Localize(const google::rpc::ErrorInfo& info, Language language);

}  // namespace docket::rpc

#endif  // DOCKET_COMMON_RPC_LOCALIZED_MESSAGES_H_
