// Exports through the whole service: whole, bound, resumed, recorded.
#include "services/audit/export/export_service.h"

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_split.h"
#include "docket/event/v1/export_events.pb.h"
#include "docket/event/v1/platform_events.pb.h"
#include "docket/request/v1/feedback.pb.h"
#include "google/protobuf/util/json_util.h"
#include "services/audit/export/csv_row.h"
#include "services/audit/testing/audit_service_fixture.h"

namespace docket::audit {
namespace {

using absl::StatusCode;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;
using tests::IsOk;
using tests::StatusIs;
using Format = v1::ExportEntriesRequest;

class ExportServiceTest : public AuditServiceTest {
 protected:
  ExportServiceTest() {
    rpc::MethodTable table;
    export_service_.Register(table);
    export_server_ = std::make_unique<rpc::testing::TestServer>(std::move(table));
  }

  v1::ExportEntriesRequest Request(Format::Format format, const std::string& filter = "") {
    v1::ExportEntriesRequest request;
    request.set_parent("organizations/yunqi");
    request.set_format(format);
    request.set_filter(filter);
    return request;
  }
  std::unique_ptr<rpc::testing::TestStream> Stream(const v1::ExportEntriesRequest& request,
                                                   const common::v1::Principal& who) {
    return export_server_->Stream("docket.audit.v1.ExportService/ExportEntries", who, request, absl::Seconds(30));
  }
  struct Export {
    std::string bytes;
    std::vector<v1::ExportEntriesResponse> answers;
    absl::Status status;
    const v1::ExportTrailer& trailer() const { return answers.back().trailer(); }
  };
  Export Run(const v1::ExportEntriesRequest& request) { return Run(request, auditor_); }
  Export Run(const v1::ExportEntriesRequest& request, const common::v1::Principal& who) {
    const auto stream = Stream(request, who);
    Export result;
    v1::ExportEntriesResponse answer;
    while (stream->Read(&answer)) {
      EXPECT_LE(answer.data().size(), size_t{256} << 10);
      result.bytes += answer.data();
      result.answers.push_back(answer);
    }
    result.status = stream->Finish();
    return result;
  }
  static void ExpectWhole(const Export& result, int64_t rows) {
    ASSERT_THAT(result.status, IsOk());
    ASSERT_FALSE(result.answers.empty());
    ASSERT_TRUE(result.answers.back().has_trailer());
    EXPECT_EQ(result.trailer().row_count(), rows);
    EXPECT_EQ(result.trailer().byte_count(), static_cast<int64_t>(result.bytes.size()));
    EXPECT_EQ(result.trailer().sha256(), merkle::Sha256(result.bytes).ToBytes());
  }
  // Takes several answers.
  static event::v1::EvidenceRead Large() {
    event::v1::EvidenceRead large;
    large.set_query(std::string(900 << 10, 'x'));
    return large;
  }
  template <typename Payload>
  std::vector<Payload> Recorded() {
    std::vector<Payload> recorded;
    const auto rows = OrExit(db_.pool().Query(Soon(), "SELECT log_index FROM entry WHERE type = ? ORDER BY log_index",
                                              mysql::Params{Payload::descriptor()->name()}),
                             "recorded");
    for (const mysql::Row& row : rows) {
      const auto entries = OrExit(log_->store.ReadEntries(row.UInt(0), row.UInt(0) + 1, Soon()), "entry");
      const v1::LogEntry shown = LogView(log_->store, log_->guard).Show(entries.at(0));
      EXPECT_TRUE(shown.event().payload().UnpackTo(&recorded.emplace_back()));
      EXPECT_EQ(shown.event().actor().name(), auditor_.name());
    }
    return recorded;
  }

