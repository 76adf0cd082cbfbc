# embed(SOURCE FOLDER MACRO): SOURCE takes files of FOLDER into the program with .incbin; MACRO tells it where they are.
# The compiler does not see such files, so they are named here for the build to notice when one changes.
function(embed source folder macro)
  file(GLOB files CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/${folder}/*)
  set_source_files_properties(${CMAKE_SOURCE_DIR}/${source} PROPERTIES
    COMPILE_DEFINITIONS "${macro}=\"${CMAKE_SOURCE_DIR}/${folder}\"" OBJECT_DEPENDS "${files}")
endfunction()
