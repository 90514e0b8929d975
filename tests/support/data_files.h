#pragma once
#include "coppice/config.h"
#include "coppice/error.h"

#include <cstdlib>
#include <fstream>
#include <optional>
#include <string>

#include "fuzz/idx_cases.h"
#include "gtest/gtest.h"
#include "support/scratch.h"

namespace coppice {

inline void put(const std::string& path, const std::string& content) {
  std::ofstream(path, std::ios::binary).write(content.data(), static_cast<std::streamsize>(content.size()));
}

/// The message of the BadInput that `action` throws.
template <class Action>
std::string complaint(const Action& action) {
  try {
    action();
  } catch (const BadInput& error) {
    return error.what();
  } catch (const std::exception& error) {
    return std::string("another exception: ") + error.what();
  }
  return "nothing was thrown";
}

inline void expect_words(const std::string& text, const std::vector<std::string>& words) {
  for (const std::string& word : words)
    EXPECT_NE(text.find(word), std::string::npos) << "'" << word << "' in " << text;
}

/// An environment variable for the length of a test; null: unset.
class Environment {
 public:
  Environment(std::string name, const char* value) : name_(std::move(name)) {
    if (const char* before = std::getenv(name_.c_str())) before_ = before;
    set(value);
  }
  Environment(const Environment&) = delete;
  Environment& operator=(const Environment&) = delete;
  ~Environment() { set(before_ ? before_->c_str() : nullptr); }

 private:
  void set(const char* value) {
    if (value != nullptr) {
      setenv(name_.c_str(), value, 1);
    } else {
      unsetenv(name_.c_str());
    }
  }
  std::string name_;
  std::optional<std::string> before_;
};

/// Four training and two test images of 2x3 pixels below `folder`.
inline void put_small_mnist(const std::string& folder, bool packed) {
  const auto file = [&](const std::string& name, const std::string& bytes) {
    put(folder + "/" + name + (packed ? ".gz" : ""), packed ? gzip(bytes) : bytes);
  };
  std::filesystem::create_directories(folder);
  file("train-images-idx3-ubyte", idx_images(4));
  file("train-labels-idx1-ubyte", idx_labels(std::string("\x03\x00\x09\x01", 4)));
  file("t10k-images-idx3-ubyte", idx_images(2));
  file("t10k-labels-idx1-ubyte", idx_labels(std::string("\x07\x02", 2)));
}

/// No validation examples, from `path`.
inline DataConfig config_of(const std::string& dataset, const std::string& path) {
  DataConfig config;
  config.dataset = dataset;
  config.path = path;
  config.validation = 0;
  return config;
}

}  // namespace coppice
