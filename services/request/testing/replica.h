// Another process of the service, on the database of the first.
#ifndef DOCKET_SERVICES_REQUEST_TESTING_REPLICA_H_
#define DOCKET_SERVICES_REQUEST_TESTING_REPLICA_H_

#include <functional>
#include <memory>

#include "common/identifier/uuid.h"
#include "common/log/logger.h"
#include "common/mysql/pool.h"
#include "common/page_token/page_token.h"
#include "common/rpc/testing/test_server.h"
#include "services/request/serving/request_rooms.h"
#include "services/request/testing/whole_service.h"

namespace docket::request {

class Replica {
 public:
  // `pool` is the replica's way to the database of `first`. Both must outlive it.
  Replica(WholeService& first, mysql::Pool& pool, std::function<void()> wake_relay = nullptr);

  rpc::testing::TestServer& server() { return *server_; }
  RequestRoom& requests() { return rooms_.requests(); }
  RequestCreator& creator() { return rooms_.creator(); }

 private:
  UuidGenerator uuids_;
  Logger logger_;
  PageTokenCodec page_tokens_;
  RequestRooms rooms_;
  std::unique_ptr<rpc::testing::TestServer> server_;
};

}  // namespace docket::request

#endif  // DOCKET_SERVICES_REQUEST_TESTING_REPLICA_H_
