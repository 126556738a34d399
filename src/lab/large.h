// Lists of a million elements that are read in no order: their memory is asked for in large pages,
// where the system has them, or else each access costs a walk through its page tables too.
#pragma once

#include <sys/mman.h>

#include <cstddef>
#include <cstdlib>
#include <new>
#include <vector>

namespace muster::lab {

template <class T>
struct LargeAllocator {
  using value_type = T;
  static constexpr std::size_t kPage = 2 * 1024 * 1024;

  LargeAllocator() = default;
  template <class Other>
  LargeAllocator(const LargeAllocator<Other>&) {}  // NOLINT(google-explicit-constructor)

  T* allocate(std::size_t count) {
    const auto size = (count * sizeof(T) + kPage - 1) / kPage * kPage;
    if (count * sizeof(T) < kPage) return static_cast<T*>(::operator new(count * sizeof(T)));
    void* memory = std::aligned_alloc(kPage, size);
    if (memory == nullptr) throw std::bad_alloc();
    ::madvise(memory, size, MADV_HUGEPAGE);  // a hint: without it all is as before, but slower
    return static_cast<T*>(memory);
  }
  void deallocate(T* memory, std::size_t count) {
    if (count * sizeof(T) < kPage) return ::operator delete(memory);
    std::free(memory);  // NOLINT(cppcoreguidelines-no-malloc)
  }
  friend bool operator==(const LargeAllocator&, const LargeAllocator&) { return true; }
};

template <class T>
using LargeVector = std::vector<T, LargeAllocator<T>>;

}  // namespace muster::lab
