# The dashboard, web/, as a C++ source that the host carries (src/host/dashboard.h).
#
# npm and Vite work in the build tree on a copy of web/, so that nothing is made among the sources.
# MUSTER_DASHBOARD=OFF makes a host without one: for trees that need no Node.js.
option(MUSTER_DASHBOARD "Build the dashboard into the host (needs Node.js 18 or newer, and npm)" ON)

# muster_dashboard(OUT): sets OUT to the source that is made.
function(muster_dashboard out)
  set(made ${CMAKE_BINARY_DIR}/web)
  set(source ${CMAKE_BINARY_DIR}/dashboard_files.cpp)
  set(${out} ${source} PARENT_SCOPE)
  set(web ${CMAKE_SOURCE_DIR}/web)
  if(NOT MUSTER_DASHBOARD)
    file(CONFIGURE OUTPUT ${source} CONTENT "#include \"host/dashboard.h\"

namespace muster::host {
std::span<const DashboardFile> dashboard_files() { return {}; }
}  // namespace muster::host
")
    return()
  endif()
  find_program(MUSTER_NODE NAMES node nodejs)
  find_program(MUSTER_NPM NAMES npm)
  if(NOT MUSTER_NODE OR NOT MUSTER_NPM)
    message(FATAL_ERROR "The dashboard is built with Node.js 18 or newer and npm, which are not "
      "here: apt-get install nodejs npm. -DMUSTER_DASHBOARD=OFF builds a host without dashboard.")
  endif()
  muster_npm_ci(${web} ${made})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${web}/src/*)
  list(APPEND sources ${web}/index.html ${web}/vite.config.mjs ${web}/tsconfig.json
    ${web}/embed.mjs)
  add_custom_command(
    OUTPUT ${source}
    COMMAND ${CMAKE_COMMAND} -E rm -rf ${made}/src ${made}/dist
    COMMAND ${CMAKE_COMMAND} -E copy_directory ${web}/src ${made}/src
    COMMAND ${CMAKE_COMMAND} -E copy ${web}/index.html ${web}/vite.config.mjs ${web}/tsconfig.json
            ${web}/embed.mjs ${made}
    COMMAND ${MUSTER_NODE} node_modules/typescript/bin/tsc --noEmit
    COMMAND ${MUSTER_NODE} node_modules/vite/bin/vite.js build --logLevel warn
    COMMAND ${MUSTER_NODE} embed.mjs dist ${source}
    DEPENDS ${made}/node_modules/.package-lock.json ${sources}
    WORKING_DIRECTORY ${made}
    COMMENT "Building the dashboard"
    VERBATIM)
endfunction()

# muster_npm_ci(FROM TO): what FROM's package-lock.json names, exactly, in TO/node_modules. Nothing
# that a package would like to run at its installation is run.
function(muster_npm_ci from to)
  file(MAKE_DIRECTORY ${to})
  add_custom_command(
    OUTPUT ${to}/node_modules/.package-lock.json
    COMMAND ${CMAKE_COMMAND} -E copy ${from}/package.json ${from}/package-lock.json ${to}
    COMMAND ${MUSTER_NPM} ci --ignore-scripts --no-audit --no-fund --prefer-offline --loglevel=error
    COMMAND ${CMAKE_COMMAND} -E touch ${to}/node_modules/.package-lock.json
    DEPENDS ${from}/package.json ${from}/package-lock.json
    WORKING_DIRECTORY ${to}
    COMMENT "Fetching what ${from}/package-lock.json names"
    VERBATIM)
endfunction()
