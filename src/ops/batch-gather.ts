/** Gathering within each element of a batch: batch_gather and gather_nd with batch dimensions. */

import { int32 } from "../core/dtypes.ts";
import { ValueError } from "../core/errors.ts";
import type { Tensor } from "../core/tensor.ts";
import { castNode } from "./cast.ts";
import { concat } from "./concat.ts";
import { convertToTensor, type TensorLike } from "./convert.ts";
import { ones } from "./fill.ts";
import { gatherNdNode } from "./gather-nd.ts";
import { tile } from "./pad.ts";
import { rangeOp } from "./range.ts";
import { reduceProd } from "./reduce.ts";
import { meshgrid } from "./repeat.ts";
import { rank, reshape, shape } from "./shape.ts";
import { stack, unstack } from "./stack.ts";
import { integers, opScope } from "./support.ts";
import { transpose } from "./transpose.ts";

/** gather_nd within each element of the leading `batchDims` dimensions, at least one. */
export function batchGatherNd(
  params: TensorLike,
  indices: TensorLike,
  batchDims: number,
  name: string | undefined,
): Tensor {
  return opScope(name, "BatchGatherND", [params, indices], () => {
    const places = convertToTensor(integers(indices), { name: "indices" });
    const source = convertToTensor(params, { name: "params" });
    checkBatch(batchDims, places.shape.rank, "indices");
    checkBatch(batchDims, source.shape.rank, "params");
    const sourceShape = shape(source);
    const placesShape = shape(places);
    const batchShape = sourceShape.slice([null, batchDims]);
    const batchSize = reduceProd(batchShape, { axis: [0] });
    const inner = rank(places).sub(batchDims).sub(1);
    const innerShape = placesShape.slice([batchDims, -1]);
    const grid = batchGrid(batchShape, places, inner, innerShape);
    const flatShape = concat([[batchSize], placesShape.slice([batchDims, null])], 0);
    const flat = reshape(places, flatShape);
    const found = gatherNdNode(source, concat([grid, flat], -1), undefined);
    const foundShape = shape(found);
    return reshape(found, concat([batchShape, foundShape.slice([1, null])], 0));
  });
}

function checkBatch(batchDims: number, count: number | null, argument: string): void {
  if (count === null || batchDims < count) return;
  throw new ValueError(
    `Argument \`batch_dims\` = ${batchDims} must be less than rank(\`${argument}\`) = ${count}`,
  );
}

/** The batch part of every index tuple. */
function batchGrid(batchShape: Tensor, places: Tensor, inner: Tensor, innerShape: Tensor): Tensor {
  const dtype = places.dtype.base;
  const ranges = unstack(batchShape).map((dim) =>
    castNode(rangeOp(integers(0), castNode(dim, int32), integers(1)), dtype),
  );
  const flat = meshgrid(ranges, { indexing: "ij" }).map((x) => reshape(x, [-1]));
  const rows = transpose(stack(flat));
  const rowsShape = shape(rows);
  const wide = reshape(
    rows,
    concat(
      [
        rowsShape.slice([null, 1]),
        ones(inner, { dtype: rowsShape.dtype.base }),
        rowsShape.slice([1, null]),
      ],
      0,
    ),
  );
  return tile(wide, concat([integers([1]), innerShape, integers([1])], 0));
}
