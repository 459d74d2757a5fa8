#include "common/filter/filter_property.h"

#include <algorithm>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/filter/order_by.h"
#include "common/filter/parser.h"
#include "common/filter/translate.h"
#include "common/log/utf8.h"
#include "common/status/error.h"

namespace docket::filter {
namespace {

const std::set<std::string>& SqlWords() {
  static const auto* const kWords =
      new std::set<std::string>{"TRUE", "AND", "OR", "NOT", "IS", "NULL", "LIKE", "ESCAPE", "'!'",
                                "''",   "=",   "<>", "<",   "<=", ">",    ">=",   "<=>",    "?"};
  return *kWords;
}

std::string CheckSql(const Condition& condition, const Schema& schema) {
  std::set<std::string> words = SqlWords();
  for (const auto& [name, field] : schema.fields()) {
    words.insert(field.column.sql);
    if (field.column.rows.empty()) continue;
    words.insert("EXISTS");
    for (const absl::string_view word : absl::StrSplit(field.column.rows, absl::ByAnyChar(" ()"), absl::SkipEmpty())) {
      words.emplace(word);
    }
  }
  if (!schema.words().empty()) {
    words.insert({"CONVERT", "USING", "utf8mb4", "COLLATE", "utf8mb4_unicode_520_ci"});
    words.insert(schema.words().begin(), schema.words().end());
  }
  int depth = 0;
  for (const char c : condition.where) {
    depth += c == '(' ? 1 : c == ')' ? -1 : 0;
    if (depth < 0) return absl::StrCat("parentheses do not match: ", condition.where);
  }
  if (depth != 0) return absl::StrCat("parentheses do not match: ", condition.where);
  const std::vector<std::string> used = absl::StrSplit(condition.where, absl::ByAnyChar(" ()"), absl::SkipEmpty());
  for (const std::string& word : used) {
    if (words.count(word) == 0) return absl::StrCat("a strange word: ", word);
  }
  if (used.empty()) return "an empty condition";
  if (static_cast<size_t>(std::count(used.begin(), used.end(), "?")) != condition.params.size()) {
    return absl::StrCat(condition.params.size(), " parameters for ", condition.where);
  }
  return "";
}

std::string CheckError(const absl::Status& status, Reason reason) {
  if (status.code() != absl::StatusCode::kInvalidArgument || GetReason(status) != reason) return status.ToString();
  if (status.message().empty() || status.message().size() > 1024 ||
      FindInvalidUtf8(status.message()) != absl::string_view::npos) {
    return absl::StrCat("an unreadable message: ", status.message());
  }
  return "";
}

std::string CheckFilterError(const absl::Status& status, absl::string_view text) {
  if (std::string wrong = CheckError(status, Reason::REASON_INVALID_FILTER); !wrong.empty()) return wrong;
  const std::optional<google::rpc::ErrorInfo> info = GetErrorInfo(status);
  const auto position = info->metadata().find("position");
  size_t at = 0;
  if (position == info->metadata().end() || !absl::SimpleAtoi(position->second, &at) || at > text.size()) {
    return absl::StrCat("no position in ", status.ToString());
  }
  return "";
}

std::string CheckOrder(absl::string_view text, const Schema& schema) {
  const absl::StatusOr<Order> order = ParseOrderBy(text, schema);
  if (!order.ok()) return CheckError(order.status(), Reason::REASON_INVALID_FIELDS);
  if (order->empty() || order->size() > kMaxOrderTerms + 1) return "an order of a wrong length";
  const std::vector<FilterValue> key(order->size(), int64_t{1});
  return CheckSql(After(*order, key), schema);
}

}  // namespace

Schema PropertySchema() {
  return Schema()
      .String("title", {.sql = "r.title"})
      .String("note", {.sql = "r.note", .nullable = true})
      .Int("revision", {.sql = "r.revision", .sortable = true})
      .Int("cost", {.sql = "r.cost", .nullable = true})
      .Bool("urgent", {.sql = "r.urgent"})
      .Timestamp("create_time", {.sql = "r.create_time_us", .sortable = true})
      .Timestamp("submit_time", {.sql = "r.submit_time_us", .nullable = true})
      .Enum("state", {.sql = "r.state", .sortable = true},
            {{"STATE_DRAFT", 1}, {"DRAFT", 1}, {"STATE_CLOSED", 2}, {"CLOSED", 2}})
      .Uuid("uid", {.sql = "r.request_id", .sortable = true})
      .Hex("document.sha256", {.sql = "r.sha256"}, 32)
      .Converted("requester", {.sql = "r.requester_id"}, "people/ and an id",
                 [](absl::string_view text) -> std::optional<FilterValue> {
                   if (text.substr(0, 7) != "people/") return std::nullopt;
                   return std::string(text.substr(7));
                 })
      .String("target.version", {.sql = "t.version", .rows = "SELECT 1 FROM target AS t WHERE t.id = r.request_id"})
      .Unique("uid")
      .Words({"r.title", "r.need"});
}

std::string CheckFilterProperty(absl::string_view text, const Schema& schema, bool* accepted) {
  const absl::StatusOr<Condition> condition = Translate(text, schema);
  if (accepted != nullptr) *accepted = condition.ok();
  const std::string wrong = condition.ok() ? CheckSql(*condition, schema) : CheckFilterError(condition.status(), text);
  return wrong.empty() ? CheckOrder(text, schema) : wrong;
}

}  // namespace docket::filter
