/** Adam: steps of adaptive size from running averages of the gradients and of their squares. */

import { getDefaultGraph } from "../core/graph.ts";
import type { Operation, Tensor } from "../core/tensor.ts";
import { cast } from "../ops/cast.ts";
import { group } from "../ops/control.ts";
import type { IndexedSlices } from "../ops/indexed-slices.ts";
import { scatterAdd } from "../ops/scatter.ts";
import { controlDependencies } from "../ops/scopes.ts";
import { sqrt } from "../ops/unary.ts";
import type { InitialValue } from "../variables/types.ts";
import type { Assigned, Variable } from "../variables/variable.ts";
import type { HyperParameter, OptimizerOptions, Update } from "./optimizer.ts";
import { withLearningRate } from "./optimizers.ts";
import { type Given, RuleOptimizer, resourceScatterAdd } from "./rule.ts";
import { isResourceVariable } from "./slots.ts";

export interface AdamOptions extends OptimizerOptions {
  /** 0.001 by default. */
  readonly learningRate?: HyperParameter | undefined;
  /** How slowly the average of gradients forgets; 0.9 by default. */
  readonly beta1?: HyperParameter | undefined;
  /** How slowly the average of squared gradients forgets; 0.999 by default. */
  readonly beta2?: HyperParameter | undefined;
  /** Keeps the divisor from zero; 1e-8 by default. It is the "epsilon hat" of the paper. */
  readonly epsilon?: HyperParameter | undefined;
}

/**
 * Adam (Kingma and Ba 2015). The learning rate may come first or be among the options.
 *
 *     new tf.train.AdamOptimizer(1e-4, { beta1: 0.5 }).minimize(loss)
 *
 * Slots: `m`, `v`. Sparse gradients decay the averages of all rows, so all rows move.
 * TensorFlow: `tf.train.AdamOptimizer`.
 */
export class AdamOptimizer extends RuleOptimizer {
  readonly #beta1: HyperParameter;
  readonly #beta2: HyperParameter;

  constructor(learningRate: HyperParameter, options?: AdamOptions);
  constructor(options?: AdamOptions);
  constructor(first?: HyperParameter | AdamOptions, second?: AdamOptions) {
    const {
      learningRate = 0.001,
      beta1 = 0.9,
      beta2 = 0.999,
      epsilon = 1e-8,
      ...options
    } = withLearningRate(first, second);
    super(
      {
        type: "Adam",
        hyper: {
          lr: ["learning_rate", learningRate],
          beta1: ["beta1", beta1],
          beta2: ["beta2", beta2],
          epsilon: ["epsilon", epsilon],
        },
        slots: { m: { name: "m" }, v: { name: "v" } },
      },
      { name: "Adam", ...options },
    );
    this.#beta1 = beta1;
    this.#beta2 = beta2;
  }

  protected override createSlots(variables: readonly Variable[]): void {
    const first = variables.reduce((least, variable) =>
      variable.name < least.name ? variable : least,
    );
    this.nonSlot(this.#beta1 as InitialValue, "beta1_power", first);
    this.nonSlot(this.#beta2 as InitialValue, "beta2_power", first);
    super.createSlots(variables);
  }

  protected override more(): Given {
    return {
      beta1_power: this.getNonSlot("beta1_power"),
      beta2_power: this.getNonSlot("beta2_power"),
    };
  }

  // m ← β₁m + (1-β₁)g, v ← β₂v + (1-β₂)g², w ← w - α m / (√v + ε) with α = lr √(1-β₂ᵗ) / (1-β₁ᵗ)
  protected override applySparse(
    { values: grad, indices }: IndexedSlices,
    variable: Variable,
  ): Update {
    const dtype = variable.dtype.base;
    const beta1Power = this.#power("beta1_power", variable);
    const beta2Power = this.#power("beta2_power", variable);
    const lr = this.hyper("lr", dtype);
    const beta1 = this.hyper("beta1", dtype);
    const beta2 = this.hyper("beta2", dtype);
    const epsilon = this.hyper("epsilon", dtype);
    const alpha = lr.mul(sqrt(beta2Power().rsub(1))).truediv(beta1Power().rsub(1));
    const m = this.#decayed("m", variable, beta1, indices, () => grad.mul(beta1.rsub(1)));
    const v = this.#decayed("v", variable, beta2, indices, () => grad.mul(grad).mul(beta2.rsub(1)));
    const root = sqrt(v);
    const update = variable.assignSub(alpha.mul(m).truediv(root.add(epsilon)), {
      useLocking: this.useLocking,
    });
    return group(update, m, v);
  }

  /** Reads a power in the variable's dtype; a resource variable of that dtype is read where it is used. */
  #power(name: string, variable: Variable): () => Tensor {
    const power = this.getNonSlot(name);
    const dtype = variable.dtype.base;
    if (isResourceVariable(power) && power.dtype === dtype) return () => power.value();
    const value = cast(power, dtype);
    return () => value;
  }

  /** Scales a whole slot by `decay`, then adds rows to it. */
  #decayed(
    name: string,
    variable: Variable,
    decay: Tensor,
    indices: Tensor,
    addend: () => Tensor,
  ): Tensor {
    const slot = this.getSlot(variable, name) as Variable;
    const { useLocking } = this;
    const rows = addend();
    const scaled = slot.assign(slot.value().mul(decay), { useLocking });
    return controlDependencies([scaled], () => {
      if (!isResourceVariable(slot)) return scatterAdd(slot, indices, rows, { useLocking });
      const added = resourceScatterAdd(slot, indices, rows);
      return controlDependencies([added], () => slot.value());
    });
  }

  /** The powers are multiplied once all updates have used them. */
  protected override finish(updates: readonly Update[], name: string): Operation {
    const powers = [this.getNonSlot("beta1_power"), this.getNonSlot("beta2_power")] as const;
    const multiplied = controlDependencies(updates, () =>
      getDefaultGraph().colocateWith(powers[0], {}, (): Assigned[] =>
        powers.map((power, i) => {
          const beta = this.hyperTensor(i === 0 ? "beta1" : "beta2");
          return power.assign(power.value().mul(beta), { useLocking: this.useLocking });
        }),
      ),
    );
    return super.finish([...updates, ...multiplied], name);
  }
}
