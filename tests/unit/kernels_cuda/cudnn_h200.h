#pragma once

namespace coppice::kernels {

/// An H200 as cuDNN describes devices (CUDNN_ATTR_DEVICEPROP_JSON_REPRESENTATION), with the published
/// figures: its heuristics and plans for one need no device. cuDNN may come to want other fields.
inline constexpr const char* kCudnnH200 = R"({
  "deviceName": "NVIDIA H200", "deviceVer": 900, "driverVer": 13000, "cudaDeviceId": 0, "pciDeviceId": 0,
  "multiProcessorCount": 132, "warpSize": 32, "smClockRateKHz": 1980000, "memClockRateKHz": 3201000,
  "l2CacheSize": 62914560, "totalGlobalMem": 150754820096, "regsPerBlock": 65536, "maxRegistersPerSM": 65536,
  "maxSharedMemoryPerBlock": 49152, "maxSharedMemoryPerBlockOptin": 232448,
  "reservedSharedMemoryPerBlock": 1024, "maxCtasPerSM": 32, "maxThreadsPerBlock": 1024,
  "maxThreadsPerSM": 2048, "maxBlockSize": [1024, 1024, 64], "maxGridSize": [2147483647, 65535, 65535],
  "isTccDriver": 0, "supportCoopLaunch": 1})";

}  // namespace coppice::kernels
