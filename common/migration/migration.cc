#include "common/migration/migration.h"

#include <openssl/evp.h>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace docket::migration {
namespace {

constexpr size_t kNone = absl::string_view::npos;

bool BeginsLineComment(absl::string_view sql) {
  if (sql[0] == '#') return true;
  // Two dashes alone are arithmetic: 1--1.
  return absl::StartsWith(sql, "--") && (sql.size() == 2 || absl::ascii_isspace(static_cast<unsigned char>(sql[2])));
}

// The length of the quoted text or identifier at the beginning, kNone where it is not closed.
size_t QuotedLength(absl::string_view sql) {
  const char quote = sql[0];
  for (size_t i = 1; i < sql.size(); ++i) {
    if (sql[i] == '\\' && quote != '`') {
      ++i;
    } else if (sql[i] == quote) {
      // A doubled quote stands for itself: it reads as the end of one text and the beginning of the next.
      return i + 1;
    }
  }
  return kNone;
}

size_t CommentLength(absl::string_view sql) {
  if (sql[0] == '/') {
    const size_t end = sql.find("*/", 2);
    return end == kNone ? kNone : end + 2;
  }
  const size_t end = sql.find('\n');
  return end == kNone ? sql.size() : end;
}

}  // namespace

std::string Sha256Hex(absl::string_view bytes) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  EVP_Digest(bytes.data(), bytes.size(), digest, &size, EVP_sha256(), nullptr);
  return absl::BytesToHexString(absl::string_view(reinterpret_cast<const char*>(digest), size));
}

absl::StatusOr<std::vector<std::string>> SplitStatements(absl::string_view sql) {
  std::vector<std::string> statements;
  std::string statement;
  while (!sql.empty()) {
    size_t length = 1;
    if (sql[0] == '\'' || sql[0] == '"' || sql[0] == '`') {
      length = QuotedLength(sql);
      if (length == kNone) return absl::InvalidArgumentError("a quote is not closed");
      absl::StrAppend(&statement, sql.substr(0, length));
    } else if (BeginsLineComment(sql) || absl::StartsWith(sql, "/*")) {
      length = CommentLength(sql);
      if (length == kNone) return absl::InvalidArgumentError("a comment is not closed");
    } else if (sql[0] == ';') {
      absl::StripAsciiWhitespace(&statement);
      if (!statement.empty()) statements.push_back(std::move(statement));
      statement.clear();
    } else {
      statement.push_back(sql[0]);
    }
    sql.remove_prefix(length);
  }
  absl::StripAsciiWhitespace(&statement);
  if (!statement.empty()) {
    return absl::InvalidArgumentError(absl::StrCat("the last statement lacks its `;`: ", statement.substr(0, 80)));
  }
  return statements;
}

}  // namespace docket::migration
