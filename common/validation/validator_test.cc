#include "common/validation/validator.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/rpc/testing/echo.pb.h"
#include "common/rpc/testing/mistakes.pb.h"
#include "common/status/error.h"

namespace docket {
namespace {

using rpctest::v1::CreateNoteRequest;
using rpctest::v1::CreateNotesRequest;
using rpctest::v1::Note;
using rpctest::v1::UpdateNoteRequest;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

Validator Compiled(const google::protobuf::Descriptor* descriptor) {
  absl::StatusOr<Validator> validator = Validator::Compile(descriptor);
  EXPECT_TRUE(validator.ok()) << validator.status();
  return *std::move(validator);
}

std::vector<std::string> Violations(const absl::Status& status) {
  std::vector<std::string> found;
  if (const auto bad = GetBadRequest(status)) {
    for (const auto& violation : bad->field_violations())
      found.push_back(absl::StrCat(violation.field(), ": ", violation.description()));
  }
  return found;
}

Note GoodNote() {
  Note note;
  note.set_title("标题");
  note.set_kind(Note::KIND_SMALL);
  auto* target = note.add_targets();
  target->set_system("organizations/acme/systems/doors");
  target->set_to_version("2.0");
  note.set_agreed(true);
  return note;
}

CreateNoteRequest GoodRequest() {
  CreateNoteRequest request;
  request.set_parent("organizations/acme");
  *request.mutable_note() = GoodNote();
  request.set_request_id("0194c2f0-3d1a-7c5e-9b21-6f0a4d8e2c17");
  return request;
}

class NoteTest : public ::testing::Test {
 protected:
  std::vector<std::string> Wrong(const Note& note) const {
    const absl::Status status = validator_.Validate(note);
    if (!status.ok()) {
      EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
      EXPECT_EQ(GetReason(status), Reason::REASON_INVALID_FIELDS);
    }
    return Violations(status);
  }

