#include "services/request/testing/replica.h"

#include <unistd.h>

#include <string>
#include <utility>

namespace docket::request {

Replica::Replica(WholeService& first, mysql::Pool& pool, std::function<void()> wake_relay)
    : uuids_(first.clock()),
      logger_(STDERR_FILENO, Severity::kError, "request", first.clock()),
      page_tokens_(*PageTokenCodec::Create(std::string(32, 'k'))),
      rooms_({.pool = pool,
              .clock = first.clock(),
              .uuids = uuids_,
              .logger = logger_,
              .page_tokens = page_tokens_,
              .source = "services/request",
              .wake_relay = std::move(wake_relay)}) {
  rpc::MethodTable table;
  rooms_.Register(table);
  server_ = std::make_unique<rpc::testing::TestServer>(std::move(table));
}

}  // namespace docket::request
