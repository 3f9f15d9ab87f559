// Optimizer steps against the vectors of the reference, three steps with the gradient [0.1, -0.2] from [1, 2].
import { expect, test } from "vitest";
import { float32 } from "../core/dtypes.ts";
import { Graph } from "../core/graph.ts";
import type { NDArray } from "../core/ndarray.ts";
import { TensorShape } from "../core/shape.ts";
import type { Tensor } from "../core/tensor.ts";
import { Session } from "../session/session.ts";
import { assign, assignVariableOp, readVariableOp, varHandleOp, variableV2 } from "./state.ts";
import { type TrainingOpOptions, type TrainingOpType, trainingOp } from "./training-ops.ts";

type Start = number | readonly number[];

function inSession(body: (session: Session) => void): void {
  const graph = new Graph();
  graph.asDefault(() => body(new Session("", { graph })));
}

function variable(session: Session, name: string, values: readonly number[]): Tensor {
  const made = variableV2(new TensorShape([values.length]), float32, { name });
  session.runSync(assign(made, [...values]));
  return made;
}

interface Case {
  readonly type: TrainingOpType;
  readonly slots: readonly Start[];
  readonly rest: readonly (number | "grad")[];
  readonly options?: TrainingOpOptions;
  readonly expected: readonly (readonly number[])[];
}

const cases: readonly Case[] = [
  {
    type: "ApplyGradientDescent",
    slots: [],
    rest: [3, "grad"],
    expected: [
      [0.7, 2.6],
      [0.4, 3.2],
      [0.1, 3.8],
    ],
  },
  {
    type: "ApplyMomentum",
    slots: [0],
    rest: [2, "grad", 0.9],
    expected: [
      [0.8, 2.4],
      [0.42, 3.16],
      [-0.122, 4.244],
    ],
  },
  {
    type: "ApplyMomentum",
    slots: [0],
    rest: [2, "grad", 0.9],
    options: { useNesterov: true },
    expected: [
      [0.62, 2.76],
      [0.078, 3.844],
      [-0.6098, 5.2196],
    ],
  },
  {
    type: "ApplyRMSProp",
    slots: [1, 0],
    rest: [2, 0.9, 0.5, 1e-10, "grad"],
    expected: [
      [0.789298513, 2.420703162],
      [0.461985721, 3.073428698],
      [0.064520715, 3.864832298],
    ],
  },
  {
    type: "ApplyCenteredRMSProp",
    slots: [0, 1, 0],
    rest: [2, 0.9, 0, 1e-10, "grad"],
    expected: [
      [0.78928682, 2.420796269],
      [0.567275408, 2.86356139],
      [0.333349374, 3.329528237],
    ],
  },
  {
    type: "ApplyAdagrad",
    slots: [0.1],
    rest: [3, "grad"],
    expected: [
      [0.095465966, 3.603567451],
      [-0.770559438, 5.017781014],
      [-1.602609732, 6.296985312],
    ],
  },
  {
    type: "ApplyAdadelta",
    slots: [0, 0],
    rest: [1, 0.95, 1e-8, "grad"],
    expected: [
      [0.999552791, 2.000447212],
      [0.999099885, 2.000900122],
      [0.998643125, 2.001356886],
    ],
  },
  {
    type: "ApplyFtrl",
    slots: [0.1, 0],
    rest: ["grad", 3, 0.001, 2, -0.5],
    expected: [
      [-0.022832711, 0.057610021],
      [-0.047131272, 0.10590262],
      [-0.071402027, 0.154021795],
    ],
  },
  {
    type: "ApplyFtrlV2",
    slots: [0.1, 0],
    rest: ["grad", 3, 0.001, 2, 0.1, -0.5],
    expected: [
      [-0.071487951, -0.038881333],
      [-0.092312404, 0.010806021],
      [-0.112102175, 0.058405219],
    ],
  },
];

