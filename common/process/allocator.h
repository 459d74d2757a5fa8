// How the process's allocator is set up, where it is one that has something to be set.
#ifndef DOCKET_COMMON_PROCESS_ALLOCATOR_H_
#define DOCKET_COMMON_PROCESS_ALLOCATOR_H_

namespace docket::process {

// Lets tcmalloc's threads keep up to 256 MiB between them instead of 32. What one of some eighty threads allocates for
// a call another frees, and with less they spend a tenth of the service's time handing memory to and fro. Does nothing
// in a process with another allocator, nor where TCMALLOC_MAX_TOTAL_THREAD_CACHE_BYTES says something else.
void SetUpAllocator();

}  // namespace docket::process

#endif  // DOCKET_COMMON_PROCESS_ALLOCATOR_H_
