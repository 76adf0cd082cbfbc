# Warnings, sanitizers, ccache and the one clash between LibTorch's headers and Debian's.
add_compile_options($<$<COMPILE_LANGUAGE:CXX>:-Wall> $<$<COMPILE_LANGUAGE:CXX>:-Wextra>)
if(NOT VITS_GROUPED)  # in a group a file would shadow what only its neighbours name
  add_compile_options($<$<COMPILE_LANGUAGE:CXX>:-Wshadow>)
endif()
add_compile_options($<$<COMPILE_LANGUAGE:CXX>:-Wnon-virtual-dtor>)
if(VITS_WARNINGS_AS_ERRORS)
  add_compile_options($<$<COMPILE_LANGUAGE:CXX>:-Werror>)
endif()

if(VITS_SANITIZE)
  add_compile_options($<$<COMPILE_LANGUAGE:CXX>:-fsanitize=${VITS_SANITIZE}> $<$<COMPILE_LANGUAGE:CXX>:-fno-omit-frame-pointer>
                      $<$<COMPILE_LANGUAGE:CXX>:-fno-sanitize-recover=all> $<$<COMPILE_LANGUAGE:CXX>:-g1>)
  add_link_options(-fsanitize=${VITS_SANITIZE})
endif()

find_program(CCACHE ccache)
if(CCACHE)
  # The precompiled header is cached too: its macros and dates must not count.
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env
      CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime ${CCACHE})
  set(CMAKE_CUDA_COMPILER_LAUNCHER ${CCACHE})
  add_compile_options($<$<COMPILE_LANGUAGE:CXX>:-fpch-preprocess>)
endif()

# LibTorch ships headers of fmt 12, which hide the system's fmt that the packaged spdlog was built with. A plain -I folder is
# searched before every -isystem one, so a link to the system's headers there settles it for every room.
find_path(SYSTEM_FMT_FOLDER fmt/core.h PATHS /usr/include NO_DEFAULT_PATH REQUIRED)
find_package(fmt REQUIRED)
file(MAKE_DIRECTORY ${CMAKE_BINARY_DIR}/fmt_first)
file(CREATE_LINK ${SYSTEM_FMT_FOLDER}/fmt ${CMAKE_BINARY_DIR}/fmt_first/fmt SYMBOLIC)
add_library(vits_fmt INTERFACE)
target_include_directories(vits_fmt BEFORE INTERFACE ${CMAKE_BINARY_DIR}/fmt_first)
target_link_libraries(vits_fmt INTERFACE fmt::fmt)
