#include "common/mysql/value.h"

#include <cstdlib>

#include "absl/base/macros.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace docket::mysql {
namespace {

// Texts convert from where they lie; the NUL behind each ends a number.
struct ToInt {
  int64_t operator()(std::monostate) const { return 0; }
  int64_t operator()(int64_t value) const { return value; }
  int64_t operator()(uint64_t value) const { return static_cast<int64_t>(value); }
  int64_t operator()(double value) const { return static_cast<int64_t>(value); }
  int64_t operator()(Result::Text value) const { return std::strtoll(result.text(value).data(), nullptr, 10); }
  const Result& result;
};

struct ToUInt {
  uint64_t operator()(std::monostate) const { return 0; }
  uint64_t operator()(int64_t value) const { return static_cast<uint64_t>(value); }
  uint64_t operator()(uint64_t value) const { return value; }
  uint64_t operator()(double value) const { return static_cast<uint64_t>(value); }
  uint64_t operator()(Result::Text value) const { return std::strtoull(result.text(value).data(), nullptr, 10); }
  const Result& result;
};

struct ToDouble {
  double operator()(std::monostate) const { return 0; }
  double operator()(int64_t value) const { return static_cast<double>(value); }
  double operator()(uint64_t value) const { return static_cast<double>(value); }
  double operator()(double value) const { return value; }
  double operator()(Result::Text value) const { return std::strtod(result.text(value).data(), nullptr); }
  const Result& result;
};

struct ToText {
  std::string operator()(std::monostate) const { return ""; }
  std::string operator()(int64_t value) const { return absl::StrCat(value); }
  std::string operator()(uint64_t value) const { return absl::StrCat(value); }
  std::string operator()(double value) const { return absl::StrFormat("%.17g", value); }
  std::string operator()(Result::Text value) const { return std::string(result.text(value)); }
  const Result& result;
};

}  // namespace

void Result::Add(absl::string_view text) {
  cells_.emplace_back(Text{.offset = texts_.size(), .size = text.size()});
  texts_.append(text.data(), text.size());
  texts_.push_back('\0');
}

const Result::Cell& Row::At(size_t column) const {
  ABSL_HARDENING_ASSERT(column < columns_);
  return result_->cell(first_ + column);
}

int64_t Row::Int(size_t column) const { return std::visit(ToInt{*result_}, At(column)); }
uint64_t Row::UInt(size_t column) const { return std::visit(ToUInt{*result_}, At(column)); }
double Row::Double(size_t column) const { return std::visit(ToDouble{*result_}, At(column)); }
std::string Row::Text(size_t column) const { return std::visit(ToText{*result_}, At(column)); }

absl::string_view Row::View(size_t column) const {
  const auto* text = std::get_if<Result::Text>(&At(column));
  return text == nullptr ? absl::string_view() : result_->text(*text);
}

std::optional<int64_t> Row::OptionalInt(size_t column) const {
  if (IsNull(column)) return std::nullopt;
  return Int(column);
}

std::optional<std::string> Row::OptionalText(size_t column) const {
  if (IsNull(column)) return std::nullopt;
  return Text(column);
}

}  // namespace docket::mysql
