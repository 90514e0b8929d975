#pragma once
#include <cstddef>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <string_view>

namespace coppice {

/// The whole file. Throws BadInput where it does not exist or cannot be read.
std::string read_file(const std::filesystem::path& path);

/// Writes under a temporary name in the same folder, syncs file and folder, renames: the file is there whole
/// or not at all, whatever kills the process. Throws Failure (disk full, no permission) and leaves no
/// temporary file.
void write_file_atomically(const std::filesystem::path& path, std::string_view content);
void write_file_atomically(
    const std::filesystem::path& path,
    const std::function<void(const std::function<void(const void*, std::size_t)>&)>& produce);

/// Files that a killed `write_file_atomically` left below a folder; returns how many.
int remove_temporaries(const std::filesystem::path& folder);

/// Removes a file or folder tree, if there. Throws Failure where it cannot.
void remove_path(const std::filesystem::path& path);

/// Creates a folder and its parents. Throws Failure naming the reason (no permission, a file in the way).
void make_folder(const std::filesystem::path& path);

}  // namespace coppice
