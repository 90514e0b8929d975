#pragma once
#include <cstddef>
#include <cstdint>

/// What we call of MKL, with 32-bit integers: LibTorch for x86-64 exports it. Declared weakly: where a build
/// of LibTorch lacks MKL, the program still starts and these are null.
extern "C" {

[[gnu::weak]] std::size_t cblas_sgemm_pack_get_size(int matrix, int m, int n, int k);
[[gnu::weak]] void cblas_sgemm_pack(int order, int matrix, int trans, int m, int n, int k, float alpha,
                                    const float* from, int ld, float* to);
[[gnu::weak]] void cblas_sgemm_compute(int order, int trans_a, int trans_b, int m, int n, int k,
                                       const float* a, int lda, const float* b, int ldb, float beta, float* c,
                                       int ldc);
[[gnu::weak]] void sgemm_(const char* trans_a, const char* trans_b, const int* m, const int* n, const int* k,
                          const float* alpha, const float* a, const int* lda, const float* b, const int* ldb,
                          const float* beta, float* c, const int* ldc);
[[gnu::weak]] void sgemv_(const char* trans, const int* m, const int* n, const float* alpha, const float* a,
                          const int* lda, const float* x, const int* incx, const float* beta, float* y,
                          const int* incy);

struct CoppiceMklMatrix;  ///< Opaque: a sparse matrix.
struct CoppiceMklDescription {
  int type, mode, diagonal;
};
[[gnu::weak]] int mkl_sparse_s_create_csr(CoppiceMklMatrix** matrix, int base, int rows, int columns,
                                          int* row_begins, int* row_ends, int* column, float* value);
[[gnu::weak]] int mkl_sparse_set_mm_hint(CoppiceMklMatrix* matrix, int operation,
                                         CoppiceMklDescription description, int layout, int width, int calls);
[[gnu::weak]] int mkl_sparse_set_mv_hint(CoppiceMklMatrix* matrix, int operation,
                                         CoppiceMklDescription description, int calls);
[[gnu::weak]] int mkl_sparse_optimize(CoppiceMklMatrix* matrix);
[[gnu::weak]] int mkl_sparse_s_mm(int operation, float alpha, const CoppiceMklMatrix* matrix,
                                  CoppiceMklDescription description, int layout, const float* x, int width,
                                  int ldx, float beta, float* y, int ldy);
[[gnu::weak]] int mkl_sparse_s_mv(int operation, float alpha, const CoppiceMklMatrix* matrix,
                                  CoppiceMklDescription description, const float* x, float beta, float* y);
[[gnu::weak]] int mkl_sparse_destroy(CoppiceMklMatrix* matrix);
}

namespace coppice::mkl {

// Values of MKL's enumerations.
inline constexpr int kRowMajor = 101, kNoTrans = 111, kTrans = 112, kPacked = 151;
inline constexpr int kMatrixA = 161, kMatrixB = 162;
inline constexpr int kSparseNoTrans = 10, kSparseGeneral = 20, kSparseRowMajor = 101;

/// Empty where MKL is there, else the reason.
inline const char* lacking() {
  return cblas_sgemm_pack != nullptr && mkl_sparse_s_create_csr != nullptr
             ? ""
             : "this LibTorch comes without MKL";
}

/// Whether sparse matrices can be analysed for speed. PyTorch's wheels link MKL statically and leave this
/// out.
inline bool inspects() {
  return mkl_sparse_set_mm_hint != nullptr && mkl_sparse_set_mv_hint != nullptr &&
         mkl_sparse_optimize != nullptr;
}

}  // namespace coppice::mkl
