# Writes OUT/schema.{h,cc} from FOLDER/NNNN_*.sql; run by the build (embed.cmake). Fails on a name out of form and on a gap.
file(GLOB FILES ${FOLDER}/*.sql)
list(SORT FILES)
set(NEXT 1)
set(ENTRIES "")
foreach(FILE IN LISTS FILES)
  get_filename_component(STEM ${FILE} NAME_WE)
  if(NOT STEM MATCHES "^([0-9][0-9][0-9][0-9])_([a-z0-9_]+)$")
    message(FATAL_ERROR "${FILE}: a migration is named NNNN_what_it_does.sql")
  endif()
  set(NUMBER ${CMAKE_MATCH_1})
  set(WHAT ${CMAKE_MATCH_2})
  math(EXPR VERSION "1${NUMBER} - 10000")
  if(NOT VERSION EQUAL NEXT)
    message(FATAL_ERROR "${FILE}: the next migration after ${NEXT} - 1 must have number ${NEXT}")
  endif()
  math(EXPR NEXT "${NEXT} + 1")
  file(READ ${FILE} SQL)
  # Quoted throughout: unquoted, the semicolons and brackets of SQL would be taken for a list.
  string(FIND "${SQL}" ")docket\"" POSITION)
  if(NOT POSITION EQUAL -1)
    message(FATAL_ERROR "${FILE}: holds the end mark of the literal that it is embedded in")
  endif()
  string(APPEND ENTRIES "      {${VERSION}, \"${WHAT}\", R\"docket(${SQL})docket\"},\n")
endforeach()

string(REPLACE "/" "_" GUARD "DOCKET_${ROOM}_SCHEMA_H_")
string(TOUPPER ${GUARD} GUARD)
file(WRITE ${OUT}/schema.h
"// Generated from ${ROOM}/schema.
#ifndef ${GUARD}
#define ${GUARD}

#include <vector>

#include \"common/migration/migration.h\"

namespace docket::${NAMESPACE} {

// The migrations of ${ROOM}/schema, in order.
std::vector<migration::Migration> Schema();

}  // namespace docket::${NAMESPACE}

#endif  // ${GUARD}
")
file(WRITE ${OUT}/schema.cc
"// Generated from ${ROOM}/schema.
#include \"${ROOM}/schema.h\"

namespace docket::${NAMESPACE} {

std::vector<migration::Migration> Schema() {
  return {
${ENTRIES}  };
}

}  // namespace docket::${NAMESPACE}
")
