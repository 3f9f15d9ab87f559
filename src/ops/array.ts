/** The array ops in one place, for other families to import from. */

export * from "./concat.ts";
export * from "./fill.ts";
export * from "./gather.ts";
export * from "./identity.ts";
export * from "./pad.ts";
export * from "./shape.ts";
export * from "./slice.ts";
export * from "./transpose.ts";
export * from "./where.ts";
