#include "common/mysql/value.h"

#include <cstdlib>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/types/span.h"

namespace docket::mysql {
namespace {

// What is left after the types that convert by themselves.
struct ToInt {
  int64_t operator()(std::monostate) const { return 0; }
  int64_t operator()(int64_t value) const { return value; }
  int64_t operator()(uint64_t value) const { return static_cast<int64_t>(value); }
  int64_t operator()(double value) const { return static_cast<int64_t>(value); }
  int64_t operator()(const std::string& value) const { return std::strtoll(value.c_str(), nullptr, 10); }
};

struct ToUInt {
  uint64_t operator()(std::monostate) const { return 0; }
  uint64_t operator()(int64_t value) const { return static_cast<uint64_t>(value); }
  uint64_t operator()(uint64_t value) const { return value; }
  uint64_t operator()(double value) const { return static_cast<uint64_t>(value); }
  uint64_t operator()(const std::string& value) const { return std::strtoull(value.c_str(), nullptr, 10); }
};

struct ToDouble {
  double operator()(std::monostate) const { return 0; }
  double operator()(int64_t value) const { return static_cast<double>(value); }
  double operator()(uint64_t value) const { return static_cast<double>(value); }
  double operator()(double value) const { return value; }
  double operator()(const std::string& value) const { return std::strtod(value.c_str(), nullptr); }
};

struct ToText {
  std::string operator()(std::monostate) const { return ""; }
  std::string operator()(int64_t value) const { return absl::StrCat(value); }
  std::string operator()(uint64_t value) const { return absl::StrCat(value); }
  std::string operator()(double value) const { return absl::StrFormat("%.17g", value); }
  std::string operator()(const std::string& value) const { return value; }
};

}  // namespace

// The span's own bounds check, which stays on in release builds, is what ends the process.
const Value& Row::At(size_t column) const { return absl::MakeConstSpan(columns_)[column]; }

int64_t Row::Int(size_t column) const { return std::visit(ToInt{}, At(column).representation()); }
uint64_t Row::UInt(size_t column) const { return std::visit(ToUInt{}, At(column).representation()); }
double Row::Double(size_t column) const { return std::visit(ToDouble{}, At(column).representation()); }
std::string Row::Text(size_t column) const { return std::visit(ToText{}, At(column).representation()); }

std::optional<int64_t> Row::OptionalInt(size_t column) const {
  if (IsNull(column)) return std::nullopt;
  return Int(column);
}

std::optional<std::string> Row::OptionalText(size_t column) const {
  if (IsNull(column)) return std::nullopt;
  return Text(column);
}

}  // namespace docket::mysql
