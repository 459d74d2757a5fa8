#include "common/calendar/civil_text.h"

#include <cstddef>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_format.h"

namespace docket::calendar {
namespace {

// The numbers of a text in which `shape` has a letter for every digit, one letter for each number, and otherwise what
// must stand there. Nothing where the text is of another shape.
std::optional<std::vector<int>> Numbers(absl::string_view text, absl::string_view shape) {
  if (text.size() != shape.size()) return std::nullopt;
  std::vector<int> numbers;
  for (size_t i = 0; i < text.size(); ++i) {
    if (!absl::ascii_islower(shape[i])) {
      if (text[i] != shape[i]) return std::nullopt;
      continue;
    }
    if (!absl::ascii_isdigit(text[i])) return std::nullopt;
    if (i == 0 || shape[i] != shape[i - 1]) numbers.push_back(0);
    numbers.back() = numbers.back() * 10 + (text[i] - '0');
  }
  return numbers;
}

// Civil times roll over (30 February becomes 2 March), so what comes back changed did not exist.
std::optional<absl::CivilDay> Day(int year, int month, int day) {
  const absl::CivilDay civil(year, month, day);
  if (civil.month() != month || civil.day() != day) return std::nullopt;
  return civil;
}

std::optional<absl::CivilSecond> Second(const std::vector<int>& numbers) {
  const std::optional<absl::CivilDay> day = Day(numbers[0], numbers[1], numbers[2]);
  const int second = numbers.size() > 5 ? numbers[5] : 0;
  if (!day.has_value() || numbers[3] > 23 || numbers[4] > 59 || second > 59) return std::nullopt;
  return absl::CivilSecond(day->year(), day->month(), day->day(), numbers[3], numbers[4], second);
}

std::optional<absl::CivilDay> DayOfShape(absl::string_view text, absl::string_view shape) {
  const auto numbers = Numbers(text, shape);
  if (!numbers.has_value()) return std::nullopt;
  return Day((*numbers)[0], (*numbers)[1], (*numbers)[2]);
}

}  // namespace

std::optional<absl::CivilDay> ParseDay(absl::string_view text) { return DayOfShape(text, "yyyy-mm-dd"); }

std::string FormatDay(absl::CivilDay day) {
  return absl::StrFormat("%04d-%02d-%02d", day.year(), day.month(), day.day());
}

std::optional<absl::CivilMinute> ParseMinute(absl::string_view text) {
  const auto numbers = Numbers(text, "yyyy-mm-ddThh:nn");
  if (!numbers.has_value()) return std::nullopt;
  const std::optional<absl::CivilSecond> second = Second(*numbers);
  if (!second.has_value()) return std::nullopt;
  return absl::CivilMinute(*second);
}

std::string FormatMinute(absl::CivilMinute minute) {
  return absl::StrFormat("%04d-%02d-%02dT%02d:%02d", minute.year(), minute.month(), minute.day(), minute.hour(),
                         minute.minute());
}

std::optional<absl::CivilDay> ParseBasicDay(absl::string_view text) { return DayOfShape(text, "yyyymmdd"); }

std::optional<absl::CivilSecond> ParseBasicSecond(absl::string_view text) {
  const auto numbers = Numbers(text, "yyyymmddThhnnss");
  if (!numbers.has_value()) return std::nullopt;
  return Second(*numbers);
}

}  // namespace docket::calendar
