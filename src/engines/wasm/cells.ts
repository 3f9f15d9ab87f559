/** Session state in the memory of the wasm engine. */

import type { Storage, TypedArray } from "../../core/dtypes.ts";
import { NDArray } from "../../core/ndarray.ts";
import type { StateCell, Value } from "../ir.ts";
import type { Heap } from "./heap.ts";

/** What is said of a cell's elements. */
type Elements = Pick<Value, "dtype" | "shape" | "size">;

interface Place {
  readonly address: number;
  readonly data: Storage;
  readonly generation: number;
}

/** A cell whose elements got another place. */
export interface Move {
  readonly cell: StateCell;
  readonly address: number;
  /** What it had before. */
  readonly array: NDArray | null;
  readonly old: Place | undefined;
  /** It has taken its elements along. */
  readonly kept: boolean;
}

export class Cells {
  readonly #heap: Heap;
  readonly #places = new WeakMap<StateCell, Place>();
  /** Frees what belonged to cells that nobody has any more. */
  readonly #forgotten: FinalizationRegistry<number>;

  constructor(heap: Heap) {
    this.#heap = heap;
    this.#forgotten = new FinalizationRegistry((address) => heap.free(address));
  }

  /**
   * The address of a cell's elements, which are moved into this memory when they lie elsewhere, and replaced by zeros
   * when they do not fit `root`. What changes comes into `moves`, to be settled after the run that is being prepared:
   * until then it may read the old elements under another shape, or fail.
   */
  claim(cell: StateCell, root: Value, fits: boolean, moves: Move[]): number {
    const place = this.#placeOf(cell);
    const { array } = cell;
    if (fits && place && array) {
      if (place.generation !== this.#heap.generation) this.#show(cell, root, place.address);
      else if (cell.reshaped) cell.array = new NDArray(place.data, root.shape, root.dtype);
      return place.address;
    }
    const address = this.#heap.allocate(root.dtype.size * root.size, root);
    if (place) this.#forgotten.unregister(cell);
    moves.push({ cell, address, array, old: place, kept: fits });
    this.#show(cell, root, address);
    cell.version = (cell.version ?? 0) + 1;
    const data = (cell.array as NDArray).data as Float32Array;
    if (fits && array) data.set(array.data as TypedArray as Float32Array);
    else this.#heap.bytes(address, root.dtype.size * root.size).fill(0);
    this.#forgotten.register(cell, address, cell);
    cell.release = () => this.#release(cell);
    return address;
  }

  /** Shows the elements again where growing has detached the view of them. */
  refresh(cell: StateCell): void {
    const place = this.#placeOf(cell);
    if (!place || !cell.array || place.generation === this.#heap.generation) return;
    this.#show(cell, cell.array, place.address);
  }

  /** Ends moves. After a run that failed, what lost its value has it again, and what has none takes no memory. */
  settle(moves: readonly Move[], failed: boolean): void {
    for (const move of moves.toReversed()) {
      const { cell, old, array, kept } = move;
      const isBack = failed && !kept && (array !== null || !cell.initialized);
      if (!isBack) {
        if (old) this.#heap.free(old.address);
        continue;
      }
      this.#release(cell);
      if (!old || !array) {
        cell.array = array;
        continue;
      }
      this.#show(cell, array, old.address);
      this.#forgotten.register(cell, old.address, cell);
      cell.release = () => this.#release(cell);
    }
  }

  #placeOf(cell: StateCell): Place | undefined {
    const place = this.#places.get(cell);
    return place && cell.array?.data === place.data ? place : undefined;
  }

  #show(cell: StateCell, { dtype, shape, size }: Elements, address: number): void {
    const data = this.#heap.view(dtype, address, size);
    cell.array = new NDArray(data, shape, dtype);
    this.#places.set(cell, { address, data, generation: this.#heap.generation });
  }

  #release(cell: StateCell): void {
    const place = this.#places.get(cell);
    if (!place) return;
    this.#places.delete(cell);
    this.#forgotten.unregister(cell);
    this.#heap.free(place.address);
    cell.array = null;
    cell.release = undefined;
  }
}
