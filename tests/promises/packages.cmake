# SPDX-License-Identifier: MIT
# Where libraries of the core are missing, CMake names the package of each. Read by ctest's
# configuration, and run by ctest as a script.
if(NOT CMAKE_SCRIPT_MODE_FILE)
  add_test(NAME missing_libraries_are_named_with_their_packages
    COMMAND ${CMAKE_COMMAND} -DSOURCE=${PROJECT_SOURCE_DIR}
            -DWORK=${CMAKE_CURRENT_BINARY_DIR}/packages_check -P ${CMAKE_CURRENT_LIST_FILE})
  set_tests_properties(missing_libraries_are_named_with_their_packages PROPERTIES
    TIMEOUT 120 LABELS promises)
  return()
endif()

file(REMOVE_RECURSE ${WORK})
execute_process(
  COMMAND ${CMAKE_COMMAND} -S ${SOURCE} -B ${WORK} -G Ninja -DMEMTRACE_BUILD_TESTS=OFF
          -DCMAKE_SYSTEM_IGNORE_PATH=/usr/include
          -DCMAKE_DISABLE_FIND_PACKAGE_ZLIB=ON
  RESULT_VARIABLE result OUTPUT_QUIET ERROR_VARIABLE text)
if(result EQUAL 0)
  message(FATAL_ERROR "a build without its libraries was configured")
endif()
foreach(package libexpected-dev libprotozero-dev nlohmann-json3-dev libelf-dev libdw-dev
        libzydis-dev libfmt-dev libiberty-dev zlib1g-dev)
  if(NOT text MATCHES "${package}")
    message(FATAL_ERROR "${package} is not named in\n${text}")
  endif()
endforeach()
