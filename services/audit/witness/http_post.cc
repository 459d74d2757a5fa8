#include "services/audit/witness/http_post.h"

#include <curl/curl.h>

#include <algorithm>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"

namespace docket::audit {
namespace {

constexpr size_t kMaxAnswerBytes = size_t{64} << 10;
constexpr absl::Duration kConnectLimit = absl::Seconds(3);

// Takes what has arrived; taking less than was given ends the request.
size_t Take(char* data, size_t, size_t size, void* answer) {
  auto& body = *static_cast<std::string*>(answer);
  if (body.size() + size > kMaxAnswerBytes) return 0;
  body.append(data, size);
  return size;
}

struct ListFree {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};

CURL* NewHandle() {
  // Once per process, before the first handle.
  static const CURLcode ready = curl_global_init(CURL_GLOBAL_DEFAULT);
  return ready == CURLE_OK ? curl_easy_init() : nullptr;
}

}  // namespace

struct CurlPoster::Handle {
  CURL* const curl = NewHandle();
  ~Handle() {
    if (curl != nullptr) curl_easy_cleanup(curl);
  }
};

CurlPoster::CurlPoster() : handle_(std::make_unique<Handle>()) {}

CurlPoster::~CurlPoster() = default;

absl::StatusOr<HttpAnswer> CurlPoster::Post(const std::string& url, const std::string& body, absl::Time deadline) {
  absl::MutexLock lock(&mutex_);
  CURL* const curl = handle_->curl;
  if (curl == nullptr) return absl::InternalError("libcurl cannot be used");
  const absl::Duration time = deadline - absl::Now();
  if (time < absl::Milliseconds(1)) return absl::UnavailableError("no time is left");
  const long millis = static_cast<long>(std::min<int64_t>(absl::ToInt64Milliseconds(time), 600'000));
  HttpAnswer answer;
  const std::unique_ptr<curl_slist, ListFree> headers(
      curl_slist_append(curl_slist_append(nullptr, "Content-Type: text/plain; charset=utf-8"), "Expect:"));
  // Keeps the open connections.
  curl_easy_reset(curl);
  curl_easy_setopt(curl, CURLOPT_URL, url.c_str());
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(curl, CURLOPT_PROXY, "");
  curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_USERAGENT, "docket-audit");
  curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers.get());
  curl_easy_setopt(curl, CURLOPT_POST, 1L);
  curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body.data());
  curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body.size()));
  curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, millis);
  curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS,
                   std::min(millis, static_cast<long>(absl::ToInt64Milliseconds(kConnectLimit))));
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, &Take);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, &answer.body);
  const CURLcode code = curl_easy_perform(curl);
  if (code != CURLE_OK) return absl::UnavailableError(absl::StrCat("no answer: ", curl_easy_strerror(code)));
  long status = 0;
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
  answer.status = static_cast<int>(status);
  return answer;
}

}  // namespace docket::audit
