#include "services/audit/scrub/schema_expectation.h"

#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "common/status/status_macros.h"

namespace docket::audit {
namespace {

// The text without its comments and with what stands in quotes left out.
std::string Bare(absl::string_view sql) {
  std::string bare;
  for (size_t i = 0; i < sql.size(); ++i) {
    if (sql[i] == '\'') {
      for (++i; i < sql.size() && (sql[i] != '\'' || (i + 1 < sql.size() && sql[i + 1] == '\'')); ++i) {
        if (sql[i] == '\\' || sql[i] == '\'') ++i;
      }
      bare += "''";
    } else if (absl::StartsWith(sql.substr(i), "--") || sql[i] == '#') {
      while (i < sql.size() && sql[i] != '\n') ++i;
      bare += '\n';
    } else if (absl::StartsWith(sql.substr(i), "/*")) {
      i = sql.find("*/", i) + 1;
    } else {
      bare += sql[i];
    }
  }
  return bare;
}

// What the quotes that open at `begin` hold.
std::string Unquoted(absl::string_view sql, size_t begin) {
  std::string text;
  for (size_t i = begin + 1; i < sql.size(); ++i) {
    if (sql[i] == '\'' && (i + 1 >= sql.size() || sql[i + 1] != '\'')) break;
    if (sql[i] == '\'' || sql[i] == '\\') ++i;
    text += sql[i];
  }
  return text;
}

// Parts between commas that stand in no brackets.
std::vector<std::string> Definitions(absl::string_view list) {
  std::vector<std::string> parts(1);
  int depth = 0;
  for (const char c : list) {
    depth += c == '(' ? 1 : c == ')' ? -1 : 0;
    if (c == ',' && depth == 0) {
      parts.emplace_back();
    } else {
      parts.back() += c;
    }
  }
  for (std::string& part : parts) absl::StripAsciiWhitespace(&part);
  return parts;
}

std::vector<std::string> Words(absl::string_view text) {
  return absl::StrSplit(text, absl::ByAnyChar(" \t\n\r"), absl::SkipEmpty());
}

bool StartsWithWords(absl::string_view text, const std::vector<std::string>& words) {
  const std::vector<std::string> found = Words(text);
  if (found.size() < words.size()) return false;
  for (size_t i = 0; i < words.size(); ++i) {
    if (!absl::EqualsIgnoreCase(found[i], words[i])) return false;
  }
  return true;
}

// What follows that many words.
absl::string_view AfterWords(absl::string_view text, size_t words) {
  for (; words > 0; --words) {
    text = absl::StripLeadingAsciiWhitespace(text);
    while (!text.empty() && !absl::ascii_isspace(static_cast<unsigned char>(text[0]))) text.remove_prefix(1);
  }
  return absl::StripLeadingAsciiWhitespace(text);
}

std::string FirstName(absl::string_view text) {
  size_t end = 0;
  while (end < text.size() && (absl::ascii_isalnum(static_cast<unsigned char>(text[end])) || text[end] == '_')) ++end;
  return std::string(text.substr(0, end));
}

// From the first bracket to its end.
absl::string_view InBrackets(absl::string_view text) {
  const size_t begin = text.find('(');
  const size_t end = text.rfind(')');
  if (begin == absl::string_view::npos || end == absl::string_view::npos || end < begin) return "";
  return text.substr(begin + 1, end - begin - 1);
}

ExpectedKey KeyOf(absl::string_view definition, bool unique) {
  ExpectedKey key{.unique = unique};
  for (const std::string& column : Definitions(InBrackets(definition))) key.columns.push_back(FirstName(column));
  return key;
}

void AddDefinition(absl::string_view definition, ExpectedTable& table) {
  if (StartsWithWords(definition, {"PRIMARY"})) {
    table.keys["PRIMARY"] = KeyOf(definition, true);
  } else if (StartsWithWords(definition, {"UNIQUE", "KEY"})) {
    table.keys[FirstName(AfterWords(definition, 2))] = KeyOf(definition, true);
  } else if (StartsWithWords(definition, {"KEY"})) {
    table.keys[FirstName(AfterWords(definition, 1))] = KeyOf(definition, false);
  } else {
    table.columns.insert(FirstName(definition));
  }
}

// One of ALTER TABLE's changes.
absl::Status Alter(absl::string_view change, ExpectedTable& table) {
  if (StartsWithWords(change, {"DROP", "KEY"})) {
    table.keys.erase(FirstName(AfterWords(change, 2)));
    return absl::OkStatus();
  }
  const bool drop = StartsWithWords(change, {"DROP"});
  if (!drop && !StartsWithWords(change, {"ADD"}) && !StartsWithWords(change, {"MODIFY"})) {
    return absl::InvalidArgumentError("not a change that is known");
  }
  absl::string_view definition = AfterWords(change, 1);
  if (StartsWithWords(definition, {"COLUMN"})) definition = AfterWords(definition, 1);
  if (StartsWithWords(definition, {"IF", "NOT", "EXISTS"})) definition = AfterWords(definition, 3);
  if (drop) {
    table.columns.erase(FirstName(definition));
  } else {
    AddDefinition(definition, table);
  }
  return absl::OkStatus();
}

absl::Status Apply(const std::string& statement, ExpectedSchema& schema) {
  const std::string text = Bare(statement);
  if (StartsWithWords(text, {"CREATE", "TABLE"})) {
    absl::string_view named = AfterWords(text, 2);
    if (StartsWithWords(named, {"IF", "NOT", "EXISTS"})) named = AfterWords(named, 3);
    ExpectedTable& table = schema[FirstName(named)];
    for (const std::string& definition : Definitions(InBrackets(named))) AddDefinition(definition, table);
    return absl::OkStatus();
  }
  if (StartsWithWords(text, {"ALTER", "TABLE"})) {
    const absl::string_view named = AfterWords(text, 2);
    ExpectedTable& table = schema[FirstName(named)];
    for (const std::string& change : Definitions(AfterWords(named, 1))) {
      DOCKET_RETURN_IF_ERROR(Alter(change, table));
    }
    return absl::OkStatus();
  }
  // A change that is made only where it was not made yet.
  if (StartsWithWords(text, {"SET"})) {
    const size_t begin = statement.find("'ALTER TABLE");
    return begin == std::string::npos ? absl::OkStatus() : Apply(Unquoted(statement, begin), schema);
  }
  for (const char* harmless : {"INSERT", "UPDATE", "DO", "PREPARE", "EXECUTE", "DEALLOCATE"}) {
    if (StartsWithWords(text, {harmless})) return absl::OkStatus();
  }
  if (StartsWithWords(text, {"CREATE", "VIEW"}) || StartsWithWords(text, {"CREATE", "OR", "REPLACE", "VIEW"})) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError("not a statement that is known");
}

}  // namespace

absl::StatusOr<ExpectedSchema> SchemaOf(absl::Span<const migration::Migration> migrations) {
  ExpectedSchema schema;
  for (const migration::Migration& migration : migrations) {
    DOCKET_ASSIGN_OR_RETURN(const std::vector<std::string> statements, migration::SplitStatements(migration.sql));
    for (const std::string& statement : statements) {
      if (!Apply(statement, schema).ok())
        return absl::InvalidArgumentError(absl::StrCat("cannot tell what this makes: ", statement));
    }
  }
  return schema;
}

}  // namespace docket::audit
