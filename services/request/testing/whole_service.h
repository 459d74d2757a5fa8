// The whole request service in a test: its handlers behind a real gRPC server, on a database of its own, with a clock
// that the test moves. Two organisations are set up: `yunqi`, a property company, and `library`.
#ifndef DOCKET_SERVICES_REQUEST_TESTING_WHOLE_SERVICE_H_
#define DOCKET_SERVICES_REQUEST_TESTING_WHOLE_SERVICE_H_

#include <functional>
#include <initializer_list>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/clock/clock.h"
#include "common/events/event_receiver.h"
#include "common/identifier/uuid.h"
#include "common/log/logger.h"
#include "common/mutation/mutation.h"
#include "common/mysql/pool.h"
#include "common/page_token/page_token.h"
#include "common/rpc/testing/test_server.h"
#include "docket/event/v1/event.pb.h"
#include "docket/event/v1/event_sink.pb.h"
#include "docket/request/v1/catalog_service.pb.h"
#include "docket/request/v1/catalog_transfer_service.pb.h"
#include "docket/request/v1/directory_service.pb.h"
#include "docket/request/v1/request_service.pb.h"
#include "docket/request/v1/version_drift_service.pb.h"
#include "services/request/serving/request_rooms.h"
#include "tests/support/mariadb.h"

namespace docket::request {

// A database with all tables of the service, and a pool. Ends the test program where they cannot be made.
class MigratedDatabase {
 public:
  MigratedDatabase();
  mysql::Pool& pool() { return *pool_; }

 private:
  tests::TestDatabase database_;
  std::unique_ptr<mysql::Pool> pool_;
};

// Someone of a department, as the gateway would stamp them.
common::v1::Principal PersonOf(absl::string_view organization, absl::string_view person, absl::string_view department,
                               std::initializer_list<common::v1::Role> roles);

class WholeService {
 public:
  WholeService();

  template <typename Reply>
  absl::StatusOr<Reply> Call(absl::string_view method, const common::v1::Principal& principal,
                             const google::protobuf::Message& request) {
    return server_->Call<Reply>(absl::StrCat("docket.request.v1.", method), principal, request);
  }

  // A filled-in form for 门禁管理软件 4.1.0 → 4.2.0 and its 人脸引擎 2.0 → 2.1.
  static v1::Request Form();
  // Requests of the author's on their way. The test program ends where a step fails.
  v1::Request Create(const common::v1::Principal& author, const v1::Request& form);
  v1::Request Submitted();
  v1::Request Endorsed();
  v1::Request Accepted();

  // A transition by name and request_id, e.g. Act<v1::SubmitRequestRequest>("SubmitRequest", author, name).
  template <typename Call>
  absl::StatusOr<v1::Request> Act(absl::string_view method, const common::v1::Principal& principal,
                                  const std::string& name, const std::function<void(Call&)>& fill = nullptr) {
    Call call;
    call.set_name(name);
    call.set_request_id(NewRequestId());
    if (fill) fill(call);
    return this->Call<v1::Request>(absl::StrCat("RequestService/", method), principal, call);
  }

  // As the author sees it.
  v1::Request Get(const std::string& name);
  // The head sends it back.
  void Return(const std::string& name);
  // Edits a draft or a returned request of the author's.
  void GiveSource(const std::string& name, v1::Request::Source source, const std::string& reference);
  // Delivers one event about a change as that service would, and returns the verdict.
  event::v1::DeliveryResult Deliver(const event::v1::Event& event);
  event::v1::Event EventOf(absl::string_view source, const std::string& change,
                           const google::protobuf::Message& payload);

  // What the service has reported so far, oldest first.
  std::vector<event::v1::Event> Events();
  // The last one of a type; ends the test program where there is none.
  event::v1::Event LastEvent(absl::string_view type);
  // Those of a type, oldest first, and how many.
  std::vector<event::v1::Event> EventsOf(absl::string_view type);
  int CountEvents(absl::string_view type) { return static_cast<int>(EventsOf(type).size()); }

  // Until a transaction waits for a row that another one holds; the test program ends where none does within ten
  // seconds.
  void AwaitLockWait();

  std::string NewRequestId() { return FormatUuid(uuids_.Next()); }
  RequestRoom& requests() { return rooms_.requests(); }
  CollectionRoom& collection() { return rooms_.collection(); }
  FakeClock& clock() { return clock_; }
  mysql::Pool& pool() { return database_.pool(); }
  // For rooms that a test makes itself, beside those that serve: a second replica's.
  const RoomParts& room_parts() const { return rooms_.room_parts(); }
  rpc::testing::TestServer& server() { return *server_; }

  const common::v1::Principal administrator, author, head, other_head, director, auditor, executive;

 private:
  void SetUpOrganizations();

  MigratedDatabase database_;
  FakeClock clock_;
  UuidGenerator uuids_;
  Logger logger_;
  PageTokenCodec page_tokens_;
  RequestRooms rooms_;
  std::unique_ptr<rpc::testing::TestServer> server_;
};

}  // namespace docket::request

#endif  // DOCKET_SERVICES_REQUEST_TESTING_WHOLE_SERVICE_H_
