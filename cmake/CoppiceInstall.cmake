# cmake --install: the program, the static library, the public headers, the configs, and a package that
# find_package(Coppice) finds. The installed program finds LibTorch where it was built with it.
include(CMakePackageConfigHelpers)
set(package_folder ${CMAKE_INSTALL_LIBDIR}/cmake/Coppice)

set_target_properties(coppice_cli PROPERTIES INSTALL_RPATH ${COPPICE_TORCH_DIR}/lib)
install(TARGETS coppice EXPORT CoppiceTargets ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(TARGETS coppice_cli RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/coppice DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(DIRECTORY ${PROJECT_SOURCE_DIR}/configs DESTINATION ${CMAKE_INSTALL_DATADIR}/coppice)

configure_package_config_file(${PROJECT_SOURCE_DIR}/cmake/CoppiceConfig.cmake.in
  ${CMAKE_BINARY_DIR}/generated/CoppiceConfig.cmake INSTALL_DESTINATION ${package_folder})
write_basic_package_version_file(${CMAKE_BINARY_DIR}/generated/CoppiceConfigVersion.cmake
  COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_BINARY_DIR}/generated/CoppiceConfig.cmake
              ${CMAKE_BINARY_DIR}/generated/CoppiceConfigVersion.cmake
              ${PROJECT_SOURCE_DIR}/cmake/CoppiceTorch.cmake DESTINATION ${package_folder})
install(EXPORT CoppiceTargets NAMESPACE coppice:: DESTINATION ${package_folder})
