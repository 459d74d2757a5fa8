# docket_schema(services/request) embeds the migrations services/request/schema/NNNN_*.sql into the library
# services_request_schema, whose header
#
#   #include "services/request/schema.h"
#
# declares std::vector<docket::migration::Migration> docket::request::Schema(). Editing, adding or removing a file rebuilds it.

function(docket_schema DIR)
  set(SCRIPT ${CMAKE_CURRENT_FUNCTION_LIST_DIR}/embed_schema.cmake)
  string(REPLACE "/" "_" NAME ${DIR})
  get_filename_component(NAMESPACE ${DIR} NAME)
  file(GLOB FILES CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/${DIR}/schema/*.sql)
  # Part of the command, so that it runs again when a file is added or removed.
  string(SHA256 LISTING "${FILES}")
  set(OUT ${PROJECT_BINARY_DIR}/generated/${DIR})
  add_custom_command(
    OUTPUT ${OUT}/schema.cc ${OUT}/schema.h
    COMMAND ${CMAKE_COMMAND} -DFOLDER=${PROJECT_SOURCE_DIR}/${DIR}/schema -DROOM=${DIR} -DNAMESPACE=${NAMESPACE}
            -DOUT=${OUT} -DLISTING=${LISTING} -P ${SCRIPT}
    DEPENDS ${FILES} ${SCRIPT}
    COMMENT "Embedding ${DIR}/schema"
    VERBATIM)
  add_library(${NAME}_schema STATIC ${OUT}/schema.cc ${OUT}/schema.h)
  target_include_directories(${NAME}_schema SYSTEM PUBLIC ${PROJECT_BINARY_DIR}/generated)
  target_link_libraries(${NAME}_schema PUBLIC common_migration)
endfunction()
