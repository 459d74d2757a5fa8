// Every method, on a file in every state of a request in every state, by everyone in every role and by the request's
// author: who may, what the rest are told, and what becomes of the file, through the real server and database.
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "services/request/attachment/testing/attachment_fixture.h"
#include "services/request/testing/kept_tables.h"
#include "services/request/testing/request_state.h"
#include "services/request/testing/role_caller.h"
#include "services/request/testing/role_walk.h"

namespace docket::request {
namespace {

using absl::StatusCode;
using common::v1::Principal;
using common::v1::Role;
using testing::Changed;
using testing::Denied;
using testing::EveryRoleBut;
using testing::KeptTables;
using testing::kStates;
using testing::Missing;
using testing::RoleWalk;
using testing::Shown;
using testing::Step;
using testing::TextOf;
using testing::Told;
using testing::WrongState;
using tests::IsOk;
using A = v1::Attachment;
using R = v1::Request;
using Text = absl::StatusOr<std::string>;

const std::set<Role> kWriters = {common::v1::ROLE_REQUESTER, common::v1::ROLE_DEPARTMENT_HEAD,
                                 common::v1::ROLE_IT_DIRECTOR, common::v1::ROLE_SYSTEM_ADMIN, common::v1::ROLE_SERVICE};
const std::set<Role> kReaders = EveryRoleBut({common::v1::ROLE_VENDOR, common::v1::ROLE_ADMINISTRATOR});
const std::set<R::State> kBeingWritten = {R::STATE_DRAFT, R::STATE_RETURNED};

// A request and its files, one in each state.
struct Scene {
  std::string request;
  R::State state = R::STATE_DRAFT;
  std::map<A::State, A> files;
  // By name, which is the order of their creation.
  std::string Text(const std::set<A::State>& states = {A::STATE_UPLOADING, A::STATE_READY, A::STATE_DELETED}) const {
    std::map<std::string, std::string> texts;
    for (const auto& [file_state, file] : files) {
      if (states.contains(file.state())) texts[file.name()] = file.DebugString();
    }
    std::string text;
    for (const auto& [name, file_text] : texts) text += file_text;
    return text;
  }
};

class AttachmentRoleTest : public AttachmentRoomTest {
 protected:
  AttachmentRoleTest() {
    draft_ = Scene{.request = Draft()};
    sent_ = Scene{.request = Draft()};
    for (Scene* scene : {&draft_, &sent_}) {
      const std::string half_way = AnnouncePdf(scene->request, content_);
      EXPECT_THAT(Send(service_.author, half_way, 0, content_.substr(0, kChunk)), IsOk());
      const std::string ready = Upload(scene->request, PdfOf(100)).name();
      const std::string gone = Upload(scene->request, PdfOf(100)).name();
      EXPECT_THAT(Delete(service_.author, gone), IsOk());
      for (const std::string& name : {half_way, ready, gone}) {
        const A file = Get(service_.author, name).value_or(A());
        scene->files[file.state()] = file;
      }
    }
    EXPECT_THAT(Submit(sent_.request), IsOk());
    service_.clock().Advance(absl::Hours(1));
    now_.set_seconds(absl::ToUnixSeconds(service_.clock().Now()));
  }

  std::string Look(const std::string& request) {
    const auto page = List(service_.author, request, /*show_deleted=*/true);
    EXPECT_THAT(page, IsOk());
    std::string text;
    if (!page.ok()) return text;
    for (const A& file : page->attachments()) text += file.DebugString();
    return text;
  }

  // What is told of a request before anything is said of its files. Reason::REASON_UNSPECIFIED: it goes on.
  Told OfRequest(const Scene& scene, const Principal& by, bool writes) const {
    const bool is_author = by.name() == service_.author.name();
    if (scene.state == R::STATE_DRAFT && !is_author) return Missing();
    if (!writes) return {};
    if (!is_author) return Denied(StatusCode::kPermissionDenied, Reason::REASON_NOT_CREATOR);
    return kBeingWritten.contains(scene.state) ? Told() : WrongState();
  }
  Told Moved(const Scene& scene, A::State from, const std::string& event, const std::function<void(A& file)>& effect) {
    Scene after = scene;
    A& file = after.files[from];
    *file.mutable_update_time() = now_;
    file.set_etag(absl::StrCat(std::stoi(file.etag()) + 1));
    effect(file);
    return Changed(file.DebugString(), after.Text(), {event});
  }
  // By the request's author while it is written.
  Told Uploaded(const Scene& scene, A::State state) {
    if (state == A::STATE_DELETED) return WrongState();
    // The same bytes again are answered alike.
    if (state == A::STATE_READY) return {.answer = scene.files.at(state).DebugString(), .recorded = true};
    return Moved(scene, state, "AttachmentAdded", [](A& file) {
      file.set_state(A::STATE_READY);
      file.set_received_bytes(file.size_bytes());
    });
  }
  Told Deleted(const Scene& scene, A::State state) {
    if (state == A::STATE_DELETED) return WrongState();
    return Moved(scene, state, "AttachmentDeleted", [](A& file) {
      file.set_state(A::STATE_DELETED);
      file.clear_received_bytes();
    });
  }
  // What is being uploaded is there for its author only.
  Told Read(const Scene& scene, A::State state, const Principal& by) {
    if (state == A::STATE_UPLOADING && by.name() != service_.author.name()) return Missing();
    return Shown(scene.files.at(state).DebugString());
  }
  Told Downloaded(const Scene& scene, A::State state, const Principal& by) {
    const Told read = Read(scene, state, by);
    if (read.expected.code != StatusCode::kOk) return read;
    if (state == A::STATE_READY) return Shown(PdfOf(100));
    return {.expected = {StatusCode::kFailedPrecondition, Reason::REASON_WRONG_STATE}};
  }

