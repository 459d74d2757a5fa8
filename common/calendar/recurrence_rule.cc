#include "common/calendar/recurrence_rule.h"

#include <cstdint>
#include <cstdlib>
#include <map>
#include <set>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "common/calendar/civil_text.h"

namespace docket::calendar {
namespace {

constexpr int kMaxInterval = 1000;
constexpr int kMaxCount = 1000;
constexpr size_t kMaxListValues = 31;
constexpr size_t kMaxQuoted = 40;

using Frequencies = std::set<Frequency>;
const Frequencies& Every() {
  static const auto& all =
      *new Frequencies{Frequency::kDaily, Frequency::kWeekly, Frequency::kMonthly, Frequency::kYearly};
  return all;
}

// A list of whole numbers: what each may be, and with which frequencies the RFC has it.
struct NumberList {
  int lowest;
  int highest;
  // The negative counterparts count from the end.
  bool from_end;
  Frequencies frequencies;
};

const std::map<std::string, NumberList>& NumberLists() {
  static const auto& lists = *new std::map<std::string, NumberList>{
      {"BYMONTH", {1, 12, false, Every()}},
      {"BYMONTHDAY", {1, 31, true, {Frequency::kDaily, Frequency::kMonthly, Frequency::kYearly}}},
      {"BYYEARDAY", {1, 366, true, {Frequency::kYearly}}},
      {"BYWEEKNO", {1, 53, true, {Frequency::kYearly}}},
      {"BYSETPOS", {1, 366, true, {Frequency::kMonthly, Frequency::kYearly}}},
      {"BYHOUR", {0, 23, false, Every()}},
  };
  return lists;
}

bool IsWeekday(absl::string_view text) {
  static const auto& days = *new std::set<absl::string_view>{"MO", "TU", "WE", "TH", "FR", "SA", "SU"};
  return days.contains(text);
}

// Digits with at most one sign; no space, no overflow.
bool ReadNumber(absl::string_view text, int* number) {
  absl::string_view digits = text;
  if (!digits.empty() && (digits.front() == '+' || digits.front() == '-')) digits.remove_prefix(1);
  if (digits.empty() || digits.size() > 4) return false;
  for (const char c : digits) {
    if (!absl::ascii_isdigit(c)) return false;
  }
  return absl::SimpleAtoi(text, number);
}

std::string Quote(absl::string_view text) {
  std::string quoted = "\"";
  for (const char c : text.substr(0, kMaxQuoted)) {
    if (absl::ascii_isprint(c)) {
      quoted += c;
    } else {
      quoted += '?';
    }
  }
  return quoted + (text.size() > kMaxQuoted ? "...\"" : "\"");
}

absl::Status Wrong(absl::string_view message) { return absl::InvalidArgumentError(message); }

}  // namespace

// Reads one rule part by part, then what belongs together.
class RuleReader {
 public:
  absl::StatusOr<RecurrenceRule> Read(absl::string_view text) {
    absl::Status status = Split(text);
    if (status.ok()) status = ReadFrequency();
    for (const std::string& name : order_) {
      if (status.ok()) status = ReadPart(name, parts_[name]);
    }
    if (status.ok()) status = CheckTogether();
    if (!status.ok()) return status;
    std::vector<std::string> all, unlimited;
    for (const std::string& name : order_) {
      all.push_back(absl::StrCat(name, "=", parts_[name]));
      if (name != "UNTIL") unlimited.push_back(all.back());
    }
    rule_.text_ = absl::StrJoin(all, ";");
    rule_.unlimited_text_ = absl::StrJoin(unlimited, ";");
    return rule_;
  }

