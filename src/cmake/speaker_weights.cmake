# The weights of room speaker's two networks, packed into one file for .incbin from what scripts/setup has put into
# .env/weights. Without them the room is built without, and says so when it is asked.
set(VITS_SPEAKER_WEIGHTS ${CMAKE_SOURCE_DIR}/.env/weights CACHE PATH "Folder with the packages silero_vad and resemblyzer")
set(voice_activity ${VITS_SPEAKER_WEIGHTS}/silero_vad/data/silero_vad.jit)
set(voice_encoder ${VITS_SPEAKER_WEIGHTS}/resemblyzer/pretrained.pt)
if(EXISTS ${voice_activity} AND EXISTS ${voice_encoder})
  add_executable(pack_speaker_weights src/speaker/weights/pack_weights.cpp)
  target_link_libraries(pack_speaker_weights PRIVATE vits_formats)
  use_precompiled_header(pack_speaker_weights vits_pch)
  set(packed ${CMAKE_BINARY_DIR}/generated/speaker_weights.f32)
  add_custom_command(OUTPUT ${packed}
    COMMAND ${CMAKE_COMMAND} -E env ASAN_OPTIONS=detect_leaks=0
            $<TARGET_FILE:pack_speaker_weights> ${voice_activity} ${voice_encoder} ${packed}
    DEPENDS pack_speaker_weights ${voice_activity} ${voice_encoder} VERBATIM)
  target_sources(vits_speaker PRIVATE ${packed})
  set_source_files_properties(${CMAKE_SOURCE_DIR}/src/speaker/embedded_weights.cpp PROPERTIES
    COMPILE_DEFINITIONS "VITS_SPEAKER_WEIGHTS_FILE=\"${packed}\"" OBJECT_DEPENDS ${packed})
else()
  message(STATUS "Voice activity and speakers: off, because ${VITS_SPEAKER_WEIGHTS} does not hold the weights (scripts/setup)")
endif()
