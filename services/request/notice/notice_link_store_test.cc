#include "services/request/notice/notice_link_store.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/identifier/uuid.h"
#include "common/migration/migration.h"
#include "common/migration/migrator.h"
#include "common/mysql/connection.h"
#include "common/mysql/transaction.h"
#include "common/status/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/request/notice/vendor_notice_store.h"
#include "services/request/schema.h"
#include "services/request/testing/whole_service.h"
#include "tests/support/mariadb.h"
#include "tests/support/status_matchers.h"

namespace docket::request {
namespace {

using absl::StatusCode;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using tests::IsOk;
using tests::StatusIs;

absl::Time Deadline() { return absl::Now() + absl::Seconds(20); }

class NoticeLinkStoreTest : public ::testing::Test {
 protected:
  // Ids are given in ascending order.
  std::string Make() {
    VendorNotice notice;
    notice.organization_id = "yunqi";
    notice.id = uuids_.Next();
    notice.vendor_id = "hikvision";
    notice.text.kind = NoticeKind::kKnownIssue;
    EXPECT_THAT(notice.Publish({.caller = "organizations/yunqi/people/x", .now = clock_.Now()}), IsOk());
    EXPECT_THAT(In([&](auto& tx) { return notices_.Insert(tx, notice, tallied_); }), IsOk());
    return notice.id;
  }

  template <typename F>
  absl::Status In(F function) {
    return mysql::RunInTransaction(database_.pool(), Deadline(),
                                   [&](mysql::Transaction& tx) -> absl::Status { return function(tx); });
  }

  std::vector<NoticeLink> LinksOf(const std::string& request, const std::string& organization = "yunqi") {
    std::vector<NoticeLink> links;
    EXPECT_THAT(In([&](auto& tx) -> absl::Status {
                  const auto found = links_.LinksOf(tx, organization, request);
                  if (found.ok()) links = *found;
                  return found.status();
                }),
                IsOk());
    return links;
  }
  void Insert(const std::string& request, const std::string& notice, bool is_source) {
    ASSERT_THAT(In([&](auto& tx) {
                  return links_.Insert(tx, "yunqi", request, {.notice_id = notice, .is_source = is_source});
                }),
                IsOk());
  }
  // Its requests, which are as many as it counts.
  std::vector<std::string> RequestsOf(const std::string& notice, int limit = 100) {
    const auto requests = links_.RequestsOf(Deadline(), "yunqi", notice, limit);
    EXPECT_THAT(requests, IsOk());
    const auto found = notices_.Find(Deadline(), "yunqi", notice);
    EXPECT_THAT(found, IsOk());
    EXPECT_EQ(static_cast<int64_t>(links_.RequestsOf(Deadline(), "yunqi", notice, 100)->size()),
              (*found)->linked_request_count);
    EXPECT_EQ((*found)->revision, 1);
    return *requests;
  }
  static NoticeLink Source(const std::string& notice) { return {.notice_id = notice, .is_source = true}; }
  static NoticeLink ByHand(const std::string& notice) { return {.notice_id = notice, .is_source = false}; }

  MigratedDatabase database_;
  FakeClock clock_{absl::FromUnixSeconds(1790000000)};
  UuidGenerator uuids_{clock_};
  VendorNoticeStore notices_{database_.pool()};
  NoticeLinkStore links_{database_.pool()};
  TallyChanges tallied_;
};

TEST_F(NoticeLinkStoreTest, ARequestHasManyNoticesAndANoticeManyRequests) {
  const std::string one = Make(), other = Make();
  const std::string first = uuids_.Next(), second = uuids_.Next();
  Insert(second, other, false);
  Insert(second, one, true);
  Insert(first, one, false);
  EXPECT_THAT(LinksOf(second), ElementsAre(Source(one), ByHand(other)));
  EXPECT_THAT(LinksOf(first), ElementsAre(ByHand(one)));
  EXPECT_THAT(LinksOf(first, "library"), IsEmpty());
  EXPECT_THAT(RequestsOf(one), ElementsAre(first, second));
  EXPECT_THAT(RequestsOf(one, 1), ElementsAre(first));
  EXPECT_THAT(RequestsOf(other), ElementsAre(second));
  EXPECT_THAT(links_.RequestsOf(Deadline(), "library", one, 100), tests::IsOkAndHolds(IsEmpty()));
}

TEST_F(NoticeLinkStoreTest, LinksAndTheirCountGoTogether) {
  const std::string one = Make(), other = Make();
  const std::string first = uuids_.Next(), second = uuids_.Next();
  Insert(first, one, false);
  Insert(second, one, true);
  ASSERT_THAT(In([&](auto& tx) { return links_.MakeSource(tx, "yunqi", first, one); }), IsOk());
  EXPECT_THAT(LinksOf(first), ElementsAre(Source(one)));
  EXPECT_THAT(RequestsOf(one), ElementsAre(first, second));
  // Moved, it is by hand.
  const std::string third = uuids_.Next();
  ASSERT_THAT(In([&](auto& tx) { return links_.Move(tx, "yunqi", one, first, third); }), IsOk());
  EXPECT_THAT(LinksOf(first), IsEmpty());
  EXPECT_THAT(LinksOf(third), ElementsAre(ByHand(one)));
  EXPECT_THAT(RequestsOf(one), ElementsAre(second, third));
  ASSERT_THAT(In([&](auto& tx) { return links_.Delete(tx, "yunqi", second, one); }), IsOk());
  EXPECT_THAT(RequestsOf(one), ElementsAre(third));
  EXPECT_THAT(RequestsOf(other), IsEmpty());
}

TEST_F(NoticeLinkStoreTest, WhatIsNotThereIsADefectAndCountsNothing) {
  const std::string one = Make();
  const std::string request = uuids_.Next(), none = uuids_.Next();
  Insert(request, one, false);
  EXPECT_THAT(In([&](auto& tx) { return links_.Delete(tx, "yunqi", none, one); }), StatusIs(StatusCode::kInternal));
  EXPECT_THAT(In([&](auto& tx) { return links_.MakeSource(tx, "yunqi", none, one); }), StatusIs(StatusCode::kInternal));
  EXPECT_THAT(In([&](auto& tx) { return links_.Move(tx, "yunqi", one, none, request); }),
              StatusIs(StatusCode::kInternal));
  EXPECT_FALSE(In([&](auto& tx) { return links_.Insert(tx, "yunqi", request, ByHand(one)); }).ok());
  EXPECT_THAT(RequestsOf(one), ElementsAre(request));
}

// A database with all that came before links by hand, and the links of two requests in it.
class NoticeLinkMigrationTest : public ::testing::Test {
 protected:
  NoticeLinkMigrationTest() {
    std::vector<migration::Migration> earlier;
    for (const migration::Migration& step : Schema()) {
      if (step.name == "notice_links") {
        const auto statements = migration::SplitStatements(step.sql);
        EXPECT_THAT(statements, IsOk());
        statements_ = *statements;
        break;
      }
      earlier.push_back(step);
    }
    EXPECT_THAT(statements_, ::testing::SizeIs(8));
    Migrate(std::move(earlier));
    auto connection = mysql::Connection::Open(database_.options(), Deadline());
    EXPECT_THAT(connection, IsOk());
    connection_ = *std::move(connection);
    connection_->SetDeadline(Deadline());
    EXPECT_THAT(connection_->Execute("INSERT INTO vendor_notice_request (organization_id, request_id, notice_id) VALUES"
                                     " ('yunqi', REPEAT('1', 16), REPEAT('n', 16)),"
                                     " ('yunqi', REPEAT('2', 16), REPEAT('n', 16)),"
                                     " ('library', REPEAT('1', 16), REPEAT('m', 16))"),
                IsOk());
  }

