/** The equations of optimizers, as TensorFlow's CPU kernels evaluate them: one rule per algorithm. */

import * as e from "../engines/expr.ts";
import type { Expr } from "../engines/ir.ts";
import { type AttrSpecs, a, later } from "./define.ts";

/** What formulas work on: elements of states and the gradient, hyper-parameters, and scalars derived from those. */
type Parameter =
  | "var"
  | "accum"
  | "accum_update"
  | "linear"
  | "m"
  | "v"
  | "mg"
  | "ms"
  | "mom"
  | "gradient_accumulator"
  | "gradient_squared_accumulator"
  | "grad"
  | "alpha"
  | "lr"
  | "lr_power"
  | "l1"
  | "l2"
  | "l2_shrinkage"
  | "rho"
  | "momentum"
  | "epsilon"
  | "beta1"
  | "beta2"
  | "beta1_power"
  | "beta2_power"
  | "global_step"
  | "step_size"
  | "rest"
  | "rest1"
  | "rest2";
export type Scope = Readonly<Record<Parameter, Expr>>;
/** Attributes that choose a variant. */
export type Flags = Readonly<Record<string, boolean>>;
export type Formula = (x: Scope, flags: Flags) => Expr;

/** How one algorithm changes a variable and its slots. */
export interface Rule {
  /** The variable, then its slots. */
  readonly states: readonly string[];
  /** The inputs after the states when gradients are dense, and when they are sparse; null where TensorFlow has no op. */
  readonly dense: readonly string[];
  readonly sparse: readonly string[] | null;
  readonly attrs?: AttrSpecs;
  /** Scalars computed once per step. */
  readonly derived?: Readonly<Record<string, Formula>>;
  /** New values of states. Each sees what those before it stored. */
  readonly updates: readonly (readonly [state: string, Formula])[];
  /** What TensorFlow checks of hyper-parameters when it runs. */
  readonly checks?: Readonly<Record<string, Check>>;
}

interface Check {
  readonly holds: (value: number) => boolean;
  readonly text: string;
}

const { abs, add, div, eq, gt, max, mul, neg, pow, rsqrt, select, sign, sqrt, square, sub } = e;
/** x + (target - x) · weight: a moving average. */
const towards = (x: Expr, target: Expr, weight: Expr): Expr => add(x, mul(sub(target, x), weight));
const oneMinus = (x: Expr): Expr => sub(e.constant(1, x.dtype), x);

const adadeltaStep = ({ accum, accum_update, epsilon, grad }: Scope): Expr =>
  mul(mul(sqrt(add(accum_update, epsilon)), rsqrt(add(accum, epsilon))), grad);

/** accum^(-lr_power), most often a square root. */
const ftrlPower = (accum: Expr, power: Expr): Expr =>
  select(eq(power, -0.5), sqrt(accum), pow(accum, neg(power)));

/** The proximal map of l1|x| + l2 x²/2 for a step of length `rate`. */
function proximal(x: Expr, rate: Expr, l1: Expr, l2: Expr): Expr {
  const scale = add(mul(l2, rate), 1);
  const shrunk = mul(sign(x), max(sub(abs(x), mul(rate, l1)), 0));
  return div(select(gt(l1, 0), shrunk, x), scale);
}

function ftrl(shrinkage: boolean): Pick<Rule, "states" | "attrs" | "updates"> {
  const gradient = (x: Scope): Expr =>
    shrinkage ? add(x.grad, mul(mul(x.l2_shrinkage, 2), x.var)) : x.grad;
  const squared = (x: Scope): Expr => add(x.accum, square(x.grad));
  return {
    states: ["var", "accum", "linear"],
    attrs: { multiply_linear_by_lr: later(a.bool(false)) },
    updates: [
      [
        "linear",
        (x, flags) => {
          const sigma = sub(ftrlPower(squared(x), x.lr_power), ftrlPower(x.accum, x.lr_power));
          return flags.multiply_linear_by_lr
            ? add(x.linear, sub(mul(gradient(x), x.lr), mul(sigma, x.var)))
            : add(x.linear, sub(gradient(x), mul(div(sigma, x.lr), x.var)));
        },
      ],
      [
        "var",
        (x, flags) => {
          const scaled = flags.multiply_linear_by_lr;
          const limit = scaled ? mul(x.l1, x.lr) : x.l1;
          const power = ftrlPower(squared(x), x.lr_power);
          const l2 = mul(x.l2, 2);
          const quadratic = scaled ? add(power, mul(l2, x.lr)) : add(div(power, x.lr), l2);
          const quotient = div(sub(mul(limit, sign(x.linear)), x.linear), quadratic);
          return select(gt(abs(x.linear), limit), quotient, e.constant(0, x.var.dtype));
        },
      ],
      ["accum", squared],
    ],
  };
}

