// TensorFlow's protobuf messages, their schemas, a registry of them, and the way from and to bytes.
import type { DescFile } from "@bufbuild/protobuf";
import { createRegistry } from "@bufbuild/protobuf";
import { file_checkpoint } from "./gen/checkpoint.ts";
import { file_error } from "./gen/error.ts";
import { file_event } from "./gen/event.ts";
import { file_graph } from "./gen/graph.ts";
import { file_model } from "./gen/model.ts";
import { file_objects } from "./gen/objects.ts";

export { decode, encode, encodeSorted } from "./codec.ts";
export * from "./gen/checkpoint.ts";
export * from "./gen/error.ts";
export * from "./gen/event.ts";
export * from "./gen/graph.ts";
export * from "./gen/model.ts";
export * from "./gen/objects.ts";

const files: readonly DescFile[] = [
  file_checkpoint,
  file_error,
  file_event,
  file_graph,
  file_model,
  file_objects,
];

/** Every message and enum by its full name, for values of type `google.protobuf.Any`. */
export const registry = createRegistry(...files);
