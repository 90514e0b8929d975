#pragma once
#include "coppice/mask.h"
#include "coppice/network.h"
#include "coppice/tensor.h"

#include <map>
#include <span>
#include <string>
#include <vector>

namespace coppice {

using Metadata = std::map<std::string, std::string>;

/// A safetensors file: tensors and string metadata.
struct SafetensorsFile {
  Tensors tensors;
  Metadata metadata;
};

/// Writes a safetensors file that the public library opens: tensors ordered by descending element size and
/// then by name, header padded to 8 bytes. Atomic: a temporary name, synced, renamed. The same input gives
/// the same bytes. Throws Failure where the disk does not take it.
void write_safetensors(const std::string& path, const Tensors& tensors, const Metadata& metadata = {});

/// Throws BadInput naming the file, what is wrong and at which offset: header length, JSON, types, offsets
/// that overlap, leave holes or pass the end, duplicates.
SafetensorsFile read_safetensors(const std::string& path);
/// The same from memory; `where` names it in messages.
SafetensorsFile parse_safetensors(std::span<const std::byte> bytes, const std::string& where);

/// Writes a PyTorch state dict (OrderedDict of contiguous tensors) that torch.load(weights_only=True) reads:
/// a zip of stored entries with a protocol-2 pickle. `order` gives the order of the names; empty: as in the
/// map.
void write_state_dict(const std::string& path, const Tensors& tensors,
                      const std::vector<std::string>& order = {});

/// Masks as NAME.bitmask (U8 [rows, row bytes]) and NAME.shape (I64).
void write_masks(const std::string& path, const Masks& masks, const Metadata& metadata = {});
/// In the order of the metadata key "order" (a JSON list of names). Throws BadInput.
Masks read_masks(const std::string& path);

/// A network's parameters and buffers with its description under the metadata key "network".
void write_checkpoint(const std::string& path, const Network& network, const Tensors& tensors,
                      Metadata metadata = {});
struct Checkpoint {
  Network network;
  Tensors tensors;
  Metadata metadata;  ///< All but "network".
};
/// Throws BadInput where the file has no network or the tensors are not the network's.
Checkpoint read_checkpoint(const std::string& path);

}  // namespace coppice
