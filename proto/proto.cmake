# docket_proto(docket/request/v1 DEPS proto_docket_common_v1) compiles every .proto of one package folder into one library,
# proto_docket_request_v1. The generated headers are system headers to everyone else: their warnings are not ours.
function(docket_proto DIR)
  cmake_parse_arguments(ARG "" "" "DEPS" ${ARGN})
  string(REPLACE "/" "_" NAME proto/${DIR})
  set(OUT ${PROJECT_BINARY_DIR}/generated)
  file(MAKE_DIRECTORY ${OUT})
  file(GLOB PROTOS CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/proto/${DIR}/*.proto)
  if(NOT PROTOS)
    return()
  endif()
  set(SOURCES)
  set(HEADERS)
  foreach(PROTO ${PROTOS})
    get_filename_component(STEM ${PROTO} NAME_WE)
    list(APPEND SOURCES ${OUT}/${DIR}/${STEM}.pb.cc)
    list(APPEND HEADERS ${OUT}/${DIR}/${STEM}.pb.h)
  endforeach()
  add_custom_command(
    OUTPUT ${SOURCES} ${HEADERS}
    COMMAND protobuf::protoc --proto_path=${PROJECT_SOURCE_DIR}/proto --cpp_out=${OUT} ${PROTOS}
    DEPENDS ${PROTOS}
    COMMENT "Generating ${DIR}"
    VERBATIM)
  add_library(${NAME} STATIC ${SOURCES} ${HEADERS})
  target_include_directories(${NAME} SYSTEM PUBLIC ${OUT})
  # Generated code is never stepped through: without full debug information it builds in half the time.
  target_compile_options(${NAME} PRIVATE -w -g0)
  target_link_libraries(${NAME} PUBLIC protobuf::libprotobuf ${ARG_DEPS})
endfunction()
