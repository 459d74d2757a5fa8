// What every sub-room of the service works with.
#ifndef DOCKET_SERVICES_REQUEST_ROOM_PARTS_H_
#define DOCKET_SERVICES_REQUEST_ROOM_PARTS_H_

#include <functional>
#include <string>

#include "common/clock/clock.h"
#include "common/identifier/uuid.h"
#include "common/log/logger.h"
#include "common/mutation/mutation.h"
#include "common/page_token/page_token.h"
#include "services/request/catalog_store.h"
#include "services/request/directory_store.h"
#include "services/request/request_store.h"
#include "services/request/tally/tally_store.h"

namespace docket::mysql {
class Pool;
}  // namespace docket::mysql

namespace docket::request {

// All must outlive the rooms.
struct RoomParts {
  mysql::Pool& pool;
  DirectoryStore& directory;
  CatalogStore& catalog;
  RequestStore& requests;
  const TallyStore& tallies;
  Mutations& mutations;
  const PageTokenCodec& page_tokens;
  Clock& clock;
  UuidGenerator& uuids;
  Logger& logger;
  // `services/request`.
  std::string source;
  // Called after a worker left events.
  std::function<void()> wake_relay;
};

}  // namespace docket::request

#endif  // DOCKET_SERVICES_REQUEST_ROOM_PARTS_H_