  ExportService export_service_{
      {.store = &log_->store, .guard = &log_->guard, .reads = &reads_, .page_tokens = &page_tokens_}};
  std::unique_ptr<rpc::testing::TestServer> export_server_;
};

TEST_F(ExportServiceTest, ATableHasARowForEachEntry) {
  event::v1::Event event = NewEvent("=HYPERLINK(\"http://x\"), 急\n😀");
  event.add_systems("organizations/yunqi/systems/door");
  Put({event, EventOfLibrary(), NewEvent()});
  const Export result = Run(Request(Format::FORMAT_CSV));
  ExpectWhole(result, 2);
  EXPECT_EQ(result.trailer().first_index(), 0);
  EXPECT_EQ(result.trailer().last_index(), 2);
  EXPECT_EQ(result.trailer().log_size(), 3);
  EXPECT_THAT(result.bytes, StartsWith("\"index\",\"receive_time\","));
  EXPECT_THAT(result.bytes, HasSubstr(",\"'=HYPERLINK(\"\"http://x\"\"), 急\n😀\","));
  EXPECT_THAT(result.bytes, HasSubstr("\r\n0,\"2026-09-21T14:13:20Z\""));
  EXPECT_THAT(result.bytes, HasSubstr("\r\n2,"));
  EXPECT_THAT(result.bytes, HasSubstr("\"organizations/yunqi/systems/door\""));
  EXPECT_THAT(result.bytes, Not(HasSubstr("library")));
  v1::ExportEntriesRequest marked = Request(Format::FORMAT_CSV);
  marked.set_byte_order_mark(true);
  EXPECT_THAT(Run(marked).bytes, StartsWith(absl::StrCat(std::string(kByteOrderMark), "\"index\"")));
}

TEST_F(ExportServiceTest, EachLineOfJsonIsAnEntry) {
  Put({NewEvent("一"), NewEvent("二\n\u2028\"")});
  const Export result = Run(Request(Format::FORMAT_JSON_LINES));
  ExpectWhole(result, 2);
  const std::vector<std::string> lines = absl::StrSplit(result.bytes, '\n');
  ASSERT_EQ(lines.size(), 3u);
  EXPECT_EQ(lines[2], "");
  v1::ExportedEntry entry;
  ASSERT_TRUE(google::protobuf::util::JsonStringToMessage(lines[1], &entry).ok()) << lines[1];
  EXPECT_EQ(entry.index(), 1);
  EXPECT_EQ(entry.event().reason(), "二\n\u2028\"");
  EXPECT_EQ(entry.event().actor().display_name(), "李娜");
  EXPECT_EQ(entry.leaf_sha256(), Leaves().at(1).ToHex());
  EXPECT_THAT(lines[1], HasSubstr("RequestSubmitted"));
  EXPECT_THAT(lines[1], HasSubstr("\"occur_time\""));
}

TEST_F(ExportServiceTest, APayloadOfAnUnknownTypeIsKept) {
  event::v1::Event event = NewEvent();
  event.mutable_payload()->set_type_url("type.googleapis.com/docket.event.v1.FromTheFuture");
  event.mutable_payload()->set_value("bytes");
  Put({event});
  const Export result = Run(Request(Format::FORMAT_JSON_LINES));
  ExpectWhole(result, 1);
  v1::ExportedEntry entry;
  ASSERT_TRUE(
      google::protobuf::util::JsonStringToMessage(std::string(absl::StripSuffix(result.bytes, "\n")), &entry).ok());
  EXPECT_EQ(entry.unknown_payload(), "bytes");
  EXPECT_EQ(entry.event().subject(), event.subject());
  ExpectWhole(Run(Request(Format::FORMAT_CSV, "index = 0")), 1);
}

TEST_F(ExportServiceTest, SensitiveFieldsStayOut) {
  // Events' own payloads have none today; a message of the contract that has some stands for those to come.
  request::v1::Feedback feedback;
  feedback.set_name("organizations/yunqi/feedback/f1");
  feedback.set_text("王女士说门禁坏了");
  feedback.set_reporter("wang@example.com");
  event::v1::Event event = NewEvent();
  event.mutable_payload()->PackFrom(feedback);
  Put({event});
  for (const Format::Format format : {Format::FORMAT_CSV, Format::FORMAT_JSON_LINES}) {
    const Export result = Run(Request(format, "index = 0"));
    ExpectWhole(result, 1);
    EXPECT_THAT(result.bytes, HasSubstr("organizations/yunqi/feedback/f1"));
    EXPECT_THAT(result.bytes, Not(HasSubstr("王女士")));
    EXPECT_THAT(result.bytes, Not(HasSubstr("wang@example.com")));
  }
}

TEST_F(ExportServiceTest, IsBoundToTheLogAsItWasAndToItsFilter) {
  Put(NewEvents(300));
  event::v1::Event other = NewEvent();
  other.set_type("RequestDeclined");
  Put({other});
  const Export declined = Run(Request(Format::FORMAT_JSON_LINES, "type = \"RequestDeclined\""));
  ExpectWhole(declined, 1);
  EXPECT_EQ(declined.trailer().first_index(), 300);
  const Export none = Run(Request(Format::FORMAT_CSV, "type = \"None\""));
  ExpectWhole(none, 0);
  EXPECT_EQ(none.trailer().last_index(), 0);
  EXPECT_THAT(none.bytes, StartsWith("\"index\""));
  EXPECT_EQ(Run(Request(Format::FORMAT_JSON_LINES, "type = \"None\"")).bytes, "");
}

TEST_F(ExportServiceTest, ResumesWhereverItBroke) {
  for (int i = 0; i < 6; ++i) {
    std::vector<event::v1::Event> events = NewEvents(60);
    // One row that takes several answers.
    if (i == 3) events[5].mutable_payload()->PackFrom(Large());
    for (auto& event : events) event.set_method(std::string(150, 'm'));
    Put(events);
  }
  v1::ExportEntriesRequest request = Request(Format::FORMAT_JSON_LINES);
  const Export whole = Run(request);
  ExpectWhole(whole, 360);
  ASSERT_GT(whole.answers.size(), 3u);
  Put(NewEvents(5));
  int resumed = 0;
  for (size_t cut = 0; cut + 1 < whole.answers.size(); ++cut) {
    if (whole.answers[cut].resume_token().empty()) continue;
    request.set_resume_token(whole.answers[cut].resume_token());
    const Export rest = Run(request);
    ASSERT_THAT(rest.status, IsOk());
    const std::string bytes = whole.bytes.substr(0, static_cast<size_t>(whole.answers[cut].byte_count())) + rest.bytes;
    EXPECT_EQ(bytes, whole.bytes) << cut;
    EXPECT_EQ(rest.trailer().sha256(), whole.trailer().sha256());
    EXPECT_EQ(rest.trailer().row_count(), 360);
    EXPECT_EQ(rest.trailer().log_size(), 360);
    ++resumed;
  }
  EXPECT_GT(resumed, 1);
  const auto started = Recorded<event::v1::EntriesExportStarted>();
  ASSERT_EQ(started.size(), static_cast<size_t>(resumed) + 1);
  EXPECT_EQ(started[0].rows_before(), 0);
  EXPECT_GT(started[1].rows_before(), 0);
}

TEST_F(ExportServiceTest, ATokenGoesOnOnlyWithWhatItBeganWith) {
  Put(NewEvents(3));
  v1::ExportEntriesRequest request = Request(Format::FORMAT_CSV);
  const std::string token = Run(request).answers.front().resume_token();
  ASSERT_FALSE(token.empty());
  request.set_resume_token(token);
  const Export again = Run(request);
  ASSERT_THAT(again.status, IsOk());
  EXPECT_EQ(again.bytes, "") << "all rows were sent before the token";
  EXPECT_EQ(again.trailer().row_count(), 3);
  request.set_filter("type = \"x\"");
  EXPECT_THAT(Run(request).status, StatusIs(StatusCode::kInvalidArgument, Reason::REASON_INVALID_PAGE_TOKEN));
  request.set_filter("");
  request.set_format(Format::FORMAT_JSON_LINES);
  EXPECT_THAT(Run(request).status, StatusIs(StatusCode::kInvalidArgument, Reason::REASON_INVALID_PAGE_TOKEN));
  request.set_format(Format::FORMAT_CSV);
  request.set_resume_token(token.substr(1));
  EXPECT_THAT(Run(request).status, StatusIs(StatusCode::kInvalidArgument, Reason::REASON_INVALID_PAGE_TOKEN));
}

TEST_F(ExportServiceTest, BeginAndEndAreRecorded) {
  Put(NewEvents(4));
  const Export result = Run(Request(Format::FORMAT_CSV, "index > 0"));
  ExpectWhole(result, 3);
  const auto started = Recorded<event::v1::EntriesExportStarted>();
  ASSERT_EQ(started.size(), 1u);
  EXPECT_EQ(started[0].filter(), "index > 0");
  EXPECT_EQ(started[0].format(), "CSV");
  EXPECT_EQ(started[0].log_size(), 4);
  const auto exported = Recorded<event::v1::EntriesExported>();
  ASSERT_EQ(exported.size(), 1u);
  EXPECT_TRUE(exported[0].complete());
  EXPECT_EQ(exported[0].row_count(), 3);
  EXPECT_EQ(exported[0].first_index(), 1);
  EXPECT_EQ(exported[0].last_index(), 3);
  EXPECT_EQ(exported[0].sha256(), result.trailer().sha256());
}

TEST_F(ExportServiceTest, AnExportThatBreaksOffIsRecordedToo) {
  for (int i = 0; i < 20; ++i) {
    std::vector<event::v1::Event> events = NewEvents(1);
    events[0].mutable_payload()->PackFrom(Large());
    Put(events);
  }
  {
    const auto stream = Stream(Request(Format::FORMAT_JSON_LINES), auditor_);
    v1::ExportEntriesResponse answer;
    ASSERT_TRUE(stream->Read(&answer));
    stream->Cancel();
    while (stream->Read(&answer)) {
    }
  }
  // The handler is gone when the server has ended.
  EXPECT_THAT(export_server_->server().Shutdown(), IsOk());
  const auto exported = Recorded<event::v1::EntriesExported>();
  ASSERT_EQ(exported.size(), 1u);
  EXPECT_FALSE(exported[0].complete());
  EXPECT_LT(exported[0].row_count(), 20);
  EXPECT_EQ(exported[0].sha256(), "");
}

TEST_F(ExportServiceTest, OnlySoManyRunAtATime) {
  Put({NewEvent()});
  ExportService full(
      {.store = &log_->store, .guard = &log_->guard, .reads = &reads_, .page_tokens = &page_tokens_, .max_exports = 1});
  const v1::ExportEntriesRequest request = Request(Format::FORMAT_CSV);
  const rpc::CallContext context({.principal = auditor_, .method = "ExportEntries", .request = &request});
  int answers = 0;
  ExportService::Writer outer([&](const v1::ExportEntriesResponse&) {
    ++answers;
    ExportService::Writer inner([](const v1::ExportEntriesResponse&) { return true; });
    EXPECT_THAT(full.ExportEntries(context, request, inner),
                StatusIs(StatusCode::kResourceExhausted, Reason::REASON_OVERLOADED));
    return true;
  });
  EXPECT_THAT(full.ExportEntries(context, request, outer), IsOk());
  EXPECT_EQ(answers, 2);
  answers = 0;
  EXPECT_THAT(full.ExportEntries(context, request, outer), IsOk());
}

TEST_F(ExportServiceTest, IsForThoseWhoMay) {
  Put({NewEvent()});
  EXPECT_THAT(Run(Request(Format::FORMAT_CSV), requester_).status, StatusIs(StatusCode::kPermissionDenied));
  EXPECT_THAT(Run(Request(Format::FORMAT_CSV), library_auditor_).status, StatusIs(StatusCode::kPermissionDenied));
  EXPECT_THAT(Run(Request(Format::FORMAT_UNSPECIFIED)).status,
              StatusIs(StatusCode::kInvalidArgument, HasSubstr("format")));
  v1::ExportEntriesRequest marked = Request(Format::FORMAT_JSON_LINES);
  marked.set_byte_order_mark(true);
  EXPECT_THAT(Run(marked).status, StatusIs(StatusCode::kInvalidArgument, HasSubstr("byte_order_mark")));
  EXPECT_THAT(Run(Request(Format::FORMAT_CSV, "colour = \"red\"")).status,
              StatusIs(StatusCode::kInvalidArgument, Reason::REASON_INVALID_FILTER));
  EXPECT_EQ(db_.Count("SELECT COUNT(*) FROM entry"), 1);
}

}  // namespace
}  // namespace docket::audit
