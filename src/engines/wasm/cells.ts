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
   * when they do not fit `root`. Blocks that are not used any more come into `retired`, since the run that is being
   * prepared may still read them under another shape.
   */
  claim(cell: StateCell, root: Value, fits: boolean, retired: number[]): number {
    const place = this.#placeOf(cell);
    const { array } = cell;
    if (fits && place && array) {
      if (place.generation !== this.#heap.generation) this.#show(cell, root, place.address);
      else if (cell.reshaped) cell.array = new NDArray(place.data, root.shape, root.dtype);
      return place.address;
    }
    const address = this.#heap.allocate(root.dtype.size * root.size);
    if (place) {
      this.#forgotten.unregister(cell);
      retired.push(place.address);
    }
    this.#show(cell, root, address);
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
