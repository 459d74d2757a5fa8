#include "services/evaluation/loser_rationale.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"

namespace docket::evaluation {
namespace {

constexpr Phrase kEqualDispersion = {"加权平均分相同,但评分离散度更大",
                                     "Equal weighted mean, but the panel was less at one"};
constexpr Phrase kEqualCost = {"加权平均分和离散度相同,但成本更高",
                               "Equal weighted mean and dispersion, but it costs more"};
constexpr Phrase kEqualOrder = {"各项指标相同,按列出顺序排后", "Equal in everything; it was listed later"};

}  // namespace

std::string FormatThousandths(int64_t thousandths) {
  return absl::StrFormat("%d.%03d", thousandths / 1000, thousandths % 1000);
}

std::string LoserRationale(const RankedOption& option, const RankedOption& winner, Language language) {
  if (option.option == winner.option) return "";
  const bool chinese = language == Language::kChinese;
  std::string head;
  switch (option.lost_by) {
    case LostBy::kMean: {
      const std::string points = FormatThousandths(winner.mean_thousandths - option.mean_thousandths);
      head = chinese ? absl::StrCat("落后 ", points, " 分") : absl::StrCat("Lost by ", points, " points");
      break;
    }
    case LostBy::kDispersion:
      head = std::string(kEqualDispersion.In(language));
      break;
    case LostBy::kCost:
      head = std::string(kEqualCost.In(language));
      break;
    case LostBy::kOrder:
      head = std::string(kEqualOrder.In(language));
      break;
  }
  const absl::string_view end = chinese ? "。" : ".";
  if (option.losses.empty()) return absl::StrCat(head, end);
  const std::string where =
      absl::StrJoin(option.losses, chinese ? "、" : ", ", [&](std::string* out, const CriterionLoss& loss) {
        const std::string own = FormatThousandths(loss.mean_thousandths);
        const std::string winners = FormatThousandths(loss.winner_mean_thousandths);
        if (chinese) {
          absl::StrAppend(out, Label(loss.criterion, language), "(", own, " 对 ", winners, ")");
        } else {
          absl::StrAppend(out, Label(loss.criterion, language), " (", own, " against ", winners, ")");
        }
      });
  return absl::StrCat(head, chinese ? ",失分最多的准则:" : ", most on ", where, end);
}

}  // namespace docket::evaluation
