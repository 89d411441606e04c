# SPDX-License-Identifier: MIT
# Run by ctest: installs the build, looks for every promised file, builds the
# consumer against it, and runs that with and without the runtime.
file(REMOVE_RECURSE ${WORK})
file(MAKE_DIRECTORY ${WORK})
function(run)
  execute_process(COMMAND ${ARGN} RESULT_VARIABLE result OUTPUT_VARIABLE text ERROR_VARIABLE text)
  if(NOT result EQUAL 0)
    message(FATAL_ERROR "${ARGN}: ${result}\n${text}")
  endif()
  set(text "${text}" PARENT_SCOPE)
endfunction()

run(${CMAKE_COMMAND} --install ${BUILD} --prefix ${WORK}/prefix)
foreach(file lib/libmemtrace.so include/memtrace.h lib/memtrace/libmemtrace_core.so
        lib/memtrace/libmemtrace_lldb.so share/memtrace/gdb/memtrace.py
        share/memtrace/python/memtrace/__init__.py bin/memtrace-gdb
        bin/memtrace-lldb bin/memtrace lib/cmake/memtrace/memtrace-config.cmake
        lib/pkgconfig/memtrace.pc share/man/man1/memtrace.1 share/man/man1/memtrace-gdb.1
        share/man/man1/memtrace-lldb.1
        share/gdb/auto-load${WORK}/prefix/lib/libmemtrace.so-gdb.py)
  if(NOT EXISTS ${WORK}/prefix/${file})
    message(FATAL_ERROR "not installed: ${file}")
  endif()
endforeach()

run(${CMAKE_COMMAND} -S ${CONSUMER} -B ${WORK}/consumer -G Ninja
    -DCMAKE_PREFIX_PATH=${WORK}/prefix)
run(${CMAKE_COMMAND} --build ${WORK}/consumer)
# Also without CMake; the library is found again wherever it lies.
run(${CMAKE_COMMAND} -E env PKG_CONFIG_PATH=${WORK}/prefix/lib/pkgconfig
    pkg-config --cflags --libs memtrace)
separate_arguments(flags UNIX_COMMAND "${text}")
run(cc ${CONSUMER}/main_c.c -o ${WORK}/consumer/by_pkg_config ${flags})

function(expect program wanted)
  run(${WORK}/consumer/${program})
  if(NOT text STREQUAL wanted)
    message(FATAL_ERROR "${program} printed\n${text}instead of\n${wanted}")
  endif()
endfunction()
set(traced "start -1 -1 0, tracing 1, frames 5, current 1000, peak 1000
after free 0 1000
after reset 0 0
own 0 0 0 0 0 0 0 0
clear 0, own 1, stop 0, tracing 0
")
expect(with_c "${traced}")
expect(by_pkg_config "${traced}")
expect(without_c "start -2 -2 -2, tracing 0, frames 0, current 0, peak 0
after free 0 0
after reset 0 0
own -2 -2 -2 -2 -2 -2 -2 0
clear -2, own 0, stop -2, tracing 0
")
expect(with_cpp "start 0, tracing 1, frames 7, current 1000\nafter pause 0\n")
expect(without_cpp "start -2, tracing 0, frames 0, current 0\nafter pause 0\n")
