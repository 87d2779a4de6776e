# Compiles SOURCE with COMPILER without and with FLOWKIT_BAD; the second must fail. A line
# "// expect: text" in the source names a text that the compiler's message must contain, so that
# the failure is the intended one.
string(REPLACE "|" ";" INCLUDES "${INCLUDES}")
list(TRANSFORM INCLUDES PREPEND "-I")
set(command "${COMPILER}" -std=c++20 -fsyntax-only -Werror ${INCLUDES})

execute_process(COMMAND ${command} "${SOURCE}" RESULT_VARIABLE good ERROR_VARIABLE messages)
if(NOT good EQUAL 0)
  message(FATAL_ERROR "${SOURCE} must compile without FLOWKIT_BAD:\n${messages}")
endif()

execute_process(COMMAND ${command} -DFLOWKIT_BAD "${SOURCE}"
  RESULT_VARIABLE bad ERROR_VARIABLE messages)
if(bad EQUAL 0)
  message(FATAL_ERROR "${SOURCE} must not compile with FLOWKIT_BAD, but it does")
endif()

file(STRINGS "${SOURCE}" expectations REGEX "^// expect: ")
foreach(line IN LISTS expectations)
  string(REGEX REPLACE "^// expect: " "" expected "${line}")
  string(FIND "${messages}" "${expected}" position)
  if(position EQUAL -1)
    message(FATAL_ERROR "${SOURCE} fails with FLOWKIT_BAD for another reason than '${expected}':\n"
      "${messages}")
  endif()
endforeach()
