"""Records how NumPy prints arrays: `python tests/record/format_vectors.py > tests/recordings/format.json`."""

import json

import ml_dtypes
import numpy as np

nan, inf = np.nan, np.inf
rng = np.random.RandomState(7)
cases = []


def text(value):
    if isinstance(value, bytes):
        return value.decode("latin-1")
    if isinstance(value, (int, np.integer)) and not isinstance(value, (bool, np.bool_)):
        return str(value)
    if isinstance(value, (bool, np.bool_)):
        return bool(value)
    value = float(value)
    return repr(value) if not np.isfinite(value) or (value == 0 and np.signbit(value)) else value


def add(array):
    array = np.asarray(array)
    flat = array.ravel()
    if array.dtype.kind == "c":
        flat = flat.view(np.float32 if array.dtype == np.complex64 else np.float64)
    cases.append(
        dict(
            dtype="string" if array.dtype == object else array.dtype.name,
            shape=list(array.shape),
            values=[text(v) for v in flat],
            str=str(array),
            repr=repr(array),
        )
    )


def objects(values, shape):
    array = np.empty(len(values), object)
    array[:] = values
    return array.reshape(shape)


for dtype in [np.float32, np.float64, np.float16, ml_dtypes.bfloat16]:
    for value in [
        0.5, -0.0, 1.0, 1e10, 1e-5, 1 / 3, nan, -inf, [], [[], []], [1, 2, 3], [0.1, 0.25, -3], [1e-5, 1],
        [0.001, 1.001], [nan, 1], [-inf, 1.25], [0.001953125], [999.0, 0.5], [1e3], [1e6], [1e8, -1.5], [2.0**-20, 3],
        [[1 / 3, 100], [2, nan]],
    ]:
        with np.errstate(all="ignore"):
            add(np.array(value).astype(dtype))
for dtype in [np.float32, np.float64]:
    add(rng.randn(2, 3, 4).astype(dtype))
    add((rng.randn(9) * 1e5).astype(dtype))
add((np.arange(1200) / 64).astype(np.float32))
add((np.arange(2002) / 64).reshape(2, 1001).astype(np.float64))
for dtype in [np.int8, np.uint8, np.int32, np.int64, np.uint64]:
    limits = np.iinfo(dtype)
    add(np.array(5, dtype))
    add(np.array([limits.min, limits.max, 0], dtype))
    add(np.arange(6, dtype=dtype).reshape(2, 3))
add(np.arange(40, dtype=np.int32))
add(np.arange(1001, dtype=np.int64))
add(np.zeros((2, 0, 3), np.int32))
add(np.array(True))
add(np.array([[True, False], [True, True]]))
add(objects([b"a", b"bcd"], (2,)))
add(objects([b"it's", b'a\n\t\\"\x00\xff', b"'\""], (3, 1)))
add(objects([b"x"], ()))
add(np.complex64(1.5 - 2j))
add(np.array([1 + 2j, -0.5 + 100j]))

print("[\n" + ",\n".join(json.dumps(case) for case in cases) + "\n]")
