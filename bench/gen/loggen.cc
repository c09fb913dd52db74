// Writes the input of the measurements: sluice_loggen FILE MEGABYTES [SEED]
#include <cstdio>
#include <cstdlib>
#include <string>

#include "bench/support/log_lines.h"

int main(int argc, char** argv) {
  if (argc < 3) {
    std::fprintf(stderr, "usage: sluice_loggen FILE MEGABYTES [SEED]\n");
    return 2;
  }
  const std::uint64_t size = std::strtoull(argv[2], nullptr, 10) * 1'000'000;
  bench::LogLines lines(argc > 3 ? std::strtoull(argv[3], nullptr, 10) : 1);
  std::FILE* file = std::fopen(argv[1], "wb");
  if (file == nullptr) {
    std::perror(argv[1]);
    return 1;
  }
  std::uint64_t written = 0;
  std::uint64_t count = 0;
  std::string block;
  while (written < size) {
    block.clear();
    while (block.size() < (1u << 20) && written + block.size() < size) {
      lines.append(block);
      ++count;
    }
    if (std::fwrite(block.data(), 1, block.size(), file) != block.size()) {
      std::perror(argv[1]);
      return 1;
    }
    written += block.size();
  }
  if (std::fclose(file) != 0) {
    std::perror(argv[1]);
    return 1;
  }
  std::printf("{\"bytes\": %llu, \"lines\": %llu}\n", static_cast<unsigned long long>(written),
              static_cast<unsigned long long>(count));
  return 0;
}