const positive: Check = { holds: (value) => value > 0, text: "lr is not a positive scalar: []" };
const notNegative = (what: string): Check => ({
  holds: (value) => value >= 0,
  text: `${what} regularization strength is not a non-negative scalar: []`,
});
const regularization = { lr: positive, l1: notNegative("l1"), l2: notNegative("l2") } as const;

const adagradSquares: Formula = (x, flags) =>
  flags.update_slots ? add(x.accum, square(x.grad)) : x.accum;
const updateSlots = { update_slots: a.bool(true) } as const;

/** The algorithms by the names in their op types: `Momentum` makes ApplyMomentum, ResourceApplyMomentum and so on. */
export const rules = {
  GradientDescent: {
    states: ["var"],
    dense: ["alpha", "delta"],
    sparse: null,
    updates: [["var", (x) => sub(x.var, mul(x.grad, x.alpha))]],
  },
  ProximalGradientDescent: {
    states: ["var"],
    dense: ["alpha", "l1", "l2", "delta"],
    sparse: ["alpha", "l1", "l2", "grad", "indices"],
    updates: [["var", (x) => proximal(sub(x.var, mul(x.grad, x.alpha)), x.alpha, x.l1, x.l2)]],
  },
  Momentum: {
    states: ["var", "accum"],
    dense: ["lr", "grad", "momentum"],
    sparse: ["lr", "grad", "indices", "momentum"],
    attrs: { use_nesterov: a.bool(false) },
    updates: [
      ["accum", (x) => add(mul(x.accum, x.momentum), x.grad)],
      [
        "var",
        (x, flags) =>
          flags.use_nesterov
            ? sub(x.var, add(mul(x.grad, x.lr), mul(mul(x.accum, x.momentum), x.lr)))
            : sub(x.var, mul(x.accum, x.lr)),
      ],
    ],
  },
  Adam: {
    states: ["var", "m", "v"],
    dense: ["beta1_power", "beta2_power", "lr", "beta1", "beta2", "epsilon", "grad"],
    sparse: null,
    attrs: { use_nesterov: a.bool(false) },
    derived: {
      // α = lr · √(1 - β2ᵗ) / (1 - β1ᵗ)
      step_size: (x) => div(mul(x.lr, sqrt(oneMinus(x.beta2_power))), oneMinus(x.beta1_power)),
      rest1: (x) => oneMinus(x.beta1),
      rest2: (x) => oneMinus(x.beta2),
    },
    updates: [
      ["m", (x) => towards(x.m, x.grad, x.rest1)],
      ["v", (x) => towards(x.v, square(x.grad), x.rest2)],
      [
        "var",
        (x, flags) => {
          const mean = flags.use_nesterov ? add(mul(x.grad, x.rest1), mul(x.m, x.beta1)) : x.m;
          return sub(x.var, div(mul(mean, x.step_size), add(sqrt(x.v), x.epsilon)));
        },
      ],
    ],
  },
  RMSProp: {
    states: ["var", "ms", "mom"],
    dense: ["lr", "rho", "momentum", "epsilon", "grad"],
    sparse: ["lr", "rho", "momentum", "epsilon", "grad", "indices"],
    derived: { rest: (x) => oneMinus(x.rho) },
    updates: [
      ["ms", (x) => towards(x.ms, square(x.grad), x.rest)],
      [
        "mom",
        (x) => add(mul(x.mom, x.momentum), div(mul(x.grad, x.lr), sqrt(add(x.ms, x.epsilon)))),
      ],
      ["var", (x) => sub(x.var, x.mom)],
    ],
  },
  CenteredRMSProp: {
    states: ["var", "mg", "ms", "mom"],
    dense: ["lr", "rho", "momentum", "epsilon", "grad"],
    sparse: ["lr", "rho", "momentum", "epsilon", "grad", "indices"],
    derived: { rest: (x) => oneMinus(x.rho) },
    updates: [
      ["ms", (x) => towards(x.ms, square(x.grad), x.rest)],
      ["mg", (x) => towards(x.mg, x.grad, x.rest)],
      [
        "mom",
        (x) => {
          const variance = add(sub(x.ms, square(x.mg)), x.epsilon);
          return add(mul(x.mom, x.momentum), div(mul(x.grad, x.lr), sqrt(variance)));
        },
      ],
      ["var", (x) => sub(x.var, x.mom)],
    ],
  },
  Adagrad: {
    states: ["var", "accum"],
    dense: ["lr", "grad"],
    sparse: ["lr", "grad", "indices"],
    attrs: updateSlots,
    updates: [
      ["accum", adagradSquares],
      ["var", (x) => sub(x.var, mul(mul(x.grad, x.lr), rsqrt(x.accum)))],
    ],
  },
  AdagradV2: {
    states: ["var", "accum"],
    dense: ["lr", "epsilon", "grad"],
    sparse: ["lr", "epsilon", "grad", "indices"],
    attrs: updateSlots,
    updates: [
      ["accum", adagradSquares],
      ["var", (x) => sub(x.var, div(mul(x.grad, x.lr), add(sqrt(x.accum), x.epsilon)))],
    ],
  },
  Adadelta: {
    states: ["var", "accum", "accum_update"],
    dense: ["lr", "rho", "epsilon", "grad"],
    sparse: ["lr", "rho", "epsilon", "grad", "indices"],
    derived: { rest: (x) => oneMinus(x.rho) },
    updates: [
      ["accum", (x) => add(mul(x.accum, x.rho), mul(square(x.grad), x.rest))],
      ["var", (x) => sub(x.var, mul(adadeltaStep(x), x.lr))],
      [
        "accum_update",
        (x) => add(mul(x.accum_update, x.rho), mul(square(adadeltaStep(x)), x.rest)),
      ],
    ],
  },
  Ftrl: {
    ...ftrl(false),
    dense: ["grad", "lr", "l1", "l2", "lr_power"],
    sparse: ["grad", "indices", "lr", "l1", "l2", "lr_power"],
  },
  FtrlV2: {
    ...ftrl(true),
    dense: ["grad", "lr", "l1", "l2", "l2_shrinkage", "lr_power"],
    sparse: ["grad", "indices", "lr", "l1", "l2", "l2_shrinkage", "lr_power"],
  },
  ProximalAdagrad: {
    states: ["var", "accum"],
    dense: ["lr", "l1", "l2", "grad"],
    sparse: ["lr", "l1", "l2", "grad", "indices"],
    checks: regularization,
    updates: [
      ["accum", (x) => add(x.accum, square(x.grad))],
      [
        "var",
        (x) => {
          const rate = mul(x.lr, rsqrt(x.accum));
          return proximal(sub(x.var, mul(x.grad, rate)), rate, x.l1, x.l2);
        },
      ],
    ],
  },
  AdagradDA: {
    states: ["var", "gradient_accumulator", "gradient_squared_accumulator"],
    dense: ["grad", "lr", "l1", "l2", "global_step"],
    sparse: ["grad", "indices", "lr", "l1", "l2", "global_step"],
    checks: regularization,
    updates: [
      ["gradient_accumulator", (x) => add(x.gradient_accumulator, x.grad)],
      ["gradient_squared_accumulator", (x) => add(x.gradient_squared_accumulator, square(x.grad))],
      [
        "var",
        (x) => {
          const total = x.gradient_accumulator;
          const step = e.cast(x.global_step, total.dtype);
          const scale = add(mul(mul(x.l2, step), x.lr), sqrt(x.gradient_squared_accumulator));
          const shrunk = mul(sign(total), max(sub(abs(total), mul(x.l1, step)), 0));
          return div(mul(neg(x.lr), select(gt(x.l1, 0), shrunk, total)), scale);
        },
      ],
    ],
  },
} as const satisfies Record<string, Rule>;

export type RuleName = keyof typeof rules;
/** Those that TensorFlow has no sparse op for. */
export type DenseOnly = "GradientDescent" | "Adam";
