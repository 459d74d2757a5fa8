#include "services/docketctl/change_file.h"

#include <set>
#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/docketctl/organization_file.h"
#include "tests/support/status_matchers.h"

namespace docket::ctl {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using tests::IsOk;
using tests::StatusIs;

absl::StatusOr<ChangeFile> Parse(const std::string& yaml) {
  const auto json = ParseYaml(yaml);
  if (!json.ok()) return json.status();
  return ParseChangeFile(*json);
}

// A file of one step.
absl::StatusOr<ChangeFile> ParseStep(const std::string& step) {
  return Parse(absl::StrCat("title: T\npaths: [a, b]\nsteps:\n  - ", step));
}

constexpr char kGet[] = "title: S, as: o/p, call: RequestService/GetRequest";

TEST(ChangeFileTest, ReadsSteps) {
  const auto file = Parse(R"(
title: 门禁管理软件升级
organization: organizations/yunqi
paths: [complete, rollback]
steps:
  - title: one
    path: rollback
    as: yunqi/li
    call: docket.request.v1.RequestService/GetRequest
    body: {name: "${request}"}
    save: {number: number, id: name|last-segment}
    until: {state: STATE_OPEN, count: 3}
  - {title: two, as: yunqi/li, call: GetRequest, expect: {code: NOT_FOUND, reason: NOT_FOUND}}
  - {title: three, as: yunqi/shenji, verify_trail: "${request}", events: [RequestCreated], denials_at_least: 12}
)");
  ASSERT_THAT(file, IsOk());
  EXPECT_EQ(file->title, "门禁管理软件升级");
  EXPECT_THAT(file->paths, ElementsAre("complete", "rollback"));
  ASSERT_EQ(file->steps.size(), 3u);
  EXPECT_EQ(file->steps[0].path, "rollback");
  EXPECT_EQ(file->steps[0].as, "yunqi/li");
  EXPECT_EQ(file->steps[0].method->full_name(), "docket.request.v1.RequestService.GetRequest");
  EXPECT_EQ(file->steps[0].body.dump(), R"({"name":"${request}"})");
  EXPECT_EQ(file->steps[0].save.at("id"), "name|last-segment");
  EXPECT_EQ(file->steps[0].until.at("count"), "3");
  ASSERT_TRUE(file->steps[1].expect.has_value());
  EXPECT_EQ(file->steps[1].expect->reason, "NOT_FOUND");
  EXPECT_EQ(file->steps[1].body.dump(), "{}");
  ASSERT_TRUE(file->steps[2].trail.has_value());
  EXPECT_EQ(file->steps[2].trail->change, "${request}");
  EXPECT_THAT(file->steps[2].trail->events, ElementsAre("RequestCreated"));
  EXPECT_EQ(file->steps[2].trail->denials_at_least, 12);
}

TEST(ChangeFileTest, MistakesNameTheStep) {
  const struct {
    const char* step;
    const char* what;
  } cases[] = {
      {"{title: S, as: o/p}", "call is missing"},
      {"{as: o/p, call: GetRequest}", "title is missing"},
      {"{title: S, call: GetRequest}", "as is missing"},
      {"{title: 7, as: o/p, call: GetRequest}", "title should be text"},
      {"{title: S, as: o/p, call: GetRequst}", "GetRequst"},
      {"{title: S, as: o/p, call: LogService/TailEntries}", "is a stream"},
      {"{title: S, as: o/p, call: GetRequest, boddy: {}}", "unknown: boddy"},
      {"{title: S, as: o/p, call: GetRequest, body: text}", "body should be a mapping"},
      {"{title: S, as: o/p, call: GetRequest, path: c}", "paths does not list c"},
      {"{title: S, as: o/p, call: GetRequest, save: [number]}", "save should be a mapping"},
      {"{title: S, as: o/p, call: GetRequest, expect: NOT_FOUND}", "should be a mapping"},
      {"{title: S, as: o/p, call: GetRequest, expect: {code: NOT_FOUND}}", "reason is missing"},
      {"{title: S, as: o/p, call: GetRequest, expect: {code: NOTFOUND, reason: NOT_FOUND}}", "NOTFOUND"},
      {"{title: S, as: o/p, call: GetRequest, expect: {code: OK, reason: NOT_FOUND}}", "no code is called OK"},
      {"{title: S, as: o/p, call: GetRequest, expect: {code: NOT_FOUND, reason: NOT_THERE}}", "NOT_THERE"},
      {"{title: S, as: o/p, call: GetRequest, save: {a: b}, expect: {code: NOT_FOUND, reason: NOT_FOUND}}",
       "nothing to save"},
      {"{title: S, as: o/p, call: GetRequest, events: [X]}", "unknown: events"},
      {"{title: S, as: o/p, call: GetRequest, verify_trail: x}", "unknown: call"},
      {"{title: S, as: o/p, verify_trail: x, denials_at_least: many}", "denials_at_least"},
      {"{title: S, as: o/p, verify_trail: x, denials_at_least: -1}", "denials_at_least"},
      {"{title: S, as: o/p, verify_trail: x, events: [[a]]}", "events should be a list of texts"},
      {"just text", "should be a mapping"},
  };
  for (const auto& [step, what] : cases) {
    EXPECT_THAT(ParseStep(step),
                StatusIs(absl::StatusCode::kInvalidArgument, AllOf(HasSubstr("step 1"), HasSubstr(what))))
        << step;
  }
  EXPECT_THAT(ParseStep(absl::StrCat("{", kGet, ", path: b}")), IsOk());
}

TEST(ChangeFileTest, MistakesOfTheFile) {
  EXPECT_THAT(Parse("steps: []"), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("title is missing")));
  EXPECT_THAT(Parse("title: T"), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("steps should be a list")));
  EXPECT_THAT(Parse("title: T\nsteps: {}"),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("steps should be a list")));
  EXPECT_THAT(Parse("title: T\nsteps: []\npath: x"),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("unknown: path")));
  EXPECT_THAT(Parse("title: T\nsteps: []\npaths: x"),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("paths should be a list")));
  EXPECT_THAT(Parse("[]"), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("should be a mapping")));
  EXPECT_THAT(Parse(""), StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(ReadChangeFile("/nonexistent/change.yaml"),
              StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("change.yaml")));
}

