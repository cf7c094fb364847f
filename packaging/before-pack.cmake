# Run by cpack when all files of a package are in place, before it is closed: what a
# distribution's policy asks for and an installation by hand does not.
if(CPACK_GENERATOR STREQUAL "DEB")
  set(root ${CPACK_TEMPORARY_INSTALL_DIRECTORY})
  set(documents ${root}/usr/share/doc/wpbloat)
  file(COPY ${CPACK_PACKAGE_DIRECTORY}/package/copyright
            ${CPACK_PACKAGE_DIRECTORY}/package/changelog DESTINATION ${documents})
  file(GLOB pages ${root}/usr/share/man/man*/*)
  if(NOT pages)
    message(WARNING "The package has no manual: scdoc was not there at the build.")
  endif()
  execute_process(COMMAND gzip -9n ${pages} ${documents}/changelog
                  COMMAND_ERROR_IS_FATAL ANY)
endif()
