"""Fashion-MNIST at 12x12 as NumPy sees it: fashion.py DATA_FOLDER SCRATCH MEAN STDDEV SHA256.

Reduces the images with exact integers, takes mean and deviation over the training indices that Coppice wrote, repeats
one normalised batch and the hash of the content; fails where anything differs.
"""
import gzip
import hashlib
import sys

import numpy as np

SIDE, NATIVE = 12, 28


def read(folder, name, header):
    with gzip.open(f"{folder}/{name}.gz") as file:
        return np.frombuffer(file.read(), np.uint8, offset=header)


def reduced(images):
    """Row i of `cover` says how many twelfths of each source pixel output pixel i covers."""
    cover = np.zeros((SIDE, NATIVE), np.int64)
    for i in range(SIDE):
        for part in range(i * NATIVE, (i + 1) * NATIVE):
            cover[i, part // SIDE] += 1
    sums = np.einsum("iy,nyx,jx->nij", cover, images.reshape(-1, NATIVE, NATIVE).astype(np.int64), cover,
                     optimize=True)
    area = NATIVE * NATIVE
    return ((2 * sums + area) // (2 * area)).astype(np.uint8)


def main(folder, scratch, mean, stddev, sha256):
    digest = hashlib.sha256(b"classes 10\n")
    for split, prefix in (("train", "train"), ("test", "t10k")):
        images = reduced(read(folder, f"{prefix}-images-idx3-ubyte", 16))
        labels = read(folder, f"{prefix}-labels-idx1-ubyte", 8).astype("<i4")
        digest.update(f"{split}.images U8 [{len(images)}, 1, {SIDE}, {SIDE}]\n".encode() + images.tobytes())
        digest.update(f"{split}.labels I32 [{len(labels)}]\n".encode() + labels.tobytes())
        if split == "train":
            pool = images
    assert np.array_equal(np.fromfile(f"{scratch}/pixels.u8", np.uint8), pool.ravel()), "reduced pixels"
    train = np.fromfile(f"{scratch}/train.u32", np.uint32)
    assert len(train) == 13750 and np.all(np.diff(train.astype(np.int64)) > 0), "training indices"
    chosen = pool[train].astype(np.float64) / 255
    assert abs(chosen.mean() - float(mean)) < 1e-7, (chosen.mean(), mean)
    assert abs(chosen.std() - float(stddev)) < 1e-7, (chosen.std(), stddev)
    batch = np.fromfile(f"{scratch}/batch.f32", np.float32).reshape(64, SIDE, SIDE)
    assert np.abs(batch - (chosen[:64] - float(mean)) / float(stddev)).max() < 1e-6, "normalised batch"
    assert digest.hexdigest() == sha256, "hash of the content"


main(*sys.argv[1:])
