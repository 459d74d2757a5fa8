#include "common/process/allocator.h"

#include <cstddef>
#include <cstdlib>

// tcmalloc's, where the program is linked to it (gperftools/malloc_extension_c.h).
extern "C" int MallocExtension_SetNumericProperty(const char* property, size_t value) __attribute__((weak));

namespace docket::process {
namespace {

constexpr size_t kThreadCaches = size_t{256} << 20;

}  // namespace

void SetUpAllocator() {
  if (MallocExtension_SetNumericProperty == nullptr) return;
  if (std::getenv("TCMALLOC_MAX_TOTAL_THREAD_CACHE_BYTES") != nullptr) return;
  MallocExtension_SetNumericProperty("tcmalloc.max_total_thread_cache_bytes", kThreadCaches);
}

}  // namespace docket::process
