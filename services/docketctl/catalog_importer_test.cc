#include "services/docketctl/catalog_importer.h"

#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/rpc/wire.h"
#include "common/status/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/docketctl/contract.h"
#include "services/docketctl/failure.h"
#include "tests/support/status_matchers.h"

namespace docket::ctl {
namespace {

using request::v1::ImportCatalogRequest;
using request::v1::ImportCatalogResponse;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;
using tests::IsOk;
using tests::StatusIs;

// Takes every item but those whose id begins with "bad", after the failures that the test asks for.
class FakeService final : public Caller {
 public:
  absl::Status Call(const google::protobuf::MethodDescriptor& method, absl::string_view,
                    const google::protobuf::Message& request, google::protobuf::Message* reply) override {
    EXPECT_EQ(method.name(), "ImportCatalog");
    calls.push_back(static_cast<const ImportCatalogRequest&>(request));
    if (!failures.empty()) {
      const absl::Status failure = failures.front();
      failures.erase(failures.begin());
      return failure;
    }
    auto* answer = static_cast<ImportCatalogResponse*>(reply);
    answer->Clear();
    for (const auto& item : calls.back().items()) {
      ImportCatalogResponse::Result* result = answer->add_results();
      result->set_resource("organizations/o/departments/" + item.id());
      result->set_outcome(request::v1::IMPORT_OUTCOME_CREATED);
      if (item.id().substr(0, 3) != "bad") continue;
      FieldViolations violations;
      violations.Add("department.title", "must not be empty");
      result->set_outcome(request::v1::IMPORT_OUTCOME_FAILED);
      *result->mutable_error() = rpc::ToRpcStatus(violations.ToStatus(), "docket.request", "");
    }
    return absl::OkStatus();
  }

  std::vector<ImportCatalogRequest> calls;
  std::vector<absl::Status> failures;
};

class CatalogImporterTest : public ::testing::Test {
 protected:
  CatalogImporterTest() {
    options_.parent = "organizations/o";
    options_.pause = [this](absl::Duration pause) { clock_.Advance(pause); };
  }

  absl::Status Import(const std::string& lines) {
    std::istringstream in(lines);
    return CatalogImporter(service_, out_, clock_, options_).Run(in);
  }

  static std::string Department(const std::string& id) {
    return absl::StrCat(R"({"id":")", id, R"(","department":{"title":"信息部"}})", "\n");
  }

  FakeService service_;
  FakeClock clock_{absl::FromUnixSeconds(1790000000)};
  ImportOptions options_;
  std::ostringstream out_;
};

TEST_F(CatalogImporterTest, OneLineForEachItem) {
  ASSERT_THAT(Import(Department("a") + "\n  \r\n" + Department("b")), IsOk());
  EXPECT_EQ(out_.str(),
            "{\"line\":1,\"outcome\":\"CREATED\",\"resource\":\"organizations/o/departments/a\"}\n"
            "{\"line\":4,\"outcome\":\"CREATED\",\"resource\":\"organizations/o/departments/b\"}\n");
  ASSERT_THAT(service_.calls, SizeIs(1));
  EXPECT_EQ(service_.calls[0].parent(), "organizations/o");
  EXPECT_EQ(service_.calls[0].request_id().size(), 36u);
  EXPECT_FALSE(service_.calls[0].validate_only());
}

TEST_F(CatalogImporterTest, FailuresAreToldInPlaceAndInTheExitCode) {
  const absl::Status status = Import(Department("a") + "no json\n" + Department("bad-one") +
                                     R"({"id":"x","departement":{}})" + "\n" + Department("b"));
  EXPECT_THAT(status,
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("3 of 5 items failed; the first, line 2")));
  EXPECT_EQ(ExitCodeOf(status), kExitInvalid);
  const std::vector<std::string> lines = absl::StrSplit(out_.str(), '\n', absl::SkipEmpty());
  ASSERT_THAT(lines, SizeIs(5));
  EXPECT_THAT(lines[1], HasSubstr(R"("outcome":"FAILED","code":"INVALID_ARGUMENT","reason":"MALFORMED_MESSAGE")"));
  EXPECT_THAT(lines[2], HasSubstr(R"("fields":[{"field":"department.title","description":"must not be empty"}])"));
  EXPECT_THAT(lines[3], HasSubstr("departement"));
  EXPECT_THAT(lines[4], HasSubstr(R"("line":5,"outcome":"CREATED")"));
  ASSERT_THAT(service_.calls, SizeIs(1));
  EXPECT_EQ(service_.calls[0].items_size(), 3);
}

TEST_F(CatalogImporterTest, ManyLinesGoInSeveralCalls) {
  std::string lines;
  for (int i = 0; i < 1201; ++i) lines += Department(absl::StrCat("d", i));
  ASSERT_THAT(Import(lines), IsOk());
  std::vector<int> sizes;
  std::set<std::string> ids;
  for (const auto& call : service_.calls) {
    sizes.push_back(call.items_size());
    ids.insert(call.request_id());
  }
  EXPECT_THAT(sizes, ElementsAre(500, 500, 201));
  EXPECT_THAT(ids, SizeIs(3));

  service_.calls.clear();
  const std::string wide =
      absl::StrCat(R"({"id":"w","department":{"title":")", std::string(900'000, 'w'), R"("}})", "\n");
  ASSERT_THAT(Import(wide + wide + wide + wide + wide), IsOk());
  EXPECT_THAT(service_.calls, SizeIs(3)) << "no call outgrows what the gateway takes";
  EXPECT_THAT(Import(absl::StrCat("{\"id\":\"", std::string(2'000'000, 'x'), "\"}\n")),
              StatusIs(absl::StatusCode::kInvalidArgument));
}

TEST_F(CatalogImporterTest, APassingFailureIsTriedAgainWithTheSameId) {
  service_.failures = {absl::UnavailableError("x"), absl::DeadlineExceededError("x"),
                       Error(absl::StatusCode::kAborted, Reason::REASON_CONCURRENT_CHANGE, "x")};
  ASSERT_THAT(Import(Department("a")), IsOk());
  ASSERT_THAT(service_.calls, SizeIs(4));
  for (const auto& call : service_.calls) EXPECT_EQ(call.SerializeAsString(), service_.calls[0].SerializeAsString());

  service_.failures.assign(100, absl::UnavailableError("gone"));
  EXPECT_EQ(ExitCodeOf(Import(Department("a"))), kExitUnavailable);
  service_.failures = {Error(absl::StatusCode::kPermissionDenied, Reason::REASON_ROLE_REQUIRED, "x")};
  EXPECT_EQ(ExitCodeOf(Import(Department("a"))), kExitDenied);
}

TEST_F(CatalogImporterTest, TextFromElsewhereMovesNoCursor) {
  options_.validate_only = true;
  EXPECT_THAT(Import("{\"id\":\"a\x1b[2J\xc2\x9b\"\n\xff\xfe\n"), StatusIs(absl::StatusCode::kInvalidArgument));
  for (const char c : out_.str()) EXPECT_TRUE(c == '\n' || static_cast<unsigned char>(c) >= 0x20) << out_.str();
  EXPECT_EQ(out_.str().find("\xc2\x9b"), std::string::npos);
  EXPECT_TRUE(service_.calls.empty());
  ASSERT_THAT(Import(""), IsOk());
}

}  // namespace
}  // namespace docket::ctl
