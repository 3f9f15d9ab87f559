/** Cases that must fail: the same kind of error, with TensorFlow's text. */

import * as tf from "tensorscope";
import rules from "../parity/rules.json" with { type: "json" };
import { build } from "./call.ts";
import type { Recording, Row } from "./table.ts";

/** The rule `errorText` of the parity recordings; and the node is named once, at the end. */
function plainText(message: string): string {
  return rules.errorText.replace.reduce(
    (text, [pattern, replacement]) =>
      text.replace(new RegExp(pattern as string, "g"), replacement as string),
    message.replace(/, node name: \w+/, ""),
  );
}

export function compareError(row: Row, theirs: NonNullable<Recording["error"]>): string[] {
  const ours = errorOf(row);
  const agree =
    ours.when === theirs.when &&
    ours.type === theirs.type &&
    plainText(ours.message).startsWith(plainText(theirs.message).trimEnd());
  if (agree) return [];
  const show = ({ when, type, message }: typeof ours) => `${when}: ${type}: ${message}`;
  return [`error\n  TensorFlow ${show(theirs)}\n  ours       ${show(ours)}`];
}

function errorOf(row: Row): NonNullable<Recording["error"]> {
  let when = "build";
  try {
    const { graph, outputs, targets, variables, feeds } = build(row, row.entry.mode ?? "static");
    when = "run";
    const session = new tf.Session("", { graph });
    if (variables.length > 0) {
      session.runSync(graph.asDefault(() => tf.variablesInitializer(variables)));
    }
    session.runSync([outputs, targets], feeds);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return { when, type: error.name, message: error.message };
  }
  return { when, type: "none", message: "nothing was thrown" };
}