 private:
  absl::Status Split(absl::string_view text) {
    if (text.empty()) return Wrong("the rule is empty; write one like FREQ=MONTHLY;BYMONTHDAY=1");
    if (text.size() > RecurrenceRule::kMaxLength) {
      return Wrong(absl::StrCat("the rule is longer than ", RecurrenceRule::kMaxLength, " characters"));
    }
    for (const absl::string_view part : absl::StrSplit(absl::AsciiStrToUpper(text), ';')) {
      const size_t equals = part.find('=');
      if (equals == absl::string_view::npos || equals == 0 || equals + 1 == part.size()) {
        return Wrong(absl::StrCat(Quote(part), " is not of the form NAME=VALUE"));
      }
      const std::string name(part.substr(0, equals));
      if (!parts_.emplace(name, std::string(part.substr(equals + 1))).second) {
        return Wrong(absl::StrCat(Quote(name), " stands twice"));
      }
      order_.push_back(name);
    }
    return absl::OkStatus();
  }

  absl::Status ReadFrequency() {
    static const auto& names = *new std::map<std::string, Frequency>{{"DAILY", Frequency::kDaily},
                                                                     {"WEEKLY", Frequency::kWeekly},
                                                                     {"MONTHLY", Frequency::kMonthly},
                                                                     {"YEARLY", Frequency::kYearly}};
    const auto part = parts_.find("FREQ");
    if (part == parts_.end()) return Wrong("FREQ is missing: DAILY, WEEKLY, MONTHLY or YEARLY");
    const auto found = names.find(part->second);
    if (found == names.end()) {
      return Wrong(absl::StrCat("FREQ is DAILY, WEEKLY, MONTHLY or YEARLY, not ", Quote(part->second)));
    }
    rule_.frequency_ = found->second;
    return absl::OkStatus();
  }

  absl::Status ReadPart(const std::string& name, const std::string& value) {
    if (name == "FREQ") return absl::OkStatus();
    if (name == "INTERVAL") return ReadBounded(name, value, kMaxInterval, &rule_.interval_);
    if (name == "COUNT") return ReadBounded(name, value, kMaxCount, &rule_.count_.emplace());
    if (name == "UNTIL") return ReadUntil(value);
    if (name == "BYDAY") return ReadWeekdays(value);
    if (name == "WKST") {
      return IsWeekday(value) ? absl::OkStatus() : Wrong(absl::StrCat("WKST is a day like MO, not ", Quote(value)));
    }
    const auto list = NumberLists().find(name);
    if (list != NumberLists().end()) return ReadNumbers(name, value, list->second);
    return Wrong(absl::StrCat(Quote(name),
                              " is not taken here; FREQ, INTERVAL, COUNT, UNTIL, WKST, BYMONTH, BYMONTHDAY, BYDAY, "
                              "BYYEARDAY, BYWEEKNO, BYSETPOS and BYHOUR are"));
  }

  static absl::Status ReadBounded(absl::string_view name, absl::string_view value, int highest, int* number) {
    if (ReadNumber(value, number) && *number >= 1 && *number <= highest && absl::ascii_isdigit(value.front())) {
      return absl::OkStatus();
    }
    return Wrong(absl::StrCat(name, " is a number from 1 to ", highest, ", not ", Quote(value)));
  }

  absl::Status ReadUntil(absl::string_view value) {
    if (value.size() == 8) {
      rule_.until_day_ = ParseBasicDay(value);
      if (rule_.until_day_.has_value()) return absl::OkStatus();
    }
    if (value.size() == 16 && value.back() == 'Z') {
      const std::optional<absl::CivilSecond> utc = ParseBasicSecond(value.substr(0, 15));
      if (utc.has_value()) {
        rule_.until_ = absl::FromCivil(*utc, absl::UTCTimeZone());
        return absl::OkStatus();
      }
    }
    return Wrong(absl::StrCat("UNTIL is a UTC time like 20261231T160000Z or a date like 20261231, not ", Quote(value)));
  }

