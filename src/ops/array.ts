/** The array ops in one place, for other families to import from. */

export * from "./concat.ts";
export * from "./fill.ts";
export * from "./gather.ts";
export * from "./gather-nd.ts";
export * from "./identity.ts";
export * from "./index-tensor.ts";
export * from "./one-hot.ts";
export * from "./pad.ts";
export * from "./range.ts";
export * from "./shape.ts";
export * from "./slice.ts";
export * from "./split.ts";
export * from "./stack.ts";
export * from "./transpose.ts";
export * from "./where.ts";