class SampleTest : public ::testing::TestWithParam<const char*> {
 protected:
  std::string Path(const char* file) const { return absl::StrCat(DOCKET_SAMPLES, "/", GetParam(), "/", file); }
};

TEST_P(SampleTest, ItsChangeParsesAndItsPeopleExist) {
  const auto file = ReadChangeFile(Path("change.yaml"));
  ASSERT_THAT(file, IsOk());
  EXPECT_THAT(file->paths, ElementsAre("complete", "rollback"));
  EXPECT_GT(file->steps.size(), 50u);
  std::set<std::string> people;
  for (const char* sample : {"library", "property"}) {
    const auto organization = ReadOrganizationFile(absl::StrCat(DOCKET_SAMPLES, "/", sample, "/organization.yaml"));
    ASSERT_THAT(organization, IsOk());
    for (const Json& person : (*organization)["people"]) {
      people.insert(
          absl::StrCat((*organization)["organization"]["id"].get<std::string>(), "/", person["id"].get<std::string>()));
    }
  }
  int refusals = 0;
  int trails = 0;
  for (const Step& step : file->steps) {
    EXPECT_TRUE(people.contains(step.as)) << step.title << ": " << step.as;
    refusals += step.expect.has_value() ? 1 : 0;
    if (!step.trail.has_value()) continue;
    ++trails;
    EXPECT_FALSE(step.trail->events.empty());
    EXPECT_LE(step.trail->denials_at_least, refusals);
  }
  EXPECT_EQ(trails, 1);
}

INSTANTIATE_TEST_SUITE_P(Samples, SampleTest, ::testing::Values("library", "property"),
                         [](const auto& sample) { return std::string(sample.param); });

TEST(OrganizationFileTest, MistakesNameTheEntry) {
  const auto check = [](const std::string& yaml) { return CheckOrganizationFile(*ParseYaml(yaml)); };
  const std::string head = "organization: {id: o, title: T}\n";
  EXPECT_THAT(check(head + "people: [{id: a, roles: [VIEWER], department: it}]"), IsOk());
  EXPECT_THAT(check("people: []"), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("organization")));
  EXPECT_THAT(check("organization: o"), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("organization")));
  EXPECT_THAT(check("organization: {id: 7}"), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("id")));
  EXPECT_THAT(check("organization: {id: platform}"),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("platform")));
  EXPECT_THAT(check("text"), StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(check(head + "persons: []"), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("persons")));
  EXPECT_THAT(check(head + "people: {id: a}"), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("list")));
  for (const char* entry :
       {"a", "{id: 7}", "{id: ''}", "{}", "{id: a, department: 7}", "{id: a, vendor: []}", "{id: a, departments: it}",
        "{id: a, departments: [1]}", "{id: a, roles: VIEWER}", "{id: a, roles: [1]}", "{id: a, dependencies: x}",
        "{id: a, dependencies: [x]}", "{id: a, dependencies: [{system: 1}]}"}) {
    EXPECT_THAT(check(absl::StrCat(head, "people: [{id: ok}, ", entry, "]")),
                StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("people, entry 2")))
        << entry;
  }
}

TEST(OrganizationFileTest, NamesAreCompleted) {
  Json entry = *ParseYaml(
      "{department: it, owner_department: hr, vendor: v, roles: [VIEWER], dependencies: [{system: s, purpose: p}], "
      "departments: [it, hr], title: t}");
  CompleteNames(&entry, "organizations/o");
  EXPECT_EQ(entry,
            *ParseYaml("{department: organizations/o/departments/it, owner_department: organizations/o/departments/hr, "
                       "vendor: organizations/o/vendors/v, roles: [ROLE_VIEWER], "
                       "dependencies: [{system: organizations/o/systems/s, purpose: p}], "
                       "departments: [organizations/o/departments/it, organizations/o/departments/hr], title: t}"));
}

}  // namespace
}  // namespace docket::ctl