  absl::Status ReadNumbers(absl::string_view name, absl::string_view value, const NumberList& list) {
    if (!list.frequencies.contains(rule_.frequency_)) {
      return Wrong(absl::StrCat(name, " does not go with FREQ=", parts_["FREQ"]));
    }
    std::set<int> seen;
    for (const absl::string_view text : absl::StrSplit(value, ',')) {
      int number = 0;
      const bool is_number = ReadNumber(text, &number);
      const int size = std::abs(number);
      if (!is_number || size < list.lowest || size > list.highest || (!list.from_end && text.front() == '-')) {
        return Wrong(absl::StrCat(name, " takes numbers from ", list.lowest, " to ", list.highest,
                                  list.from_end ? " or their negatives, which count from the end" : "", ", not ",
                                  Quote(text)));
      }
      if (!seen.insert(number).second) return Wrong(absl::StrCat(name, " lists ", number, " twice"));
    }
    return CheckLength(name, seen.size());
  }

  absl::Status ReadWeekdays(absl::string_view value) {
    std::set<std::string> seen;
    for (const absl::string_view text : absl::StrSplit(value, ',')) {
      const absl::string_view day = text.size() >= 2 ? text.substr(text.size() - 2) : text;
      const absl::string_view position = text.substr(0, text.size() - day.size());
      int number = 0;
      if (!IsWeekday(day) ||
          (!position.empty() && (!ReadNumber(position, &number) || number == 0 || std::abs(number) > 53))) {
        return Wrong(absl::StrCat("BYDAY takes days like MO, or 2TU and -1FR in a month or year, not ", Quote(text)));
      }
      if (number != 0 && rule_.frequency_ != Frequency::kMonthly && rule_.frequency_ != Frequency::kYearly) {
        return Wrong(absl::StrCat("BYDAY takes a number only with FREQ=MONTHLY or YEARLY: ", Quote(text)));
      }
      if (std::abs(number) > 5 && rule_.frequency_ == Frequency::kMonthly) {
        return Wrong(absl::StrCat("a month has no ", Quote(text)));
      }
      if (number != 0 && parts_.contains("BYWEEKNO")) {
        return Wrong(absl::StrCat("BYDAY takes no number together with BYWEEKNO: ", Quote(text)));
      }
      if (!seen.insert(absl::StrCat(number, day)).second)
        return Wrong(absl::StrCat("BYDAY lists ", Quote(text), " twice"));
    }
    return CheckLength("BYDAY", seen.size());
  }

  static absl::Status CheckLength(absl::string_view name, size_t size) {
    if (size <= kMaxListValues) return absl::OkStatus();
    return Wrong(absl::StrCat(name, " lists more than ", kMaxListValues, " values"));
  }

  absl::Status CheckTogether() {
    if (parts_.contains("COUNT") && parts_.contains("UNTIL")) {
      return Wrong("COUNT and UNTIL exclude each other");
    }
    if (parts_.contains("BYSETPOS")) {
      if (parts_.contains("BYHOUR")) return Wrong("BYSETPOS chooses among days and does not go with BYHOUR");
      bool chooses = false;
      for (const auto& [name, value] : parts_) chooses = chooses || (name.starts_with("BY") && name != "BYSETPOS");
      if (!chooses) return Wrong("BYSETPOS chooses among what another BY part selects, and there is none");
    }
    return CheckDaysExist();
  }

  // That a month of BYMONTH has a day of BYMONTHDAY. 30 February would be looked for in vain, century after century.
  absl::Status CheckDaysExist() {
    if (!parts_.contains("BYMONTH") || !parts_.contains("BYMONTHDAY")) return absl::OkStatus();
    constexpr int kLongest[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    for (const absl::string_view month_text : absl::StrSplit(parts_["BYMONTH"], ',')) {
      for (const absl::string_view day_text : absl::StrSplit(parts_["BYMONTHDAY"], ',')) {
        int month = 0;
        int day = 0;
        if (ReadNumber(month_text, &month) && ReadNumber(day_text, &day) && std::abs(day) <= kLongest[month - 1]) {
          return absl::OkStatus();
        }
      }
    }
    return Wrong("no month of BYMONTH has a day of BYMONTHDAY");
  }

  RecurrenceRule rule_;
  std::map<std::string, std::string> parts_;
  // As written.
  std::vector<std::string> order_;
};

absl::StatusOr<RecurrenceRule> RecurrenceRule::Parse(absl::string_view text) { return RuleReader().Read(text); }

}  // namespace docket::calendar
