#pragma once

#include <cstddef>
#include <string>

namespace pipeline {

// Makes `text` `size` bytes long without writing the new ones: for output that is overwritten at
// once, where zero-filling would touch every byte twice. Capacity is kept, so a string that is
// reused stops allocating.
inline void resize_uninitialized(std::string& text, std::size_t size) {
  // libstdc++ 12 passes the capacity that it has grown to, which may be more than was asked for.
  text.resize_and_overwrite(size, [size](char*, std::size_t) noexcept { return size; });
}

// Appends `size` unwritten bytes and says where they begin.
inline char* extend(std::string& text, std::size_t size) {
  const std::size_t before = text.size();
  resize_uninitialized(text, before + size);
  return text.data() + before;
}

}  // namespace pipeline
