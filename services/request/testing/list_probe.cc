#include "services/request/testing/list_probe.h"

#include <algorithm>
#include <iterator>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "gtest/gtest.h"
#include "services/request/testing/rows_read.h"

namespace docket::request {

int ListProbe::Expect(const Probe& filter, const Probe& order, int64_t bound) const {
  ExpectOf(kSmallOrganization, filter, order, bound);
  return ExpectOf(kLargeOrganization, filter, order, bound);
}

int ListProbe::ExpectOf(const std::string& organization, const Probe& filter, const Probe& order, int64_t bound) const {
  SCOPED_TRACE(absl::StrCat(organization, ": ", filter.asked, " by ", order.asked));
  const std::string parent = absl::StrCat("organizations/", organization);
  const std::string asked = absl::StrReplaceAll(filter.asked, {{"@", parent}});
  std::vector<std::string> ids;
  int64_t dearest = 0;
  int pages = 0;
  Page page;
  do {
    const std::string token = std::move(page.next_page_token);
    const ListCall call{
        .parent = parent, .page_size = kProbedPageSize, .page_token = token, .filter = asked, .order_by = order.asked};
    dearest = std::max(dearest, RowsReadFor(pool_, [&] { page = read_(organization, call, codec_); }));
    EXPECT_LE(page.ids.size(), static_cast<size_t>(kProbedPageSize));
    ids.insert(ids.end(), std::make_move_iterator(page.ids.begin()), std::make_move_iterator(page.ids.end()));
    // A list without an end fails the test rather than keeping it from ending.
  } while (!page.next_page_token.empty() && ++pages < kLargeList);
  EXPECT_LE(dearest, bound);
  const std::vector<std::string> expected = PlainlySelected(organization, filter.sql, order.sql);
  EXPECT_EQ(ids.size(), expected.size());
  EXPECT_TRUE(ids == expected);
  return pages + 1;
}

std::vector<std::string> ListProbe::PlainlySelected(const std::string& organization, const std::string& condition,
                                                    const std::string& order) const {
  const absl::StatusOr<std::vector<mysql::Row>> rows =
      pool_.Query(ProbeDeadline(),
                  absl::StrCat("SELECT ", key_, " FROM ", table_, " WHERE organization_id = ? AND ", condition,
                               " ORDER BY ", order),
                  {organization});
  std::vector<std::string> ids;
  for (const mysql::Row& row : rows.value()) ids.push_back(row.Text(0));
  return ids;
}

}  // namespace docket::request
