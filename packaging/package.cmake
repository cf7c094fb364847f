# What `cpack -G DEB` and `cpack -G RPM` put into a package, beside what is installed
# anyway: unit, user, modes, sample configuration, completion, documents.
#
# They are a component of their own, which plain `cmake --install` leaves alone, since
# their place is below /usr and in /etc. On a host without a package manager:
#   cmake -B build -DCMAKE_INSTALL_PREFIX=/usr && cmake --build build
#   cmake --install build && cmake --install build --component package

set(WPB_PACKAGE_CONTACT "The wpbloat authors <wpbloat@packages.example>" CACHE STRING
    "Name and address of who made the package")
set(packaging ${PROJECT_SOURCE_DIR}/packaging)
set(shared share/wpbloat)
set(documents share/doc/wpbloat)

function(wpb_package_file file destination)
  install(FILES ${file} DESTINATION ${destination} COMPONENT package EXCLUDE_FROM_ALL
          ${ARGN})
endfunction()

wpb_package_file(${packaging}/systemd/wpbloat.service lib/systemd/system)
wpb_package_file(${packaging}/sysusers.d/wpbloat.conf lib/sysusers.d)
wpb_package_file(${packaging}/tmpfiles.d/wpbloat.conf lib/tmpfiles.d)
wpb_package_file(${packaging}/logrotate.d/wpbloat /etc/logrotate.d)
# Its group is set when there is one: tmpfiles.d/wpbloat.conf.
wpb_package_file(${packaging}/wpbloat.conf /etc/wpbloat
                 PERMISSIONS OWNER_READ OWNER_WRITE GROUP_READ)
wpb_package_file(${packaging}/completion/wpbloat.bash
                 share/bash-completion/completions RENAME wpbloat)
wpb_package_file(${packaging}/systemd/wpbloat.service.d/per-user-sites.conf.example
                 ${shared} RENAME per-user-sites.conf)
wpb_package_file(${packaging}/grants.sql ${shared})
wpb_package_file(${packaging}/php-fpm/wpbloat-pool.conf ${documents}/examples/php-fpm)
wpb_package_file(${packaging}/nginx/wpbloat-log-format.conf ${documents}/examples/nginx)
wpb_package_file(${packaging}/redis-acl.txt ${shared})
install(PROGRAMS ${packaging}/join-groups DESTINATION lib/wpbloat
        COMPONENT package EXCLUDE_FROM_ALL)
# For the fleet's own engines.
foreach(folder prometheus alertmanager grafana)
  if(EXISTS ${packaging}/${folder})
    install(DIRECTORY ${packaging}/${folder} DESTINATION ${shared}
            COMPONENT package EXCLUDE_FROM_ALL)
  endif()
endforeach()
install(DIRECTORY ${PROJECT_SOURCE_DIR}/docs/ DESTINATION ${documents}
        COMPONENT package EXCLUDE_FROM_ALL
        FILES_MATCHING PATTERN "*.md" PATTERN "*.schema.json"
        PATTERN man EXCLUDE PATTERN release-checks.md EXCLUDE)
wpb_package_file(${PROJECT_SOURCE_DIR}/README.md ${documents})

file(READ ${PROJECT_SOURCE_DIR}/LICENSE license)
string(REGEX REPLACE "\n$" "" license "${license}")
string(REPLACE "\n\n" "\n.\n" license "${license}")
string(REPLACE "\n" "\n " license "${license}")
file(WRITE ${PROJECT_BINARY_DIR}/package/copyright
"Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: wpbloat

Files: *
Copyright: The wpbloat authors
License: MIT
 ${license}
")
string(TIMESTAMP date "%a, %d %b %Y %H:%M:%S +0000" UTC)
file(WRITE ${PROJECT_BINARY_DIR}/package/changelog
"wpbloat (${PROJECT_VERSION}) unstable; urgency=medium

  * What has changed is in CHANGELOG.md.

 -- ${WPB_PACKAGE_CONTACT}  ${date}
")

set(CPACK_GENERATOR DEB)
# What is installed anyway, then this component, into one package.
set(CPACK_INSTALL_CMAKE_PROJECTS
    "${PROJECT_BINARY_DIR}" "${PROJECT_NAME}" Unspecified /
    "${PROJECT_BINARY_DIR}" "${PROJECT_NAME}" package /)
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS
    OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ
    WORLD_EXECUTE)
set(CPACK_STRIP_FILES ON)
set(CPACK_PRE_BUILD_SCRIPTS ${packaging}/before-pack.cmake)
set(CPACK_PACKAGE_CONTACT "${WPB_PACKAGE_CONTACT}")
set(CPACK_PACKAGE_VENDOR "The wpbloat authors")
set(CPACK_PACKAGE_RELOCATABLE OFF)
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "warns before WordPress's cache or database breaks a host")
set(CPACK_PACKAGE_DESCRIPTION
"wpbloat reads a live WordPress host from outside PHP, says what will break it
first, when, and which plugin causes it, and warns monitoring before it
happens: cache entries that only grow, autoloaded options, page builders'
metadata, sessions and queues, with forecasts and their intervals. It only
reads: no plugin, no PHP code, nothing in the request path.")

set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION admin)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_DEPENDS "adduser")
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "prometheus, prometheus-alertmanager, redis-tools")
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION TRUE)
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA
    ${packaging}/deb/postinst ${packaging}/deb/prerm ${packaging}/deb/postrm
    ${packaging}/deb/conffiles)

set(CPACK_RPM_FILE_NAME RPM-DEFAULT)
set(CPACK_RPM_PACKAGE_LICENSE MIT)
set(CPACK_RPM_PACKAGE_SUMMARY "Warns before WordPress's cache or database breaks a host")
set(CPACK_RPM_PACKAGE_DESCRIPTION "${CPACK_PACKAGE_DESCRIPTION}")
set(CPACK_RPM_PACKAGE_RELOCATABLE OFF)
set(CPACK_RPM_PACKAGE_REQUIRES systemd)
# Links by build id would clash with another package of the same build.
set(CPACK_RPM_SPEC_MORE_DEFINE "%define _build_id_links none")
set(CPACK_RPM_POST_INSTALL_SCRIPT_FILE ${packaging}/rpm/post)
set(CPACK_RPM_PRE_UNINSTALL_SCRIPT_FILE ${packaging}/rpm/preun)
set(CPACK_RPM_POST_UNINSTALL_SCRIPT_FILE ${packaging}/rpm/postun)
set(CPACK_RPM_USER_FILELIST
    "%config(noreplace) /etc/wpbloat/wpbloat.conf"
    "%config(noreplace) /etc/logrotate.d/wpbloat")
set(CPACK_RPM_EXCLUDE_FROM_AUTO_FILELIST_ADDITION
    /etc /etc/logrotate.d /usr/lib/systemd /usr/lib/systemd/system /usr/lib/sysusers.d
    /usr/lib/tmpfiles.d /usr/share/bash-completion
    /usr/share/bash-completion/completions /usr/share/man /usr/share/man/man1
    /usr/share/man/man5)
include(CPack)
