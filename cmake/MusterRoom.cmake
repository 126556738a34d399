include(GoogleTest OPTIONAL)

# muster_room(core SOURCES roll.cpp ... DEPS muster_base ... LIBS fmt::fmt ...)
# One static library a room, so that an upward call is a link error. DEPS are rooms, LIBS are other
# people's.
function(muster_room name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPS;LIBS" ${ARGN})
  add_library(muster_${name} STATIC ${ARG_SOURCES})
  target_link_libraries(muster_${name} PUBLIC muster_options ${ARG_DEPS} ${ARG_LIBS})
endfunction()

# muster_room_test(core SOURCES roll_test.cpp ... [LIBS ...])
# The room's unit tests as one program, core_test. Each case is a ctest test ROOM.Suite.Case, so
# that `./dev test ROOM` finds them. Properties draw from a fixed seed: what passed passes again.
function(muster_room_test name)
  if(NOT MUSTER_TESTS)
    return()
  endif()
  cmake_parse_arguments(ARG "" "" "SOURCES;LIBS" ${ARGN})
  add_executable(${name}_test ${ARG_SOURCES})
  target_link_libraries(${name}_test PRIVATE
    muster_${name} ${ARG_LIBS} GTest::gmock GTest::gtest_main)
  target_compile_definitions(${name}_test PRIVATE MUSTER_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
  gtest_discover_tests(${name}_test TEST_PREFIX "${name}." DISCOVERY_TIMEOUT 60
    PROPERTIES ENVIRONMENT "RC_PARAMS=seed=20260105" TIMEOUT 300)
endfunction()
