# A room is one folder: one library of its sources and one test program of its *_test.cc files.
#
#   docket_room(common/mysql DEPS common_status mysqlcppconn)
#
# makes the library common_mysql and, where the folder holds tests, the test program common_mysql_test, each of whose
# cases is a CTest test named <room>/<suite>.<case>. TEST_DEPS are linked into the tests only. A test that needs a
# MariaDB starts one itself (tests/support/mariadb.h). main.cc and *_bench.cc are left out; the folder adds its own programs.
set(DOCKET_WARNINGS -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual -Wno-missing-field-initializers)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # False alarms of GCC 12 on std::string (GCC bug 105651).
  list(APPEND DOCKET_WARNINGS -Wno-restrict)
endif()
if(DOCKET_WERROR)
  list(APPEND DOCKET_WARNINGS -Werror)
endif()

function(docket_room DIR)
  cmake_parse_arguments(ARG "" "" "DEPS;TEST_DEPS" ${ARGN})
  string(REPLACE "/" "_" NAME ${DIR})
  file(GLOB SOURCES CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/${DIR}/*.cc)
  set(TESTS ${SOURCES})
  list(FILTER TESTS INCLUDE REGEX "_test\\.cc$")
  list(FILTER SOURCES EXCLUDE REGEX "(_test|_bench|/main)\\.cc$")
  if(SOURCES)
    add_library(${NAME} STATIC ${SOURCES})
    target_include_directories(${NAME} PUBLIC ${PROJECT_SOURCE_DIR})
    target_link_libraries(${NAME} PUBLIC ${ARG_DEPS})
    target_compile_options(${NAME} PRIVATE ${DOCKET_WARNINGS})
  else()
    add_library(${NAME} INTERFACE)
    target_include_directories(${NAME} INTERFACE ${PROJECT_SOURCE_DIR})
    target_link_libraries(${NAME} INTERFACE ${ARG_DEPS})
  endif()
  if(TESTS)
    add_executable(${NAME}_test ${TESTS})
    target_link_libraries(${NAME}_test PRIVATE ${NAME} ${ARG_TEST_DEPS} GTest::gmock GTest::gtest_main)
    # What is tested is optimised; the tests themselves need not be, and compile in half the time.
    target_compile_options(${NAME}_test PRIVATE ${DOCKET_WARNINGS} -O0)
    include(GoogleTest)
    gtest_discover_tests(${NAME}_test TEST_PREFIX ${DIR}/ DISCOVERY_MODE PRE_TEST PROPERTIES TIMEOUT 300)
  endif()
endfunction()

# docket_program(request_main services/request/main.cc DEPS ... [ALLOCATOR LIBRARY]) makes one executable.
function(docket_program NAME SOURCE)
  cmake_parse_arguments(ARG "" "ALLOCATOR" "DEPS" ${ARGN})
  if(NOT ARG_ALLOCATOR)
    set(ARG_ALLOCATOR ${TCMALLOC})
  endif()
  add_executable(${NAME} ${PROJECT_SOURCE_DIR}/${SOURCE})
  target_include_directories(${NAME} PRIVATE ${PROJECT_SOURCE_DIR})
  target_link_libraries(${NAME} PRIVATE ${ARG_DEPS})
  if(NOT DOCKET_SANITIZE)
    # Named by no symbol, so that the linker would leave it out.
    target_link_libraries(${NAME} PRIVATE -Wl,--no-as-needed ${ARG_ALLOCATOR} -Wl,--as-needed)
  endif()
  target_compile_options(${NAME} PRIVATE ${DOCKET_WARNINGS})
endfunction()
