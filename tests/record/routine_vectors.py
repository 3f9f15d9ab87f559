"""Records what TensorFlow's kernels compute: `python tests/record/routine_vectors.py > tests/recordings/routines.json`.

Each case names one of our routines with its inputs and parameters, and holds TensorFlow's outputs or its error.
"""

import json
import os

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["TF_ENABLE_ONEDNN_OPTS"] = "0"

import numpy as np
import tensorflow.compat.v1 as tf

tf.disable_v2_behavior()
tf.logging.set_verbosity("ERROR")

raw = tf.raw_ops
rng = np.random.RandomState(3)
cases = []


def plain(array):
    flat = np.ascontiguousarray(array).ravel()
    if flat.dtype == np.int64:
        values = [str(v) for v in flat]
    elif flat.dtype == object:
        values = [v.decode("latin-1") for v in flat]
    elif flat.dtype == tf.bfloat16.as_numpy_dtype or flat.dtype == np.float16:
        values = [float(v) for v in flat.astype(np.float64)]
    elif flat.dtype == np.float32:
        values = [float(str(v)) for v in flat]
    else:
        values = [v.item() for v in flat]
    values = [repr(v) if isinstance(v, float) and not np.isfinite(v) else v for v in values]
    name = "string" if array.dtype == object else array.dtype.name
    return dict(dtype=name, shape=list(array.shape), values=values)


def record(routine, make, inputs, params=None, initial=None, unknown=True, shape=()):
    """`initial` is what the first output holds before a routine that works in place; `shape` the output's if it fails."""
    with tf.Graph().as_default():
        arrays = [np.asarray(v) for v in inputs]
        tensors = [tf.placeholder(a.dtype if a.dtype != object else tf.string, None if unknown else a.shape) for a in arrays]
        session = tf.Session(config=tf.ConfigProto(intra_op_parallelism_threads=1))
        case = dict(routine=routine, inputs=[plain(a) for a in arrays], params=params or {})
        variable = None
        if initial is not None:
            variable = tf.Variable(initial, use_resource=False)
            session.run(variable.initializer)
            case["initial"] = plain(np.asarray(initial))
        output = make(*tensors) if variable is None else make(variable, *tensors)
        flat = list(output) if isinstance(output, (tuple, list)) else [output]
        try:
            results = session.run(flat, dict(zip(tensors, arrays)))
            case["outputs"] = [plain(np.asarray(r)) for r in results]
        except tf.errors.OpError as error:
            text = str(error).split("Node: '")[-1].split("\n", 1)[-1].split("[[{{")[0].strip()
            case["error"] = text.split(", node name:")[0]
            case["shape"] = list(shape)
        cases.append(case)


def numbers(*shape, dtype=np.float32):
    if np.issubdtype(dtype, np.integer):
        return rng.randint(-9, 9, shape).astype(dtype)
    return np.round(rng.randn(*shape), 3).astype(dtype)


def integers(values, dtype=np.int32):
    return np.asarray(values, dtype)


def hidden(value):
    """A constant that shape inference cannot see, so that the kernel's own checks run."""
    return tf.placeholder_with_default(np.asarray(value, np.int32), None)


bfloat16 = tf.bfloat16.as_numpy_dtype

# Matrix products.
for dtype in [np.float32, np.float64, np.int32, np.int64, np.float16, bfloat16]:
    for ta in [False, True]:
        for tb in [False, True]:
            a = numbers(5, 7, dtype=dtype) if not ta else numbers(7, 5, dtype=dtype)
            b = numbers(7, 6, dtype=dtype) if not tb else numbers(6, 7, dtype=dtype)
            record("matmul", lambda a, b: tf.matmul(a, b, ta, tb), [a, b], dict(transposeA=ta, transposeB=tb), unknown=False)
for shapes in [((2, 3, 4), (2, 4, 5)), ((2, 1, 3, 4), (3, 4, 2)), ((1, 4), (6, 4, 3)), ((0, 4), (4, 3)), ((3, 0), (0, 2))]:
    record(
        "matmul",
        lambda a, b: tf.raw_ops.BatchMatMulV2(x=a, y=b),
        [numbers(*shapes[0]), numbers(*shapes[1])],
        dict(transposeA=False, transposeB=False),
    )
