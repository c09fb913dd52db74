# What every target of ours is built with, and the libraries that Debian gives us.

find_program(CCACHE ccache)
if(CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER "${CCACHE}")
endif()
find_program(MOLD mold)
if(MOLD)
  add_link_options(-fuse-ld=mold)
endif()

find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
find_package(OpenSSL REQUIRED)
find_package(ZLIB REQUIRED)
find_package(GTest REQUIRED)
find_package(benchmark REQUIRED)
find_package(fmt REQUIRED)
find_package(prometheus-cpp REQUIRED)
find_package(Protobuf REQUIRED)
pkg_check_modules(SIMDJSON REQUIRED IMPORTED_TARGET simdjson)
pkg_check_modules(SNAPPY REQUIRED IMPORTED_TARGET snappy)
pkg_check_modules(ZSTD REQUIRED IMPORTED_TARGET libzstd)
pkg_check_modules(DEFLATE REQUIRED IMPORTED_TARGET libdeflate)
pkg_check_modules(YAML REQUIRED IMPORTED_TARGET yaml-0.1)
pkg_check_modules(RE2 REQUIRED IMPORTED_TARGET re2)
pkg_check_modules(XXHASH REQUIRED IMPORTED_TARGET libxxhash)

add_library(sluice_options INTERFACE)
target_compile_options(sluice_options INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wnon-virtual-dtor -Woverloaded-virtual
  -Wold-style-cast -Wextra-semi -Wimplicit-fallthrough
  $<$<BOOL:${SLUICE_WERROR}>:-Werror>
  -fno-omit-frame-pointer
  # GCC 12 takes Asio's recycling of coroutine frames for a mismatch.
  $<$<CXX_COMPILER_ID:GNU>:-Wno-mismatched-new-delete>)
target_compile_definitions(sluice_options INTERFACE
  BOOST_ASIO_SEPARATE_COMPILATION BOOST_ASIO_NO_DEPRECATED BOOST_BEAST_SEPARATE_COMPILATION
  BOOST_ALL_NO_LIB SLUICE_VERSION="${PROJECT_VERSION}")
target_include_directories(sluice_options INTERFACE "${CMAKE_SOURCE_DIR}")
target_link_libraries(sluice_options INTERFACE Threads::Threads)
if(SLUICE_SANITIZE)
  target_compile_options(sluice_options INTERFACE -fsanitize=${SLUICE_SANITIZE} -fno-sanitize-recover=undefined)
  target_link_options(sluice_options INTERFACE -fsanitize=${SLUICE_SANITIZE})
  if(SLUICE_SANITIZE MATCHES thread)
    # Asio counts references with a fence, which ThreadSanitizer doesn't understand; without
    # std::atomic it takes Boost's counters, which order the same things without one.
    target_compile_definitions(sluice_options INTERFACE BOOST_ASIO_DISABLE_STD_ATOMIC)
  endif()
endif()

# sluice_layer(NAME [DEPENDS layers...] [LIBRARIES libs...]): every .cc of this folder but its tests
# and benchmarks becomes the library sluice_NAME; NAME_test runs its tests. A layer's include path
# is the whole tree, so tests/tidy holds the rule about who may include whom.
function(sluice_layer name)
  cmake_parse_arguments(ARG "" "" "DEPENDS;LIBRARIES" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/*.cc")
  file(GLOB tests CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/*_test.cc")
  file(GLOB benches CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/*_bench.cc")
  list(REMOVE_ITEM sources ${tests} ${benches} "${CMAKE_CURRENT_SOURCE_DIR}/main.cc")
  list(TRANSFORM ARG_DEPENDS PREPEND sluice_)
  if(sources)
    add_library(sluice_${name} STATIC ${sources})
    target_link_libraries(sluice_${name} PUBLIC sluice_options ${ARG_DEPENDS} PRIVATE ${ARG_LIBRARIES})
  else()
    add_library(sluice_${name} INTERFACE)
    target_link_libraries(sluice_${name} INTERFACE sluice_options ${ARG_DEPENDS})
  endif()
  if(tests)
    sluice_test(${name}_test SOURCES ${tests} LIBRARIES sluice_${name} ${ARG_LIBRARIES} LABELS unit)
  endif()
endfunction()

# sluice_test(NAME SOURCES files... LIBRARIES libs... LABELS labels...): one GoogleTest program.
function(sluice_test name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LIBRARIES;LABELS" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  set_property(GLOBAL APPEND PROPERTY SLUICE_TESTS ${name})
  target_link_libraries(${name} PRIVATE sluice_options ${ARG_LIBRARIES} GTest::gmock GTest::gtest_main)
  # -Wconversion in GoogleTest's macros is not ours to mend.
  target_compile_options(${name} PRIVATE -Wno-sign-conversion)
  add_test(NAME ${name} COMMAND ${name} WORKING_DIRECTORY "${CMAKE_SOURCE_DIR}")
  set_tests_properties(${name} PROPERTIES LABELS "${ARG_LABELS}" TIMEOUT 300)
endfunction()
