# Other people's libraries for muster-logs.exe, under the names that the rooms know. Debian has none
# of them for mingw-w64, but all can be compiled here: fmt, CLI11 and Boost.JSON from their headers,
# expat from the sources that `./dev windows` fetches.
if(NOT WIN32)
  message(FATAL_ERROR "this is for programs that run on Windows")
endif()

# /usr/include itself holds Linux' headers: only what is linked here may be seen.
set(headers ${CMAKE_BINARY_DIR}/include)
foreach(folder boost fmt CLI)
  if(NOT EXISTS /usr/include/${folder})
    message(FATAL_ERROR "/usr/include/${folder} is not there; ./dev windows installs it")
  endif()
  file(MAKE_DIRECTORY ${headers})
  file(CREATE_LINK /usr/include/${folder} ${headers}/${folder} SYMBOLIC)
endforeach()

add_library(muster_headers INTERFACE)
target_include_directories(muster_headers SYSTEM INTERFACE ${headers})

add_library(fmt::fmt INTERFACE IMPORTED)
target_compile_definitions(fmt::fmt INTERFACE FMT_HEADER_ONLY)
target_link_libraries(fmt::fmt INTERFACE muster_headers)

add_library(CLI11::CLI11 INTERFACE IMPORTED)
target_link_libraries(CLI11::CLI11 INTERFACE muster_headers)

set(boost_json ${CMAKE_BINARY_DIR}/boost_json.cpp)
file(CONFIGURE OUTPUT ${boost_json} CONTENT "#include <boost/json/src.hpp>\n")
add_library(boost_json STATIC ${boost_json})
target_link_libraries(boost_json PUBLIC muster_headers)
add_library(Boost::json ALIAS boost_json)

set(expat ${CMAKE_BINARY_DIR}/sources/expat/lib)
if(NOT EXISTS ${expat}/xmlparse.c)
  message(FATAL_ERROR "expat's sources are not in ${expat}; ./dev windows fetches them")
endif()
# As Debian compiles it.
file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/expat/expat_config.h CONTENT
"#define BYTEORDER 1234
#define XML_CONTEXT_BYTES 1024
#define XML_DTD 1
#define XML_NS 1
")
add_library(expat STATIC ${expat}/xmlparse.c ${expat}/xmlrole.c ${expat}/xmltok.c)
target_include_directories(expat PRIVATE ${CMAKE_BINARY_DIR}/expat)
target_include_directories(expat SYSTEM PUBLIC ${expat})
target_compile_definitions(expat PUBLIC XML_STATIC)
add_library(EXPAT::EXPAT ALIAS expat)

# One file: nothing of mingw's own is looked for beside it.
add_compile_definitions(_WIN32_WINNT=0x0601
  $<$<COMPILE_LANGUAGE:CXX>:NOMINMAX> $<$<COMPILE_LANGUAGE:CXX>:WIN32_LEAN_AND_MEAN>)
add_link_options(-static -s)
