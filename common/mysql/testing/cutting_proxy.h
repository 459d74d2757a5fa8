// A COMMIT whose answer never comes: a proxy between a pool and the server's socket that cuts connections at it.
//
//   CuttingProxy proxy(database.server().socket());
//   mysql::ConnectionOptions options = database.options();
//   options.socket = proxy.path();
//   const auto pool = mysql::Pool::Create({.connection = options});
//   proxy.CutCommits(Cut::kAfter, 1);
//
// Make it before the pool, so that it goes after it.
#ifndef DOCKET_COMMON_MYSQL_TESTING_CUTTING_PROXY_H_
#define DOCKET_COMMON_MYSQL_TESTING_CUTTING_PROXY_H_

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "tests/support/temp_dir.h"

namespace docket::mysql::testing {

enum class Cut {
  kNot,
  // The server never sees the COMMIT.
  kBefore,
  // The server commits, and its answer is lost.
  kAfter,
  // The connection is cut while the server may still be committing.
  kDuring,
  // The client's end is cut at once; the server gets the COMMIT when DeliverLate says so, and holds its locks until
  // then.
  kLate,
  // The server commits, its answer is lost, and the connection stands.
  kSilent,
};

// Passes bytes between clients and the server's socket.
class CuttingProxy {
 public:
  explicit CuttingProxy(std::string server_socket);
  ~CuttingProxy();

  std::string path() const { return dir_.Path("proxy.sock"); }
  // What happens to the next `times` COMMITs.
  void CutCommits(Cut how, int times);
  // COMMITs wait here from now on, until Release. They are cut as is said by then.
  void Hold();
  // Until this many wait.
  void AwaitHeld(int count);
  void Release();
  void DeliverLate();

  int cuts() const { return cuts_; }
  // All that came, cut or not.
  int commits() const { return commits_; }

 private:
  void Accept();
  Cut TakeCut();
  void Pass(int client, int server);
  // What is left to do with a COMMIT that is cut so.
  void EndCut(Cut cut, int client, int server, absl::string_view command);

  const std::string server_socket_;
  tests::TempDir dir_;
  int listener_ = -1;
  std::atomic<bool> stop_{false};
  std::atomic<int> cuts_{0};
  std::atomic<int> commits_{0};
  absl::Mutex mutex_;
  Cut how_ ABSL_GUARDED_BY(mutex_) = Cut::kNot;
  int times_ ABSL_GUARDED_BY(mutex_) = 0;
  bool open_ ABSL_GUARDED_BY(mutex_) = true;
  bool late_may_go_ ABSL_GUARDED_BY(mutex_) = false;
  int held_ ABSL_GUARDED_BY(mutex_) = 0;
  std::vector<std::thread> connections_;
  std::thread acceptor_;
};

}  // namespace docket::mysql::testing

#endif  // DOCKET_COMMON_MYSQL_TESTING_CUTTING_PROXY_H_