  void Migrate(std::vector<migration::Migration> steps) {
    migration::Migrator migrator({.connection = database_.options(), .track = "request", .owner = "test"},
                                 std::move(steps));
    EXPECT_THAT(migrator.Run(Deadline()), IsOk());
  }

  std::vector<std::string> Texts(const std::string& sql) {
    const auto rows = connection_->Query(sql);
    EXPECT_THAT(rows, IsOk()) << sql;
    std::vector<std::string> texts;
    for (const mysql::Row& row : rows.value_or(std::vector<mysql::Row>())) texts.push_back(row.Text(0));
    return texts;
  }
  std::vector<std::string> Key(const std::string& index) {
    return Texts(
        absl::StrCat("SELECT column_name FROM information_schema.statistics WHERE table_schema = DATABASE()"
                     " AND table_name = 'vendor_notice_request' AND index_name = '",
                     index, "' ORDER BY seq_in_index"));
  }

  tests::TestDatabase database_;
  std::vector<std::string> statements_;
  std::unique_ptr<mysql::Connection> connection_;
};

TEST_F(NoticeLinkMigrationTest, ChangesTheKeyOfATableWithRowsInItWhereverItWasInterrupted) {
  ASSERT_THAT(Key("PRIMARY"), ElementsAre("organization_id", "request_id"));
  // After each statement in turn it begins again from its top.
  for (size_t done = 1; done <= statements_.size(); ++done) {
    for (size_t i = 0; i < done; ++i) ASSERT_THAT(connection_->ExecuteUnprepared(statements_[i]), IsOk()) << i;
  }
  Migrate(Schema());
  EXPECT_THAT(Key("PRIMARY"), ElementsAre("organization_id", "request_id", "notice_id"));
  EXPECT_THAT(Key("by_notice"), ElementsAre("organization_id", "notice_id", "request_id"));
  EXPECT_THAT(Texts("SELECT CONCAT(column_name, ' ', column_type, ' ', is_nullable)"
                    " FROM information_schema.columns WHERE table_schema = DATABASE()"
                    " AND table_name = 'vendor_notice_request' ORDER BY ordinal_position"),
              ElementsAre("organization_id varbinary(63) NO", "request_id binary(16) NO", "notice_id binary(16) NO",
                          "is_source tinyint(4) NO"));
  // What was linked was linked by naming; so is what a program from before still writes.
  EXPECT_THAT(connection_->Execute("INSERT INTO vendor_notice_request (organization_id, request_id, notice_id) VALUES"
                                   " ('yunqi', REPEAT('2', 16), REPEAT('m', 16))"),
              IsOk());
  EXPECT_THAT(Texts("SELECT CONCAT(organization_id, LEFT(request_id, 1), LEFT(notice_id, 1), is_source)"
                    " FROM vendor_notice_request ORDER BY organization_id, request_id, notice_id"),
              ElementsAre("library1m1", "yunqi1n1", "yunqi2m1", "yunqi2n1"));
  EXPECT_FALSE(connection_
                   ->Execute("INSERT INTO vendor_notice_request (organization_id, request_id, notice_id) VALUES"
                             " ('yunqi', REPEAT('2', 16), REPEAT('m', 16))")
                   .ok());
}

}  // namespace
}  // namespace docket::request
