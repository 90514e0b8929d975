#pragma once
#include "coppice/network.h"

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace coppice {

/// Writes down a network layer by layer. Each call adds one node, fed by the one before unless `from` names
/// others, and returns its name.
class Builder {
 public:
  /// `width` scales hidden layers.
  Builder(std::string_view name, Extent image, std::int64_t classes, double width);

  /// round(width x n), at least 1.
  std::int64_t hidden(std::int64_t n) const;
  std::int64_t classes() const { return network_.classes; }
  const std::string& last() const { return network_.nodes.back().name; }

  struct Window {
    std::int64_t kernel, stride, padding;
    bool bias;
  };
  std::string conv(std::string name, std::int64_t out, Window window, std::string from = "");
  std::string linear(std::string name, std::int64_t out);
  std::string max_pool(std::string name, std::int64_t kernel);
  std::string add(std::string name, std::string a, std::string b);
  /// An operation without fields.
  std::string plain(Op op, std::string name, std::string from = "");

  /// The finished network, checked.
  Network finish() const { return complete(network_); }

 private:
  std::string push(Node node, std::string from);
  Network network_;
  double width_;
};

/// A network of the registry: its name and the function that writes it down.
struct Recipe {
  std::string name;
  std::function<void(Builder&)> build;
};

/// The families; registry.cpp lists them.
std::vector<Recipe> lenet_recipes();
std::vector<Recipe> conv_recipes();
std::vector<Recipe> vgg_recipes();
std::vector<Recipe> resnet_recipes();

}  // namespace coppice