  Step ListStep(const Scene& scene) {
    return {.what = "ListAttachments",
            .open_to = kReaders,
            .call = [&](const Principal& by) -> Text {
              const auto page = List(by, scene.request);
              if (!page.ok()) return page.status();
              std::string text;
              for (const A& file : page->attachments()) text += file.DebugString();
              return text;
            },
            .told =
                [&](const Principal& by) {
                  const Told told = OfRequest(scene, by, /*writes=*/false);
                  if (told.expected.code != StatusCode::kOk) return told;
                  return Shown(by.name() == service_.author.name() ? scene.Text({A::STATE_UPLOADING, A::STATE_READY})
                                                                   : scene.Text({A::STATE_READY}));
                }};
  }

  // A method on a file, and what those are told who may do this to files of the request.
  struct Row {
    std::string what;
    bool writes = false;
    std::function<Text(const Principal& by, const A& file)> call;
    std::function<Told(const Scene& scene, A::State state, const Principal& by)> told;
  };
  std::vector<Row> Rows() {
    return {
        {"GetAttachment", false, [this](const Principal& by, const A& file) { return TextOf(Get(by, file.name())); },
         [this](const Scene& scene, A::State state, const Principal& by) { return Read(scene, state, by); }},
        {"DownloadAttachment", false,
         [this](const Principal& by, const A& file) -> Text {
           const auto downloaded = Download(by, file.name());
           if (!downloaded.status.ok()) return downloaded.status;
           return downloaded.content;
         },
         [this](const Scene& scene, A::State state, const Principal& by) { return Downloaded(scene, state, by); }},
        {"UploadAttachmentChunk", true,
         [this](const Principal& by, const A& file) {
           const bool is_small = file.size_bytes() == 100;
           return TextOf(Send(by, file.name(), is_small ? 0 : kChunk, is_small ? PdfOf(100) : content_.substr(kChunk)));
         },
         [this](const Scene& scene, A::State state, const Principal&) { return Uploaded(scene, state); }},
        {"DeleteAttachment", true,
         [this](const Principal& by, const A& file) { return TextOf(Delete(by, file.name())); },
         [this](const Scene& scene, A::State state, const Principal&) { return Deleted(scene, state); }}};
  }

  std::vector<Step> StepsOn(const Scene& scene) {
    std::vector<Step> steps = {ListStep(scene)};
    for (const Row& row : Rows()) {
      for (const auto& [state, file] : scene.files) {
        steps.push_back({.what = absl::StrCat(row.what, " of what is ", A::State_Name(state)),
                         .open_to = row.writes ? kWriters : kReaders,
                         .call = [row, &file = file](const Principal& by) { return row.call(by, file); },
                         .told =
                             [this, row, state = state, &scene](const Principal& by) {
                               const Told told = OfRequest(scene, by, row.writes);
                               return told.expected.code == StatusCode::kOk ? row.told(scene, state, by) : told;
                             }});
      }
    }
    return steps;
  }

