#pragma once
#include <string>
#include <vector>

namespace coppice::kernels {

/// A shared library that is opened at run time, so that programs start on machines without it. Never closed:
/// its kernels and handles live as long as the process.
class SharedLibrary {
 public:
  /// Takes the first of `file_names` that opens: a copy that the process has loaded already; else one in the
  /// folders of the environment variable COPPICE_CUDA_LIBRARIES (with ':' between them); else one on the
  /// loader's own path; else one of the toolkit and packages that the build saw; else one that comes with the
  /// torch package, where the process has torch loaded.
  SharedLibrary(std::string name, std::vector<std::string> file_names);

  const std::string& name() const { return name_; }        ///< "cuSPARSE"
  const std::string& path() const { return path_; }        ///< Of the file; empty where none was opened.
  const std::string& version() const { return version_; }  ///< "12.6.3"; empty where none was opened.
  /// Empty where the library is open and has every function that was asked for; else what is missing.
  const std::string& problem() const { return problem_; }
  bool usable() const { return problem_.empty(); }

  /// Null where the library lacks it; then problem() names it.
  void* symbol(const char* symbol_name);

 protected:
  /// A version other than the headers' has other structures and numbers: it is not used.
  void set_version(int major, int minor, int patch, int built_with_major);

 private:
  std::string name_, path_, version_, problem_;
  void* handle_ = nullptr;
};

/// The folders that SharedLibrary looks in beside the loader's path, in its order. For messages and tests.
std::vector<std::string> cuda_library_folders();

}  // namespace coppice::kernels

/// In a class derived from SharedLibrary: a member that is the library's function of that name, typed as the
/// library's header declares it.
#define COPPICE_LIBRARY_FUNCTION(function) \
  decltype(&::function) function = reinterpret_cast<decltype(&::function)>(symbol(#function))
