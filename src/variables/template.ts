/** makeTemplate: a function that creates its variables when first called and shares them afterwards. */

import { TensorscopeError, TypeError, ValueError } from "../core/errors.ts";
import { getDefaultGraph } from "../core/graph.ts";
import { GraphKeys } from "../core/keys.ts";
import { brief } from "../core/kind.ts";
import type { OptionsObject } from "../core/options.ts";
import { checkOptions, type OptionNames } from "../core/options.ts";
import { formatFrames, Trace } from "../core/trace.ts";
import { warn } from "../core/warn.ts";
import {
  pureVariableScope,
  uniqueVariableScope,
  type VariableScope,
  variableScope,
} from "./scope.ts";
import type { CustomGetter } from "./types.ts";
import type { Variable } from "./variable.ts";

export interface TemplateOptions extends OptionsObject {
  /** Settles the variable scope now rather than at the first call. */
  readonly createScopeNow?: boolean | undefined;
  /** The name of the scope as it is, instead of `name` made unique. */
  readonly uniqueName?: string | null | undefined;
  readonly customGetter?: CustomGetter | null | undefined;
}

const optionNames: OptionNames<TemplateOptions> = {
  createScopeNow: true,
  uniqueName: true,
  customGetter: true,
};

/** A function whose calls share their variables. */
export interface Template<A extends readonly unknown[] = readonly unknown[], R = unknown> {
  (...args: A): R;
  readonly name: string;
  readonly func: (...args: A) => R;
  /** Null until the scope is settled. */
  readonly variableScope: VariableScope | null;
  /** With slash; what the names of the variables begin with. */
  readonly variableScopeName: string | null;
  /** Global and local variables. Empty until a first call is completed, as all of these. */
  readonly variables: Variable[];
  readonly globalVariables: Variable[];
  readonly localVariables: Variable[];
  readonly trainableVariables: Variable[];
  readonly nonTrainableVariables: Variable[];
}

class TemplateState<A extends readonly unknown[], R> {
  readonly name: string;
  readonly func: (...args: A) => R;
  readonly #uniqueName: string | null;
  readonly #customGetter: CustomGetter | null;
  readonly #trace = new Trace();
  #scope: VariableScope | null = null;
  #firstCall = true;
  #created = false;

  constructor(name: string, func: (...args: A) => R, options: TemplateOptions) {
    if (name === null || name === undefined) throw new ValueError("name cannot be None.");
    if (typeof func !== "function") {
      throw new TypeError(`A template is made of a function; got ${brief(func)}.`);
    }
    checkOptions(options, "makeTemplate", optionNames);
    this.name = name;
    this.func = func;
    this.#uniqueName = options.uniqueName ?? null;
    this.#customGetter = options.customGetter ?? null;
    if (!options.createScopeNow) return;
    const scopeName = this.#uniqueName || uniqueVariableScope(name);
    this.#scope = pureVariableScope(
      scopeName,
      { customGetter: this.#customGetter },
      (scope) => scope,
    );
  }

  call(args: A): R {
    const scope = this.#scope;
    if (scope) return variableScope(scope, { reuse: !this.#firstCall }, () => this.#run(args));
    const options = { defaultName: this.name, customGetter: this.#customGetter };
    return variableScope(this.#uniqueName, options, (opened) => {
      this.#scope = opened;
      return this.#run(args);
    });
  }

  #run(args: A): R {
    try {
      if (this.#created) return this.#checked(args);
      if (!this.#firstCall) return this.func(...args);
      this.#firstCall = false;
      try {
        const result = this.func(...args);
        this.#created = true;
        return result;
      } finally {
        if (!this.#created) this.#firstCall = true;
      }
    } catch (error) {
      throw this.#located(error);
    }
  }

  /** A later call may share variables, not train new ones. */
  #checked(args: A): R {
    const graph = getDefaultGraph();
    const trainable = graph.getCollectionRef<Variable>(GraphKeys.TRAINABLE_VARIABLES);
    const global = graph.getCollectionRef<Variable>(GraphKeys.GLOBAL_VARIABLES);
    const trainableBefore = trainable.length;
    const globalBefore = global.length;
    const result = this.func(...args);
    const hint = "perhaps you used tf.Variable when you meant tf.get_variable:";
    if (trainable.length !== trainableBefore) {
      const added = trainable.slice(trainableBefore).join(", ");
      throw new ValueError(
        `Trainable variable created when calling a template after the first time, ${hint} [${added}]`,
      );
    }
    if (global.length !== globalBefore) {
      const added = global.slice(globalBefore).join(", ");
      warn(
        `New variables created when calling a template after the first time, ${hint} [${added}]`,
      );
    }
    return result;
  }

  /** The error, telling also where the template was made. */
  #located(error: unknown): unknown {
    if (error instanceof TensorscopeError) {
      error.message = `${error.message}\n\noriginally defined at:\n${formatFrames(this.#trace.frames)}`;
    }
    return error;
  }

  get variableScope(): VariableScope | null {
    return this.#scope;
  }
  get variableScopeName(): string | null {
    if (!this.#scope) return null;
    const { name } = this.#scope;
    return name === "" || name.endsWith("/") ? name : `${name}/`;
  }
  #collection(key: string): Variable[] {
    if (!this.#created) return [];
    return getDefaultGraph().getCollection<Variable>(key, this.variableScopeName || undefined);
  }
  get variables(): Variable[] {
    return [...this.globalVariables, ...this.localVariables];
  }
  get globalVariables(): Variable[] {
    return this.#collection(GraphKeys.GLOBAL_VARIABLES);
  }
  get localVariables(): Variable[] {
    return this.#collection(GraphKeys.LOCAL_VARIABLES);
  }
  get trainableVariables(): Variable[] {
    return this.#collection(GraphKeys.TRAINABLE_VARIABLES);
  }
  get nonTrainableVariables(): Variable[] {
    const trainable = new Set(this.trainableVariables);
    return this.globalVariables.filter((variable) => !trainable.has(variable));
  }
}

const shown = [
  "name",
  "func",
  "variableScope",
  "variableScopeName",
  "variables",
  "globalVariables",
  "localVariables",
  "trainableVariables",
  "nonTrainableVariables",
] as const;

/**
 * Wraps `func` so that the variables it asks for with `getVariable` are made by the first call and shared by all
 * later ones. Each template has a variable scope of its own, `name` made unique under the scope of the first call.
 * A later call that makes trainable variables throws ValueError. TensorFlow: `tf.make_template`.
 */
export function makeTemplate<A extends readonly unknown[], R>(
  name: string,
  func: (...args: A) => R,
  options: TemplateOptions = {},
): Template<A, R> {
  const state = new TemplateState(name, func, options);
  const template = (...args: A) => state.call(args);
  for (const key of shown) {
    Object.defineProperty(template, key, { get: () => state[key], enumerable: true });
  }
  return template as unknown as Template<A, R>;
}