  const Principal colleague_ = PersonOf("yunqi", "sun-li", "customer-service", {});
  // Of what is being uploaded.
  const std::string content_ = PdfOf(kChunk + 17);
  google::protobuf::Timestamp now_;
  Scene draft_, sent_;
  KeptTables tables_{service_.pool(), {"attachment", "attachment_chunk", "request", "idempotency"}};
};

TEST_F(AttachmentRoleTest, EveryMethodOnEveryStateInEveryRole) {
  int calls = 0, changes = 0;
  for (const R::State state : kStates) {
    Scene& scene = state == R::STATE_DRAFT ? draft_ : sent_;
    scene.state = state;
    if (state != R::STATE_DRAFT) testing::PutInto(service_, scene.request, state);
    SCOPED_TRACE(absl::StrCat("the request is ", R::State_Name(state)));
    RoleWalk walk(tables_, [&] { return Look(scene.request); }, {service_.author, colleague_});
    walk.Take(StepsOn(scene));
    calls += walk.calls();
    changes += walk.changes();
  }
  EXPECT_EQ(calls, 18 * (1 + 4 * 3) * 4 * 15);
  // By the author in five roles, of a draft and of what was returned: one upload that ends, two deletions.
  EXPECT_EQ(changes, 5 * 2 * (1 + 2));
}

TEST_F(AttachmentRoleTest, WhoMayAnnounceAFile) {
  int changes = 0;
  for (const R::State state : kStates) {
    Scene& scene = state == R::STATE_DRAFT ? draft_ : sent_;
    scene.state = state;
    if (state != R::STATE_DRAFT) testing::PutInto(service_, scene.request, state);
    SCOPED_TRACE(absl::StrCat("the request is ", R::State_Name(state)));
    // The last, without the name that the service gives.
    const auto look = [&] {
      const auto page = List(service_.author, scene.request);
      EXPECT_THAT(page, IsOk());
      if (!page.ok() || page->attachments_size() == 0) return absl::StrCat("none");
      A last = page->attachments(page->attachments_size() - 1);
      last.clear_name();
      return absl::StrCat(page->attachments_size(), " ", last.DebugString());
    };
    RoleWalk walk(tables_, look, {service_.author, colleague_});
    walk.Take({{.what = "CreateAttachment",
                .open_to = kWriters,
                .call = [&](const Principal& by) -> Text {
                  absl::StatusOr<A> made = Announce(by, scene.request, "方案.pdf", "application/pdf", content_);
                  if (made.ok()) made->clear_name();
                  return TextOf(made);
                },
                .told =
                    [&](const Principal& by) {
                      const Told told = OfRequest(scene, by, /*writes=*/true);
                      if (told.expected.code != StatusCode::kOk) return told;
                      A made = scene.files.at(A::STATE_UPLOADING);
                      made.clear_name();
                      made.clear_received_bytes();
                      *made.mutable_create_time() = *made.mutable_update_time() = now_;
                      made.set_etag("1");
                      return Changed(made.DebugString(), absl::StrCat("3 ", made.DebugString()),
                                     {"AttachmentAnnounced"});
                    }}});
    changes += walk.changes();
  }
  EXPECT_EQ(changes, 5 * 2);
}

// Whoever lacks the role or belongs elsewhere does not learn that way what there is.
TEST_F(AttachmentRoleTest, PermissionComesBeforeExistence) {
  testing::PutInto(service_, sent_.request, R::STATE_RETURNED);
  sent_.state = R::STATE_RETURNED;
  std::vector<Step> steps;
  for (const bool has_request : {true, false}) {
    const std::string request = has_request ? sent_.request : "organizations/yunqi/requests/" + service_.NewRequestId();
    A absent = sent_.files[A::STATE_READY];
    absent.set_name(absl::StrCat(request, "/attachments/", service_.NewRequestId()));
    for (const Row& row : Rows()) {
      steps.push_back({.what = absl::StrCat(row.what, " of a request that is ", has_request ? "" : "not ", "there"),
                       .open_to = row.writes ? kWriters : kReaders,
                       .call = [row, absent](const Principal& by) { return row.call(by, absent); },
                       .told =
                           [this, has_request, writes = row.writes](const Principal& by) {
                             const Told told = has_request ? OfRequest(sent_, by, writes) : Missing();
                             return told.expected.code == StatusCode::kOk ? Missing() : told;
                           }});
    }
  }
  RoleWalk walk(tables_, [&] { return Look(sent_.request); }, {service_.author, colleague_});
  walk.Take(steps);
  EXPECT_EQ(walk.changes(), 0);
}

// A new state or method has to be put into the tables above.
TEST_F(AttachmentRoleTest, TheTablesLeaveNothingOut) {
  std::set<std::string> methods = {"CreateAttachment", "ListAttachments"};
  for (const Row& row : Rows()) methods.insert(row.what);
  testing::ExpectAllMethods(v1::CreateAttachmentRequest::descriptor()->file()->FindServiceByName("AttachmentService"),
                            methods);
  std::set<int> states;
  for (const auto& [state, file] : sent_.files) states.insert(state);
  testing::ExpectAllValues(A::State_descriptor(), states);
}

}  // namespace
}  // namespace docket::request
