#include "services/request/search/posting_store.h"

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/mysql/in_list.h"
#include "common/mysql/value.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"

namespace docket::request {
namespace {

using mysql::Params;
using mysql::Row;

constexpr char kNewest[] =
    " AS place, block, members FROM search_posting WHERE organization_id = ? AND term = ? AND block <= ?"
    " ORDER BY block DESC LIMIT ?)";
constexpr char kAt[] = "SELECT term, block, members FROM search_posting WHERE organization_id = ? AND term IN ";
constexpr char kBecomeWriter[] =
    "INSERT INTO search_writer (organization_id, batches) VALUES (?, 1) ON DUPLICATE KEY UPDATE batches = batches + 1";
constexpr char kOfBlock[] =
    "SELECT term, members FROM search_posting WHERE organization_id = ? AND block = ? AND term IN ";
constexpr size_t kTermsAtATime = 256;

absl::StatusOr<BlockMembers> Decode(const std::string& bytes) {
  const std::optional<BlockMembers> members = BlockMembers::Decode(bytes);
  if (!members.has_value()) return InternalError("a row of search_posting is damaged");
  return *members;
}

}  // namespace

std::string StoredPostings::NewestStatement(size_t terms) {
  std::string sql;
  for (size_t i = 0; i < terms; ++i) absl::StrAppend(&sql, i == 0 ? "" : " UNION ALL ", "(SELECT ", i, kNewest);
  return sql;
}

absl::StatusOr<std::vector<Posting>> StoredPostings::Newest(const std::vector<std::string>& terms, int64_t newest_block,
                                                            int limit) {
  Params params;
  for (const std::string& term : terms) {
    params.emplace_back(organization_id_);
    params.emplace_back(term);
    params.emplace_back(newest_block);
    params.emplace_back(limit);
  }
  DOCKET_ASSIGN_OR_RETURN(const std::vector<Row> rows, pool_.Query(deadline_, NewestStatement(terms.size()), params));
  std::vector<Posting> postings;
  postings.reserve(rows.size());
  for (const Row& row : rows) {
    DOCKET_ASSIGN_OR_RETURN(BlockMembers members, Decode(row.Text(2)));
    postings.push_back({.term = static_cast<size_t>(row.Int(0)), .block = row.Int(1), .members = members});
  }
  return postings;
}

absl::StatusOr<std::vector<Posting>> StoredPostings::At(const std::vector<std::string>& terms,
                                                        const std::vector<int64_t>& blocks) {
  const mysql::InList term_list(terms);
  Params params = term_list.After({organization_id_});
  size_t places = 1;
  while (places < blocks.size()) places *= 2;
  std::string block_list;
  for (size_t i = 0; i < places; ++i) {
    absl::StrAppend(&block_list, i == 0 ? "(?" : ", ?");
    params.emplace_back(blocks[std::min(i, blocks.size() - 1)]);
  }
  DOCKET_ASSIGN_OR_RETURN(
      const std::vector<Row> rows,
      pool_.Query(deadline_, absl::StrCat(kAt, term_list.sql(), " AND block IN ", block_list, ")"), params));
  std::vector<Posting> postings;
  postings.reserve(rows.size());
  for (const Row& row : rows) {
    DOCKET_ASSIGN_OR_RETURN(BlockMembers members, Decode(row.Text(2)));
    const auto term = std::find(terms.begin(), terms.end(), row.Text(0));
    postings.push_back({.term = static_cast<size_t>(term - terms.begin()), .block = row.Int(1), .members = members});
  }
  return postings;
}

PostingStore::PostingStore()
    : insert_("search_posting", {"organization_id", "term", "block", "members"},
              "ON DUPLICATE KEY UPDATE members = VALUES(members)") {}

absl::Status PostingStore::BecomeWriter(mysql::Transaction& tx, absl::string_view organization_id) const {
  return tx.Execute(kBecomeWriter, {organization_id}).status();
}

absl::Status PostingStore::Add(mysql::Transaction& tx, absl::string_view organization_id, int64_t block,
                               const std::map<std::string, BlockMembers>& members_by_term) const {
  Params values;
  for (auto first = members_by_term.begin(); first != members_by_term.end();) {
    std::vector<std::string> terms;
    std::map<std::string, BlockMembers> merged;
    for (; first != members_by_term.end() && terms.size() < kTermsAtATime; ++first) {
      terms.push_back(first->first);
      merged.insert(*first);
    }
    const mysql::InList list(terms);
    DOCKET_ASSIGN_OR_RETURN(const std::vector<Row> rows,
                            tx.Query(absl::StrCat(kOfBlock, list.sql()), list.After({organization_id, block})));
    for (const Row& row : rows) {
      DOCKET_ASSIGN_OR_RETURN(const BlockMembers there, Decode(row.Text(1)));
      const auto added = merged.find(row.Text(0));
      added->second.Add(there);
      if (added->second == there) merged.erase(added);
    }
    for (const auto& [term, members] : merged) {
      values.emplace_back(organization_id);
      values.emplace_back(term);
      values.emplace_back(block);
      values.emplace_back(members.Encode());
    }
  }
  return values.empty() ? absl::OkStatus() : insert_.Run(tx, values).status();
}

}  // namespace docket::request