  const Validator validator_ = Compiled(Note::descriptor());
  Note note_ = GoodNote();
};

TEST_F(NoteTest, TakesWhatFollowsTheRules) { EXPECT_THAT(Wrong(note_), IsEmpty()); }

TEST_F(NoteTest, ReportsEveryMissingField) {
  EXPECT_THAT(Wrong(Note()), ElementsAre("title: must not be empty", "kind: must be set",
                                         "targets: must have at least one element", "agreed: must be true"));
}

TEST_F(NoteTest, ReportsViolationsAtAllDepthsAtOnce) {
  Note note = note_;
  note.set_title("一二三四五六七八九十一");
  note.add_targets()->set_system("organizations/acme");
  note.mutable_detail()->set_code("ab");
  (*note.mutable_labels())["floor"] = "3";
  (*note.mutable_details())["x"].set_code("abc");
  EXPECT_THAT(Wrong(note), ElementsAre("title: must have at most 10 characters",
                                       "targets[1].system: must be a name like organizations/*/systems/*",
                                       "targets[1].to_version: must not be empty", "detail.code: must match [A-Z]{3}",
                                       "labels[\"floor\"]: must have at most 4 characters",
                                       "details[\"x\"].code: must match [A-Z]{3}"));
}

TEST_F(NoteTest, CountsCharactersNotBytes) {
  note_.set_title("一二三四五六七八九十");
  EXPECT_THAT(Wrong(note_), IsEmpty());
  note_.set_title("一二三四五六七八九十x");
  EXPECT_THAT(Wrong(note_), SizeIs(1));
}

TEST_F(NoteTest, MinLengthIsForTextsThatAreThere) {
  note_.mutable_detail()->set_code("ABC");
  EXPECT_THAT(Wrong(note_), IsEmpty());
  note_.mutable_detail()->set_remark("二字");
  EXPECT_THAT(Wrong(note_), ElementsAre("detail.remark: must have at least 3 characters"));
}

TEST_F(NoteTest, PatternsMatchTheWholeText) {
  for (const char* wrong : {"ABCD", "xABC", "ABC\n", "abc"}) {
    note_.mutable_detail()->set_code(wrong);
    EXPECT_THAT(Wrong(note_), ElementsAre("detail.code: must match [A-Z]{3}")) << wrong;
  }
}

TEST_F(NoteTest, RefusesControlCharactersInAnyText) {
  note_.set_free_text("line one\n\tline two");
  EXPECT_THAT(Wrong(note_), IsEmpty());
  for (const std::string& wrong : {std::string("a\0b", 3), std::string("\x1b[31m"), std::string("a\r\n"),
                                   std::string("\x01"), std::string("a\x7f"), std::string("门禁\xc2\x9b"),
                                   std::string("\xc2\x80 long enough to be looked at eight bytes at a time")}) {
    note_.set_free_text(wrong);
    EXPECT_THAT(Wrong(note_),
                ElementsAre("free_text: must not contain control characters other than line feed and tab"));
  }
  note_.clear_free_text();
  (*note_.mutable_labels())["a\x02"] = "x";
  EXPECT_THAT(Wrong(note_),
              ElementsAre("labels[\"a\"]: must not contain control characters other than line feed and tab"));
}

TEST_F(NoteTest, BoundsEveryTextThatSetsNoBound) {
  note_.set_free_text(std::string(10'000, 'x'));
  EXPECT_THAT(Wrong(note_), IsEmpty());
  note_.set_free_text(std::string(10'001, 'x'));
  EXPECT_THAT(Wrong(note_), ElementsAre("free_text: must have at most 10000 characters"));
  std::string characters;
  for (int i = 0; i < 10'000; ++i) characters += "字";
  note_.set_free_text(characters);
  EXPECT_THAT(Wrong(note_), IsEmpty());
}

TEST_F(NoteTest, BoundsEveryList) {
  for (int i = 0; i < 1000; ++i) note_.add_plain_numbers(i);
  EXPECT_THAT(Wrong(note_), IsEmpty());
  note_.add_plain_numbers(0);
  EXPECT_THAT(Wrong(note_), ElementsAre("plain_numbers: must have at most 1000 elements"));
  note_ = GoodNote();
  for (int i = 0; i < 3; ++i) *note_.add_targets() = note_.targets(0);
  EXPECT_THAT(Wrong(note_), ElementsAre("targets: must have at most 3 elements"));
  note_ = GoodNote();
  for (const char* key : {"a", "b", "c"}) (*note_.mutable_labels())[key] = "";
  EXPECT_THAT(Wrong(note_), ElementsAre("labels: must have at most 2 elements"));
}

TEST_F(NoteTest, ChecksEveryElement) {
  note_.add_links("short");
  note_.add_links("too long");
  note_.add_numbers(1);
  note_.add_numbers(2);
  note_.add_numbers(-2);
  EXPECT_THAT(Wrong(note_),
              ElementsAre("links[1]: must have at most 5 characters", "numbers[1]: must be between -1 and 1",
                          "numbers[2]: must be between -1 and 1"));
}

TEST_F(NoteTest, ChecksOptionalNumbersOnlyWhenSet) {
  EXPECT_THAT(Wrong(note_), IsEmpty());
  note_.set_score(0);
  EXPECT_THAT(Wrong(note_), ElementsAre("score: must be between 1 and 10"));
  note_.set_score(10);
  EXPECT_THAT(Wrong(note_), IsEmpty());
  note_.set_size(101);
  EXPECT_THAT(Wrong(note_), ElementsAre("size: must be between 0 and 100"));
  note_.set_size(UINT64_MAX);
  EXPECT_THAT(Wrong(note_), ElementsAre("size: must be between 0 and 100"));
}

TEST_F(NoteTest, RefusesWhatIsNoNumber) {
  note_.set_weight(std::nan(""));
  EXPECT_THAT(Wrong(note_), ElementsAre("weight: must be a number"));
  note_.set_weight(HUGE_VAL);
  EXPECT_THAT(Wrong(note_), IsEmpty());
}

TEST_F(NoteTest, RefusesEnumValuesThatTheContractDoesNotName) {
  note_.set_kind(static_cast<Note::Kind>(77));
  EXPECT_THAT(Wrong(note_), ElementsAre("kind: must be a value of docket.rpctest.v1.Note.Kind"));
}

TEST_F(NoteTest, ChecksTimes) {
  note_.mutable_due_time()->set_seconds(946684799);
  EXPECT_THAT(Wrong(note_), ElementsAre("due_time: must lie between 946684800 and 253402300799 seconds since 1970"));
  note_.mutable_due_time()->set_seconds(253402300799);
  note_.mutable_due_time()->set_nanos(999'999'999);
  EXPECT_THAT(Wrong(note_), IsEmpty());
  note_.mutable_due_time()->set_nanos(1'000'000'000);
  EXPECT_THAT(Wrong(note_), ElementsAre("due_time: must be a time between the years 1 and 9999"));
  note_.mutable_due_time()->set_nanos(-1);
  EXPECT_THAT(Wrong(note_), SizeIs(1));
}

TEST_F(NoteTest, ChecksDurations) {
  note_.mutable_effort()->set_seconds(3600);
  EXPECT_THAT(Wrong(note_), IsEmpty());
  note_.mutable_effort()->set_nanos(1);
  EXPECT_THAT(Wrong(note_), ElementsAre("effort: must be between 0 and 3600 seconds"));
  note_.mutable_effort()->set_nanos(-1);
  EXPECT_THAT(Wrong(note_), ElementsAre("effort: must be a duration of at most 10000 years"));
  note_.mutable_effort()->set_seconds(0);
  EXPECT_THAT(Wrong(note_), ElementsAre("effort: must be between 0 and 3600 seconds"));
}

TEST_F(NoteTest, ChecksBytes) {
  note_.set_digest("abcde");
  EXPECT_THAT(Wrong(note_), ElementsAre("digest: must have at most 4 bytes"));
  note_.set_digest("a");
  EXPECT_THAT(Wrong(note_), ElementsAre("digest: must have at least 2 bytes"));
  note_.set_digest(std::string("\0\xff", 2));
  EXPECT_THAT(Wrong(note_), IsEmpty());
}

TEST_F(NoteTest, ChecksTheMemberOfAOneofThatIsSet) {
  note_.set_room("too long");
  EXPECT_THAT(Wrong(note_), ElementsAre("room: must have at most 5 characters"));
  note_.mutable_building();
  EXPECT_THAT(Wrong(note_), ElementsAre("building.code: must not be empty"));
}

TEST_F(NoteTest, LimitsNesting) {
  Note* innermost = &note_;
  // The 15th note holds its targets at level 16.
  for (int i = 0; i < 14; ++i) {
    *innermost->mutable_child() = GoodNote();
    innermost = innermost->mutable_child();
  }
  EXPECT_THAT(Wrong(note_), IsEmpty());
  *innermost->mutable_child() = GoodNote();
  const std::vector<std::string> wrong = Wrong(note_);
  ASSERT_THAT(wrong, SizeIs(1));
  EXPECT_THAT(wrong[0], ::testing::EndsWith("targets[0]: nests deeper than 16 levels"));
}

TEST_F(NoteTest, ReportsNoMoreThanAHundredViolations) {
  for (int i = 0; i < 1000; ++i) note_.add_numbers(9);
  EXPECT_THAT(Wrong(note_), SizeIs(100));
}

TEST_F(NoteTest, LeavesOutputOnlyFieldsUncheckedAndEmptiesThem) {
  note_.set_state("much too long");
  note_.mutable_chosen()->set_system("nonsense");
  note_.mutable_child()->CopyFrom(GoodNote());
  note_.mutable_child()->set_state("x");
  note_.set_name("organizations/acme/notes/1");
  note_.set_etag("e");
  EXPECT_THAT(Wrong(note_), IsEmpty());
  validator_.ClearOutputOnly(&note_);
  EXPECT_EQ(note_.state(), "");
  EXPECT_FALSE(note_.has_chosen());
  EXPECT_EQ(note_.child().state(), "");
  EXPECT_EQ(note_.child().title(), "标题");
  EXPECT_EQ(note_.name(), "organizations/acme/notes/1");
  EXPECT_EQ(note_.etag(), "e");
}

TEST_F(NoteTest, NamesLongAndOddMapKeysSafely) {
  (*note_.mutable_labels())["\xc2\x9b\x7f" + std::string(60, 'k') + "\"\n"] = "";
  const std::vector<std::string> wrong = Wrong(note_);
  ASSERT_THAT(wrong, SizeIs(2));
  EXPECT_EQ(wrong[1], "labels[\"" + std::string(47, 'k') + "…\"]: must have at most 4 characters");
}

TEST(ValidatorTest, ReportsPathsFromTheRequest) {
  const Validator validator = Compiled(CreateNoteRequest::descriptor());
  CreateNoteRequest request = GoodRequest();
  EXPECT_TRUE(validator.Validate(request).ok());
  request.mutable_note()->mutable_targets(0)->clear_to_version();
  request.clear_parent();
  EXPECT_THAT(Violations(validator.Validate(request)),
              ElementsAre("parent: must not be empty", "note.targets[0].to_version: must not be empty"));
  request.clear_note();
  EXPECT_THAT(Violations(validator.Validate(request)), ElementsAre("parent: must not be empty", "note: must be set"));
}

TEST(ValidatorTest, KeepsReferencesWithinTheOrganization) {
  const Validator validator = Compiled(CreateNoteRequest::descriptor());
  CreateNoteRequest request = GoodRequest();
  request.mutable_note()->set_owner("services/request");
  EXPECT_TRUE(validator.ValidateWithin(request, "organizations/acme").ok());
  request.mutable_note()->mutable_targets(0)->set_system("organizations/other/systems/doors");
  request.mutable_note()->set_owner("organizations/acme-2/people/li");
  EXPECT_TRUE(validator.Validate(request).ok());
  EXPECT_THAT(Violations(validator.ValidateWithin(request, "organizations/acme")),
              ElementsAre("note.targets[0].system: must belong to organizations/acme",
                          "note.owner: must belong to organizations/acme"));
}

TEST(ValidatorTest, CountsSeparateElementsAndDoesNotLookIntoThem) {
  const Validator validator = Compiled(CreateNotesRequest::descriptor());
  CreateNotesRequest request;
  request.set_parent("organizations/acme");
  EXPECT_THAT(Violations(validator.Validate(request)), ElementsAre("requests: must have at least one element"));
  request.add_requests()->mutable_note()->set_title("一二三四五六七八九十一");
  *request.add_requests() = GoodRequest();
  request.mutable_requests(1)->set_parent("organizations/other");
  EXPECT_TRUE(validator.ValidateWithin(request, "organizations/acme").ok());
  request.add_requests();
  request.clear_parent();
  EXPECT_THAT(Violations(validator.ValidateWithin(request, "organizations/acme")),
              ElementsAre("parent: must not be empty", "requests: must have at most 2 elements"));
}

TEST(ValidatorTest, EmptiesWhatIsOutputOnlyInSeparateElements) {
  CreateNotesRequest request;
  *request.add_requests() = GoodRequest();
  request.mutable_requests(0)->mutable_note()->set_state("x");
  Compiled(CreateNotesRequest::descriptor()).ClearOutputOnly(&request);
  EXPECT_EQ(request.requests(0).note().state(), "");
  EXPECT_EQ(request.requests(0).note().title(), "标题");
}

TEST(ValidatorTest, ACopyNeedsNoOriginal) {
  auto original = std::make_unique<Validator>(Compiled(CreateNoteRequest::descriptor()));
  const Validator copy(*original);
  original.reset();
  EXPECT_TRUE(copy.Validate(GoodRequest()).ok());
  EXPECT_FALSE(copy.Validate(CreateNoteRequest()).ok());
}

class UpdateTest : public ::testing::Test {
 protected:
  UpdateTest() {
    request_.set_request_id("0194c2f0-3d1a-7c5e-9b21-6f0a4d8e2c17");
    request_.mutable_note()->set_name("organizations/acme/notes/1");
  }
  absl::Status Check() const { return validator_.Validate(request_); }

  const Validator validator_ = Compiled(UpdateNoteRequest::descriptor());
  UpdateNoteRequest request_;
};

TEST_F(UpdateTest, NeedsNoMoreThanTheMaskNames) {
  request_.mutable_note()->set_title("新标题");
  request_.mutable_update_mask()->add_paths("title");
  EXPECT_TRUE(Check().ok()) << Check();
}

TEST_F(UpdateTest, RefusesToEmptyARequiredField) {
  request_.mutable_update_mask()->add_paths("title");
  request_.mutable_update_mask()->add_paths("targets");
  EXPECT_THAT(Violations(Check()),
              ElementsAre("note.title: must not be empty", "note.targets: must have at least one element"));
}

TEST_F(UpdateTest, WithoutAMaskTakesWhatIsSet) {
  request_.mutable_note()->set_title("新标题");
  EXPECT_TRUE(Check().ok()) << Check();
  request_.mutable_note()->set_title("一二三四五六七八九十一");
  EXPECT_THAT(Violations(Check()), ElementsAre("note.title: must have at most 10 characters"));
}

TEST_F(UpdateTest, ReplacesASubmessageAsAWholeOrReachesIntoIt) {
  request_.mutable_note()->mutable_detail()->set_remark("remar");
  request_.mutable_update_mask()->add_paths("detail");
  EXPECT_THAT(Violations(Check()), ElementsAre("note.detail.code: must not be empty"));
  request_.mutable_update_mask()->set_paths(0, "detail.remark");
  EXPECT_TRUE(Check().ok()) << Check();
  request_.mutable_update_mask()->set_paths(0, "detail.code");
  EXPECT_THAT(Violations(Check()), ElementsAre("note.detail.code: must not be empty"));
}

TEST_F(UpdateTest, NeedsTheMessageItself) {
  request_.clear_note();
  EXPECT_THAT(Violations(Check()), ElementsAre("note: must be set"));
}

TEST_F(UpdateTest, ChecksTheMask) {
  request_.mutable_update_mask()->add_paths("name");
  request_.mutable_update_mask()->add_paths("nonsense");
  const absl::Status status = Check();
  EXPECT_EQ(GetReason(status), Reason::REASON_INVALID_UPDATE_MASK);
  EXPECT_THAT(Violations(status), ElementsAre("update_mask.paths[0]: names a field that cannot change after creation",
                                              "update_mask.paths[1]: names no field"));
}

TEST_F(UpdateTest, ReportsTheMaskBesideOtherFields) {
  request_.clear_request_id();
  request_.mutable_update_mask()->add_paths("nonsense");
  const absl::Status status = Check();
  EXPECT_EQ(GetReason(status), Reason::REASON_INVALID_FIELDS);
  EXPECT_THAT(Violations(status),
              UnorderedElementsAre("request_id: must not be empty", "update_mask.paths[0]: names no field"));
}

TEST(WrongRulesTest, DoNotCompile) {
  for (const google::protobuf::Descriptor* descriptor :
       {rpctest::v1::BadPattern::descriptor(), rpctest::v1::BadResource::descriptor(),
        rpctest::v1::BadBounds::descriptor(), rpctest::v1::HalfBounds::descriptor(),
        rpctest::v1::BadLength::descriptor(), rpctest::v1::SeparateText::descriptor(),
        rpctest::v1::SeparateMessage::descriptor(), rpctest::v1::SeparateMap::descriptor()}) {
    const absl::StatusOr<Validator> validator = Validator::Compile(descriptor);
    EXPECT_EQ(validator.status().code(), absl::StatusCode::kInternal) << descriptor->name();
    EXPECT_THAT(std::string(validator.status().message()), ::testing::HasSubstr(descriptor->field(0)->full_name()));
  }
}

}  // namespace
}  // namespace docket
