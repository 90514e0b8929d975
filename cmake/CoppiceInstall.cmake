# cmake --install: the static library, the public headers and a package that find_package(Coppice) finds.
