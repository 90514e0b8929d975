#pragma once
#include <CLI/CLI.hpp>

#include "cli/common.h"

namespace coppice {

/// `coppice doctor`: what this machine can run and measure, and what to do about the rest.
void add_doctor(CLI::App& app, const CommonOptions& common);

}  // namespace coppice