for (const { type, slots, rest, options, expected } of cases) {
  test(`${type} ${JSON.stringify(options ?? {})} takes the steps of the reference`, () => {
    inSession((session) => {
      const w = variable(session, "w", [1, 2]);
      const states = slots.map((start, i) =>
        variable(session, `slot${i}`, [start, start] as number[]),
      );
      const inputs = rest.map((value) => (value === "grad" ? [0.1, -0.2] : value));
      const { output } = trainingOp(type, [w, ...states, ...inputs], options);
      for (const step of expected) {
        const values = (session.runSync(output) as NDArray).toArray() as number[];
        values.forEach((value, i) => {
          expect(value).toBeCloseTo(step[i] as number, 5);
        });
      }
    });
  });
}

test("Adam uses the new moments and the stored powers", () => {
  inSession((session) => {
    const [w, m, v] = [
      variable(session, "w", [1, 2]),
      variable(session, "m", [0, 0]),
      variable(session, "v", [0, 0]),
    ];
    const step = trainingOp("ApplyAdam", [
      w,
      m,
      v,
      0.9,
      0.999,
      0.001,
      0.9,
      0.999,
      1e-8,
      [0.1, -0.2],
    ]);
    session.runSync(step);
    const [first, second] = (session.runSync(w) as NDArray).toArray() as number[];
    expect(first).toBeCloseTo(0.999000003, 6);
    expect(second).toBeCloseTo(2.000999998, 6);
    const moments = (session.runSync(m) as NDArray).toArray() as number[];
    expect(moments[0]).toBeCloseTo(0.01, 7);
  });
});

test("sparse steps change the rows they name and no others", () => {
  inSession((session) => {
    const w = variable(session, "w", [1, 2, 3]);
    const slot = variable(session, "slot", [0, 0, 0]);
    const step = trainingOp("SparseApplyMomentum", [w, slot, 2, [0.1, -0.2], [2, 0], 0.9]);
    session.runSync(step);
    const values = (session.runSync(w) as NDArray).toArray() as number[];
    [1.4, 2, 2.8].forEach((value, i) => {
      expect(values[i]).toBeCloseTo(value, 6);
    });
    const outside = trainingOp("SparseApplyMomentum", [w, slot, 2, [0.1, -0.2], [2, 7], 0.9]);
    expect(() => session.runSync(outside)).toThrow(
      "Index 7 at offset 1 in indices is out of range",
    );
  });
});

test("resource variables take the same step", () => {
  inSession((session) => {
    const [w, slot] = ["w", "slot"].map((name) =>
      varHandleOp(new TensorShape([2]), float32, { name, sharedName: name }),
    ) as [Tensor, Tensor];
    const step = trainingOp("ResourceApplyMomentum", [w, slot, 2, [0.1, -0.2], 0.9]);
    expect(() => session.runSync(step)).toThrow("Invalid variable reference.");
    session.runSync(assignVariableOp(w, [1, 2]));
    session.runSync(assignVariableOp(slot, [0, 0]));
    session.runSync(step);
    const values = (session.runSync(readVariableOp(w, float32)) as NDArray).toArray() as number[];
    expect(values[0]).toBeCloseTo(0.8, 6);
    expect(values[1]).toBeCloseTo(2.4, 6);
  });
});

test("gradients and hyper-parameters of the wrong shape are refused", () => {
  inSession((session) => {
    const w = variable(session, "w", [1, 2]);
    expect(() => trainingOp("ApplyGradientDescent", [w, 1, [1, 2, 3]])).toThrow(
      "Dimension 0 in both shapes must be equal, but are 2 and 3. Shapes are [2] and [3]. for '{{node ApplyGradientDescent}} = ApplyGradientDescent[T=DT_FLOAT, use_locking=false](w, ApplyGradientDescent/alpha, ApplyGradientDescent/delta)' with input shapes: [2], [], [3].",
    );
    expect(() => trainingOp("ApplyGradientDescent", [w, [1], [1, 2]])).toThrow(
      "Shape must be rank 0 but is rank 1",
    );
  });
});
