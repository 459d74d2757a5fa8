// What the report calls things, in Chinese and English.
#ifndef DOCKET_SERVICES_EVALUATION_LABELS_H_
#define DOCKET_SERVICES_EVALUATION_LABELS_H_

#include "absl/strings/string_view.h"
#include "services/evaluation/option.h"
#include "services/evaluation/panel.h"
#include "services/evaluation/request_snapshot.h"

namespace docket::evaluation {

enum class Language { kChinese, kEnglish };

// One text in both languages.
struct Phrase {
  absl::string_view chinese;
  absl::string_view english;

  constexpr absl::string_view In(Language language) const { return language == Language::kChinese ? chinese : english; }
};

absl::string_view Label(CriterionKind kind, Language language);
absl::string_view Label(SeatRole role, Language language);
absl::string_view Label(ChangeKind kind, Language language);
absl::string_view Label(Level level, Language language);

}  // namespace docket::evaluation

#endif  // DOCKET_SERVICES_EVALUATION_LABELS_H_
