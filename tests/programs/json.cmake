# SPDX-License-Identifier: MIT
# The demo's program, for the sessions as well; included by CMakeLists.txt.
find_package(nlohmann_json REQUIRED)
memtrace_program(json_reshape json_reshape.cpp)
target_link_libraries(json_reshape PRIVATE nlohmann_json::nlohmann_json)
