#include "kernels/cuda/libraries/library.h"

#include <algorithm>
#include <cstdlib>
#include <dlfcn.h>
#include <filesystem>
#include <link.h>
#include <system_error>
#include <utility>

namespace coppice::kernels {

namespace {

std::vector<std::string> split(const std::string& text) {
  std::vector<std::string> parts;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find(':', begin), text.size());
    if (end > begin) parts.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return parts;
}

/// nvidia/*/lib beside the torch package whose library this process has loaded.
std::vector<std::string> torch_folders() {
  namespace fs = std::filesystem;
  std::vector<std::string> loaded;
  dl_iterate_phdr(
      [](dl_phdr_info* info, std::size_t, void* list) {
        const std::string path = info->dlpi_name ? info->dlpi_name : "";
        if (path.find("/torch/lib/libtorch") != std::string::npos) {
          static_cast<std::vector<std::string>*>(list)->push_back(path);
        }
        return 0;
      },
      &loaded);
  std::vector<std::string> folders;
  for (const std::string& path : loaded) {
    const fs::path packages = fs::path(path).parent_path().parent_path().parent_path();
    std::error_code error;  // an unpacked LibTorch has no such neighbours
    for (fs::directory_iterator it(packages / "nvidia", error), end; !error && it != end;
         it.increment(error)) {
      folders.push_back((it->path() / "lib").string());
    }
  }
  std::sort(folders.begin(), folders.end());
  folders.erase(std::unique(folders.begin(), folders.end()), folders.end());
  return folders;
}

std::vector<std::string> chosen_folders() {
  const char* variable = std::getenv("COPPICE_CUDA_LIBRARIES");
  return split(variable ? variable : "");
}

std::vector<std::string> found_folders() {
  std::vector<std::string> folders = split(COPPICE_CUDA_LIBRARY_FOLDERS);
  for (std::string& folder : torch_folders()) folders.push_back(std::move(folder));
  return folders;
}

std::string file_of(void* handle) {
  link_map* map = nullptr;
  return dlinfo(handle, RTLD_DI_LINKMAP, &map) == 0 && map ? map->l_name : "";
}

/// Why the loader refuses a file that is there (a dependency is missing, say); empty where none is there.
std::string why_not(const std::string& file) {
  const char* words = dlerror();
  return std::filesystem::exists(file) && words ? std::string(words) : "";
}

}  // namespace

std::vector<std::string> cuda_library_folders() {
  std::vector<std::string> folders = chosen_folders();
  for (std::string& folder : found_folders()) folders.push_back(std::move(folder));
  return folders;
}

SharedLibrary::SharedLibrary(std::string name, std::vector<std::string> file_names) : name_(std::move(name)) {
  std::string broken;
  const auto open = [&](const std::string& file, int flags) {
    if (!handle_) handle_ = dlopen(file.c_str(), flags);
  };
  const auto open_in = [&](const std::vector<std::string>& folders) {
    for (const std::string& folder : folders) {
      for (const std::string& file : file_names) {
        const std::string path = (std::filesystem::path(folder) / file).string();
        open(path, RTLD_NOW | RTLD_LOCAL);
        if (!handle_ && broken.empty()) broken = why_not(path);
      }
    }
  };
  for (const std::string& file : file_names) open(file, RTLD_NOW | RTLD_NOLOAD);
  open_in(chosen_folders());
  for (const std::string& file : file_names) open(file, RTLD_NOW | RTLD_LOCAL);
  if (!handle_) open_in(found_folders());
  if (handle_) {
    path_ = file_of(handle_);
    return;
  }
  problem_ = name_ + " is not here: no " + (file_names.empty() ? "file name" : file_names.front()) +
             " on the loader's path" +
             (cuda_library_folders().empty() ? "" : " or in the folders of CUDA and torch") +
             "; COPPICE_CUDA_LIBRARIES may name its folder";
  if (!broken.empty()) problem_ = name_ + " does not open: " + broken;
}

void* SharedLibrary::symbol(const char* symbol_name) {
  if (!handle_) return nullptr;
  void* address = dlsym(handle_, symbol_name);
  if (!address) {
    problem_ += problem_.empty() ? name_ + " (" + path_ + ") is too old: it lacks " : ", ";
    problem_ += symbol_name;
  }
  return address;
}

void SharedLibrary::set_version(int major, int minor, int patch, int built_with_major) {
  version_ = std::to_string(major) + "." + std::to_string(minor) + "." + std::to_string(patch);
  if (major == built_with_major || !usable()) return;
  problem_ = name_ + " " + version_ + " (" + path_ + ") is not the version " +
             std::to_string(built_with_major) + " that this program was built with";
}

}  // namespace coppice::kernels
