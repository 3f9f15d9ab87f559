"""Writes fixtures/arrays with NumPy and safetensors.

Usage: python tests/formats/record_arrays.py     (needs numpy, ml_dtypes and safetensors)
"""

import pathlib

import ml_dtypes
import numpy as np
from safetensors.numpy import save_file

folder = pathlib.Path(__file__).resolve().parent / "fixtures" / "arrays"
folder.mkdir(exist_ok=True)

arrays = {
    "float32": np.array([[1.5, -2.25, 0.0], [np.inf, 3e-40, 7.0]], np.float32),
    "float64": np.array([np.pi, -0.0]),
    "float16": np.array([1.5, -65504.0], np.float16),
    "int8": np.array([-128, 127], np.int8),
    "int16": np.array([-32768], np.int16),
    "int32": np.array(-7, np.int32),
    "int64": np.array([2**62 + 1, -1]),
    "uint8": np.array([[255], [0]], np.uint8),
    "uint16": np.array([65535], np.uint16),
    "uint32": np.array([2**32 - 1], np.uint32),
    "uint64": np.array([2**64 - 1], np.uint64),
    "bool": np.array([True, False, True]),
    "empty/of none": np.zeros((0, 3), np.float32),
}
complexes = {"complex64": np.array([1 + 2j], np.complex64), "complex128": np.array([[1 - 2j, 3.5j]])}
texts = {"bytes": np.array([b"ab", b"", b"xyz"])}

np.savez(folder / "stored.npz", **arrays, **complexes, **texts)
np.savez_compressed(folder / "deflated.npz", many=np.arange(5000, dtype=np.int32) % 17, **arrays)
np.save(folder / "fortran.npy", np.asfortranarray(np.arange(24, dtype=np.float32).reshape(2, 3, 4)))
np.save(folder / "big.npy", np.arange(5, dtype=">i4"))
np.save(folder / "unicode.npy", np.array([["é", "ab"]]))
np.save(folder / "bfloat16.npy", np.array([1.5, -2.0], ml_dtypes.bfloat16))
np.save(folder / "objects.npy", np.array([{}], object), allow_pickle=True)
save_file({k: v for k, v in arrays.items()}, folder / "arrays.safetensors", metadata={"made by": "numpy"})