record(
    "matmul",
    lambda a, b: tf.matmul(a, b),
    [integers([[2**20, 3]]), integers([[2**20], [7]])],
    dict(transposeA=False, transposeB=False),
    unknown=False,
)


# Convolutions.
def explicit(pads):
    return "EXPLICIT", [0, 0, *pads[0], *pads[1], 0, 0]


def same(size, window, stride, dilation=1):
    out = -(-size // stride)
    total = max(0, (out - 1) * stride + (window - 1) * dilation + 1 - size)
    return [total // 2, total - total // 2]


convolutions = [
    # image, filter, strides, dilations, padding
    ((2, 5, 6, 3), (3, 2, 3, 4), (1, 1), (1, 1), "SAME"),
    ((1, 7, 7, 1), (3, 3, 1, 5), (2, 2), (1, 1), "SAME"),
    ((2, 8, 7, 2), (3, 3, 2, 3), (1, 2), (1, 1), "VALID"),
    ((1, 9, 9, 2), (3, 3, 2, 2), (1, 1), (2, 3), "SAME"),
    ((2, 4, 4, 3), (1, 1, 3, 2), (1, 1), (1, 1), "VALID"),
    ((2, 4, 4, 3), (1, 1, 3, 2), (2, 2), (1, 1), "VALID"),
    ((1, 5, 5, 2), (2, 2, 2, 3), (1, 1), (1, 1), [[2, 0], [1, 2]]),
]
for dtype in [np.float32, np.float64]:
    for image, kernel, strides, dilations, padding in convolutions:
        if padding == "SAME":
            pads = [same(image[i + 1], kernel[i], strides[i], dilations[i]) for i in range(2)]
        else:
            pads = [[0, 0], [0, 0]] if padding == "VALID" else padding
        text = padding if isinstance(padding, str) else "EXPLICIT"
        more = dict(
            strides=[1, *strides, 1],
            padding=text,
            dilations=[1, *dilations, 1],
            explicit_paddings=[] if isinstance(padding, str) else explicit(padding)[1],
        )
        params = dict(strides=strides, dilations=dilations, pads=pads)
        x, f = numbers(*image, dtype=dtype), numbers(*kernel, dtype=dtype)
        record("conv2d", lambda x, f: raw.Conv2D(input=x, filter=f, **more), [x, f], params, unknown=False)
        dy = numbers(*cases[-1]["outputs"][0]["shape"], dtype=dtype)
        if dilations == (1, 1):
            record(
                "conv2dBackpropInput",
                lambda f, dy: raw.Conv2DBackpropInput(input_sizes=image, filter=f, out_backprop=dy, **more),
                [f, dy],
                params,
                unknown=False,
            )
            record(
                "conv2dBackpropFilter",
                lambda x, dy: raw.Conv2DBackpropFilter(input=x, filter_sizes=kernel, out_backprop=dy, **more),
                [x, dy],
                params,
                unknown=False,
            )

for image, kernel, stride, padding in [
    ((2, 5, 6, 3), (3, 2, 3, 2), 1, "SAME"),
    ((1, 7, 7, 2), (3, 3, 2, 1), 2, "SAME"),
    ((2, 6, 7, 2), (3, 3, 2, 3), 2, "VALID"),
]:
    pads = [same(image[i + 1], kernel[i], stride) if padding == "SAME" else [0, 0] for i in range(2)]
    params = dict(strides=[stride, stride], dilations=[1, 1], pads=pads)
    more = dict(strides=[1, stride, stride, 1], padding=padding)
    x, f = numbers(*image), numbers(*kernel)
    record("depthwiseConv2d", lambda x, f: raw.DepthwiseConv2dNative(input=x, filter=f, **more), [x, f], params, unknown=False)
    dy = numbers(*cases[-1]["outputs"][0]["shape"])
    record(
        "depthwiseConv2dBackpropInput",
        lambda f, dy: raw.DepthwiseConv2dNativeBackpropInput(input_sizes=image, filter=f, out_backprop=dy, **more),
        [f, dy],
        params,
        unknown=False,
    )
    record(
        "depthwiseConv2dBackpropFilter",
        lambda x, dy: raw.DepthwiseConv2dNativeBackpropFilter(input=x, filter_sizes=kernel, out_backprop=dy, **more),
        [x, dy],
        params,
        unknown=False,
    )

# Pooling; the small integers have many equal maxima.
for dtype in [np.float32, np.float64, np.float16]:
    for image, size, stride, padding in [
        ((2, 4, 6, 3), 2, 2, "VALID"),
        ((1, 5, 5, 2), 3, 2, "SAME"),
        ((1, 5, 7, 1), 3, 1, "SAME"),
        ((1, 5, 7, 1), 2, 3, "VALID"),
    ]:
        pads = [same(image[i + 1], size, stride) if padding == "SAME" else [0, 0] for i in range(2)]
        params = dict(ksize=[size, size], strides=[stride, stride], pads=pads)
        more = dict(ksize=[1, size, size, 1], strides=[1, stride, stride, 1], padding=padding)
        x = rng.randint(-3, 3, image).astype(dtype)
        record("maxPool", lambda x: raw.MaxPool(input=x, **more), [x], params)
        shape = cases[-1]["outputs"][0]["shape"]
        y = np.asarray(cases[-1]["outputs"][0]["values"], dtype).reshape(shape)
        dy = numbers(*shape, dtype=dtype)
        record("maxPoolGrad", lambda x, y, dy: raw.MaxPoolGrad(orig_input=x, orig_output=y, grad=dy, **more), [x, y, dy], params)
        ddx = numbers(*image, dtype=dtype)
        record(
            "maxPoolGradGrad",
            lambda x, y, ddx: raw.MaxPoolGradGrad(orig_input=x, orig_output=y, grad=ddx, **more),
            [x, y, ddx],
            params,
        )
        record("avgPool", lambda x: raw.AvgPool(value=x, **more), [x], params)
        record("avgPoolGrad", lambda dy: raw.AvgPoolGrad(orig_input_shape=image, grad=dy, **more), [dy], params)

# Scans.
ties = np.array([[1, 5, 5, np.nan], [np.nan, np.nan, -np.inf, -np.inf], [3, 2, 2, 3]], np.float32)
for kind, function in [("max", tf.argmax), ("min", tf.argmin)]:
    for axis in [0, 1]:
        record("argReduce", lambda x: function(x, axis), [ties], dict(kind=kind, axis=axis))
        record("argReduce", lambda x: function(x, axis, output_type=tf.int32), [numbers(4, 3, 2)], dict(kind=kind, axis=axis))
        record("argReduce", lambda x: function(x, axis), [numbers(4, 3, dtype=np.int64)], dict(kind=kind, axis=axis))
record("argReduce", lambda x: tf.argmax(x, 0), [np.zeros((0, 3), np.float32)], dict(kind="max", axis=0), shape=[3])
for kind, function in [("sum", tf.cumsum), ("prod", tf.cumprod)]:
    for exclusive in [False, True]:
        for reverse in [False, True]:
            for dtype, shape, axis in [(np.float32, (3, 4, 2), 1), (np.int64, (5,), 0), (np.int32, (2, 3), 0), (np.float64, (2, 3), 1)]:
                params = dict(kind=kind, axis=axis, exclusive=exclusive, reverse=reverse)
                record("cumulative", lambda x: function(x, axis, exclusive, reverse), [numbers(*shape, dtype=dtype)], params)
for x, k in [
    (numbers(3, 7), 3),
    (np.array([1, 5, 5, 3, 5], np.float32), 4),
    (numbers(2, 2, 5, dtype=np.int32), 5),
    (numbers(6, dtype=np.int64), 1),
    (numbers(6), 0),
    (numbers(2, 3), 4),
]:
    record("topK", lambda x: tf.nn.top_k(x, k), [x], dict(k=k, sorted=True))

# Gathers.
params32 = np.arange(12, dtype=np.float32).reshape(3, 4)
for indices, axis, batch in [
    (integers([0, 2, 2]), 0, 0),
    (integers([[1, 0], [3, 3]]), 1, 0),
    (integers(2, np.int64), 0, 0),
    (integers([[1], [0], [3]]), 1, 1),
    (integers(np.zeros((0,))), 0, 0),
    (integers([0, 3]), 0, 0),
    (integers([[0, 1], [2, -1]]), 0, 0),
    (integers(7), 0, 0),
    (integers([[0], [1], [4]], np.int64), 1, 1),
]:
    record(
        "gather",
        lambda p, i: raw.GatherV2(params=p, indices=i, axis=axis, batch_dims=batch),
        [params32, indices],
        dict(axis=axis, batchDims=batch),
    )
text = np.array([b"a", b"bc", b"\xff"], object)
record("gather", lambda p, i: tf.gather(p, i), [text, integers([2, 0, 0, 1])], dict(axis=0, batchDims=0))
record("gather", lambda p, i: tf.gather(p, i, axis=2), [numbers(2, 3, 50, 40), integers([49, 1])], dict(axis=2, batchDims=0))
cases.pop()
record("gather", lambda p, i: tf.gather(p, i, axis=1), [numbers(2, 3, 40), integers([2, 1])], dict(axis=1, batchDims=0))
for indices in [[[0, 1], [2, 3]], [[1], [1]], [[[0], [2]]], [0, 2], [[0, 0], [3, 1]], [[[0], [5]]], [0, 9], [[0, 0, 0]], np.zeros((2, 0))]:
    record("gatherNd", lambda p, i: tf.gather_nd(p, i), [params32, integers(indices)])

# Scatters.
for indices, updates, shape in [
    ([[1], [1], [0]], [1, 2, 3], [4]),
    ([[1, 0], [0, 1]], [1, 2], [2, 3]),
    ([[2], [2]], [[1, 2], [3, 4]], [3, 2]),
    ([[1], [4]], [1, 2], [4]),
    ([[1, 0], [4, 1]], [1, 2], [4, 2]),
    ([[-1]], [1], [4]),
]:
    for dtype in [np.float32, np.int64]:
        record("scatterNd", lambda i, u: raw.ScatterNd(indices=i, updates=u, shape=shape), [integers(indices), np.array(updates, dtype)], shape=shape)
initial = np.arange(1, 7).reshape(3, 2)
for dtype in [np.float32, np.int32, np.int64, np.float16]:
    for kind in ["update", "add", "sub", "mul", "div", "min", "max"]:
        function = getattr(tf, f"scatter_{kind}")
        record("scatterUpdate", function, [integers([2, 0, 2]), np.array([[2, 3], [-4, 5], [7, 2]], dtype)], dict(kind=kind), initial.astype(dtype))
record("scatterUpdate", tf.scatter_add, [integers([0, 0]), np.float32(5)], dict(kind="add"), initial.astype(np.float32))
record("scatterUpdate", tf.scatter_update, [integers([0, 2]), np.float32(5)], dict(kind="update"), initial.astype(np.float32))
record("scatterUpdate", tf.scatter_update, [integers([0, 3]), numbers(2, 2)], dict(kind="update"), initial.astype(np.float32))
record("scatterUpdate", tf.scatter_add, [integers([[0, 1], [1, -3]]), numbers(2, 2, 2)], dict(kind="add"), initial.astype(np.float32))
for kind in ["update", "add", "sub"]:
    function = getattr(tf, f"scatter_nd_{kind}")
    record("scatterNdUpdate", function, [integers([[0], [2], [0]]), numbers(3, 2)], dict(kind=kind), initial.astype(np.float32))
    record("scatterNdUpdate", function, [integers([[0, 1], [2, 0]]), numbers(2)], dict(kind=kind), initial.astype(np.float32))
    record("scatterNdUpdate", function, [integers([[0, 1], [3, 0]]), numbers(2)], dict(kind=kind), initial.astype(np.float32))

# Segments.
data = numbers(5, 3)
for kind in ["sum", "mean", "prod", "max", "min"]:
    function = getattr(tf, f"segment_{kind}")
    for dtype in [np.float32, np.int32, np.int64, np.float64]:
        record("segment", function, [numbers(5, 3, dtype=dtype), integers([0, 0, 2, 2, 4])], dict(kind=kind))
    record("segment", function, [numbers(4, dtype=np.float32), integers([1, 1, 1, 3], np.int64)], dict(kind=kind))
    record("segment", function, [data, integers([0, 2, 1, 3, 4])], dict(kind=kind), shape=[5, 3])
    record("segment", function, [data, integers([-1, 0, 1, 2, 3])], dict(kind=kind), shape=[4, 3])
    record("segment", function, [data, integers([0, 1, 2])], dict(kind=kind))
    if kind == "mean":
        continue
    function = getattr(tf, f"unsorted_segment_{kind}")
    for dtype in [np.float32, np.int32, np.int64, np.float64, np.float16, bfloat16]:
        record("unsortedSegment", lambda d, i: function(d, i, 4), [numbers(5, 3, dtype=dtype), integers([3, 0, 3, -1, 0])], dict(kind=kind))
    record("unsortedSegment", lambda d, i: function(d, i, 4), [numbers(2, 2, 3), integers([[3, 0], [3, 1]], np.int64)], dict(kind=kind))
    record("unsortedSegment", lambda d, i: function(d, i, 4), [data, integers([0, 1, 4, 2, 3])], dict(kind=kind), shape=[4, 3])
    record("unsortedSegment", lambda d, i: function(d, i, 4), [numbers(2, 2), integers([[3, 0], [3, 9]])], dict(kind=kind), shape=[4])
    record("unsortedSegment", lambda d, i: function(d, i, 4), [data, integers([0, 1])], dict(kind=kind))

# Moves.
for shapes, axis in [(((2, 3), (1, 3)), 0), (((2, 3), (2, 1), (2, 2)), 1), (((2, 2, 40), (2, 1, 40)), 1), (((2, 0), (2, 1)), 1)]:
    record("concat", lambda *values: tf.concat(list(values), axis), [numbers(*s) for s in shapes], dict(axis=axis))
record("concat", lambda *values: tf.concat(list(values), 0), [text, text[:1]], dict(axis=0))
record("concat", lambda *values: tf.concat(list(values), 0), [integers([1, 2], np.int64), integers([3], np.int64)], dict(axis=0))
for shape, lengths, seq, batch in [((3, 5), [2, 0, 5], 1, 0), ((4, 2, 3), [3, 1], 0, 1), ((2, 3, 2), [1, 3], 2, 0), ((2, 3, 4, 2), [4, 2, 1], 2, 1), ((2, 3), [2, 4], 1, 0), ((2, 3), [2, -1], 1, 0), ((2, 3), [2], 1, 0)]:
    record(
        "reverseSequence",
        lambda x, l: raw.ReverseSequence(input=x, seq_lengths=l, seq_dim=seq, batch_dim=batch),
        [numbers(*shape), integers(lengths)],
        dict(seqAxis=seq, batchAxis=batch),
    )
for mode in ["REFLECT", "SYMMETRIC"]:
    for shape, paddings in [((4,), [[2, 3]]), ((3, 4), [[1, 2], [0, 3]]), ((2, 3, 2), [[1, 0], [0, 0], [1, 1]])]:
        record("mirrorPad", lambda x: tf.pad(x, paddings, mode), [numbers(*shape)], dict(mode=mode, paddings=paddings))
        dy = numbers(*cases[-1]["outputs"][0]["shape"])
        record("mirrorPadGrad", lambda dy: raw.MirrorPadGrad(input=dy, paddings=paddings, mode=mode), [dy], dict(mode=mode, paddings=paddings))
    for paddings in [[[3, 0]], [[0, 4]], [[-1, 0]]]:
        record("mirrorPad", lambda x: raw.MirrorPad(input=x, paddings=hidden(paddings), mode=mode), [numbers(3)], dict(mode=mode, paddings=paddings))
for lower, upper in [(0, 0), (1, 0), (0, -1), (-1, 1), (2, 1), (-1, -1)]:
    for shape in [(4, 4), (2, 3, 5)]:
        record("matrixBandPart", lambda x: tf.matrix_band_part(x, lower, upper), [numbers(*shape)], dict(numLower=lower, numUpper=upper))
record("dynamicStitch", lambda a, b, x, y: raw.DynamicStitch(indices=[a, b], data=[x, y]), [integers([0, 2]), integers([1, 0]), numbers(2, 3), numbers(2, 3)])
record("dynamicStitch", lambda a, b, x, y: raw.DynamicStitch(indices=[a, b], data=[x, y]), [integers(3), integers([[1, 0], [2, 1]]), numbers(2), numbers(2, 2, 2)])
record("dynamicStitch", lambda a, x: raw.DynamicStitch(indices=[a], data=[x]), [integers([0, 3]), numbers(2)])
record("dynamicStitch", lambda a, x: raw.DynamicStitch(indices=[a], data=[x]), [integers([-1, 3]), numbers(2)], shape=[4])
record("dynamicStitch", lambda a, x: raw.DynamicStitch(indices=[a], data=[x]), [integers([0, 1]), numbers(3)])
for values in [[3, 0, 2, 1], [0], [0, 4, 1], [0, 1, 1]]:
    record("invertPermutation", tf.invert_permutation, [integers(values)])
record("invertPermutation", tf.invert_permutation, [integers([2, 0, 1], np.int64)])

# Linear algebra.
for dtype in [np.float32, np.float64]:
    square = numbers(2, 4, 4, dtype=dtype)
    positive = (square @ np.swapaxes(square, 1, 2) + 0.5 * np.eye(4)).astype(dtype)
    singular = np.array([[1, 2], [2, 4]], dtype)
    record("cholesky", tf.linalg.cholesky, [positive])
    record("cholesky", tf.linalg.cholesky, [np.array([[1, 2], [2, 1]], dtype)])
    for adjoint in [False, True]:
        record("matrixInverse", lambda a: tf.linalg.inv(a, adjoint=adjoint), [square], dict(adjoint=adjoint))
        record("matrixSolve", lambda a, b: tf.linalg.solve(a, b, adjoint=adjoint), [square, numbers(2, 4, 3, dtype=dtype)], dict(adjoint=adjoint))
        for lower in [False, True]:
            record(
                "matrixTriangularSolve",
                lambda a, b: tf.linalg.triangular_solve(a, b, lower=lower, adjoint=adjoint),
                [square, numbers(2, 4, 3, dtype=dtype)],
                dict(lower=lower, adjoint=adjoint),
            )
    record("matrixInverse", tf.linalg.inv, [singular], dict(adjoint=False))
    record("matrixSolve", tf.linalg.solve, [singular, numbers(2, 1, dtype=dtype)], dict(adjoint=False))
    record(
        "matrixTriangularSolve",
        tf.linalg.triangular_solve,
        [np.array([[1, 0], [2, 0]], dtype), numbers(2, 1, dtype=dtype)],
        dict(lower=True, adjoint=False),
    )
    record("matrixDeterminant", tf.linalg.det, [square])
    record("matrixDeterminant", tf.linalg.det, [singular])
    record("matrixDeterminant", tf.linalg.det, [np.zeros((0, 0), dtype)])
    for full in [False, True]:
        for shape in [(4, 4), (2, 5, 3), (3, 5), (4, 1), (1, 1), (1, 3)]:
            record("qr", lambda a: tf.linalg.qr(a, full_matrices=full), [numbers(*shape, dtype=dtype)], dict(fullMatrices=full))

# Outputs whose size the data decides.
for x in [integers([3, 1, 3, 2, 1]), np.array([3, 1, 3, np.nan, np.nan, 0, -0.0], np.float32), text[[0, 1, 0]], integers([], np.int64)]:
    record("uniqueElements", lambda x: raw.UniqueWithCounts(x=x), [x])
record("uniqueElements", lambda x: raw.UniqueWithCounts(x=x), [integers([[3]])])
record("listDifference", lambda x, y: raw.ListDiff(x=x, y=y), [integers([1, 2, 3, 2, 5]), integers([2, 9])])
for x in [np.array([[True, False], [True, True]]), np.array([0, 1.5, np.nan, -0.0], np.float32), np.array(True), np.zeros((2, 0), bool)]:
    record("trueIndices", tf.where, [x])
record("partitionRows", lambda d, p: tf.dynamic_partition(d, p, 3), [numbers(4, 2), integers([2, 0, 2, 0])], dict(count=3))
record("partitionRows", lambda d, p: tf.dynamic_partition(d, p, 2), [numbers(2, 2, 2), integers([[1, 0], [1, 1]])], dict(count=2))
record("partitionRows", lambda d, p: tf.dynamic_partition(d, p, 2), [numbers(3), integers([0, 2, 1])], dict(count=2))
record("partitionRows", lambda d, p: tf.dynamic_partition(d, p, 2), [numbers(3), integers([0, 1])], dict(count=2))

print("[\n" + ",\n".join(json.dumps(case) for case in cases) + "\n]")
