// Gradients of convolutions and pools against central differences of the forward routine, in float64.
import { describe, expect, test } from "vitest";
import { float64 } from "../../core/dtypes.ts";
import { NDArray, sizeOf } from "../../core/ndarray.ts";
import { type RoutineName, type RoutineParams, routines } from "./index.ts";

/** Reproducible numbers in [-1, 1), all different. */
function numbers(shape: readonly number[], seed: number): NDArray<"float64"> {
  const data = Float64Array.from({ length: sizeOf(shape) }, (_, i) => {
    const value = Math.sin((i + 1) * 12.9898 + seed) * 43758.5453;
    return 2 * (value - Math.floor(value)) - 1;
  });
  return new NDArray(data, shape, float64);
}

function zeros(shape: readonly number[]): NDArray<"float64"> {
  return new NDArray(new Float64Array(sizeOf(shape)), shape, float64);
}

/** d sum(weights * forward(inputs)) / d inputs[which]. */
function numericGradient(
  forward: (inputs: readonly NDArray[]) => NDArray<"float64">,
  inputs: readonly NDArray<"float64">[],
  which: number,
  weights: NDArray<"float64">,
): number[] {
  const step = 1e-6;
  const varied = inputs[which] as NDArray<"float64">;
  const loss = () =>
    forward(inputs).data.reduce((sum, y, i) => sum + y * (weights.data[i] as number), 0);
  return Array.from(varied.data, (value, i) => {
    varied.data[i] = value + step;
    const above = loss();
    varied.data[i] = value - step;
    const below = loss();
    varied.data[i] = value;
    return (above - below) / (2 * step);
  });
}

function expectClose(actual: NDArray<"float64">, wanted: number[]): void {
  wanted.forEach((value, i) => {
    expect(Math.abs((actual.data[i] as number) - value)).toBeLessThan(1e-6);
  });
}

type Convolution = "conv2d" | "depthwiseConv2d";

const windows = [
  {
    strides: [1, 1],
    dilations: [1, 1],
    pads: [
      [0, 0],
      [0, 0],
    ],
  },
  {
    strides: [2, 1],
    dilations: [1, 1],
    pads: [
      [1, 0],
      [1, 1],
    ],
  },
  {
    strides: [1, 1],
    dilations: [2, 2],
    pads: [
      [1, 2],
      [0, 1],
    ],
  },
  {
    strides: [2, 2],
    dilations: [2, 1],
    pads: [
      [2, 2],
      [0, 2],
    ],
  },
] as const satisfies readonly RoutineParams<"conv2d">[];

const image = [2, 6, 5, 3] as const;

function outSize(
  size: number,
  window: number,
  stride: number,
  dilation: number,
  pads: readonly number[],
) {
  const padded = size + (pads[0] as number) + (pads[1] as number);
  return Math.floor((padded - (window - 1) * dilation - 1) / stride) + 1;
}

describe("gradients are the derivatives of the forward routine", () => {
  for (const name of ["conv2d", "depthwiseConv2d"] satisfies Convolution[]) {
    for (const params of windows) {
      test(`${name} ${JSON.stringify(params)}`, () => {
        const filter = [3, 2, 3, 2] as const;
        const { strides, dilations, pads } = params;
        const outShape = [
          2,
          outSize(image[1], filter[0], strides[0], dilations[0], pads[0]),
          outSize(image[2], filter[1], strides[1], dilations[1], pads[1]),
          name === "conv2d" ? 2 : 6,
        ];
        const inputs = [numbers(image, 1), numbers(filter, 2)];
        const [x, f] = inputs as [NDArray<"float64">, NDArray<"float64">];
        const dy = numbers(outShape, 3);
        const forward = (arrays: readonly NDArray[]) => {
          const y = zeros(outShape);
          routines[name](arrays, [y], params);
          return y;
        };
        const dx = zeros(image);
        routines[`${name}BackpropInput`]([f, dy], [dx], params);
        expectClose(dx, numericGradient(forward, inputs, 0, dy));
        const df = zeros(filter);
        routines[`${name}BackpropFilter`]([x, dy], [df], params);
        expectClose(df, numericGradient(forward, inputs, 1, dy));
      });
    }
  }

  for (const name of ["maxPool", "avgPool"] satisfies RoutineName[]) {
    for (const params of [
      {
        ksize: [2, 2],
        strides: [2, 2],
        pads: [
          [0, 0],
          [0, 1],
        ],
      },
      {
        ksize: [3, 2],
        strides: [1, 2],
        pads: [
          [1, 1],
          [0, 1],
        ],
      },
    ] as const satisfies readonly RoutineParams<"maxPool">[]) {
      test(`${name} ${JSON.stringify(params)}`, () => {
        const { ksize, strides, pads } = params;
        const outShape = [
          2,
          outSize(image[1], ksize[0], strides[0], 1, pads[0]),
          outSize(image[2], ksize[1], strides[1], 1, pads[1]),
          3,
        ];
        const x = numbers(image, 4);
        const dy = numbers(outShape, 5);
        const forward = (arrays: readonly NDArray[]) => {
          const y = zeros(outShape);
          routines[name](arrays, [y], params);
          return y;
        };
        const dx = zeros(image);
        if (name === "maxPool") routines.maxPoolGrad([x, forward([x]), dy], [dx], params);
        else routines.avgPoolGrad([dy], [dx], params);
        expectClose(dx, numericGradient(forward, [x], 0, dy));
      });
    }
  }
});
