// A table of all variables that says which parts of the graph share each of them.
import * as tf from "tensorscope";

/** Prints in columns; those whose heading starts with a space are aligned right. */
export function formatTable(headings: readonly string[], rows: readonly (readonly string[])[]) {
  const lines = [headings.map((heading) => heading.trim()), ...rows];
  const widths = headings.map((_, column) =>
    Math.max(...lines.map((line) => (line[column] ?? "").length)),
  );
  return lines
    .map((line) =>
      line
        .map((cell, column) => {
          const width = widths[column] ?? 0;
          return headings[column]?.startsWith(" ") ? cell.padStart(width) : cell.padEnd(width);
        })
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

/**
 * One row for each global variable: its shape, its number of parameters, and the name scopes of the
 * operations that read it in the model itself (gradients, updates and summaries are left out). What
 * belongs to an optimizer is added up in one row for each.
 */
export function variableTable(optimizers: readonly tf.train.Optimizer[]): string {
  const slots = new Set(optimizers.flatMap((optimizer) => optimizer.variables()));
  const model = tf.globalVariables().filter((variable) => !slots.has(variable));
  const rows = model.map((variable) => [
    variable.op.name,
    variable.shape.dims?.join("x") || "scalar",
    count([variable]),
    readingScopes(variable).join(", ") || "-",
  ]);
  rows.push(["all of the model", "", count(model), ""]);
  for (const optimizer of optimizers) {
    const own = optimizer.variables();
    rows.push([`${own.length} variables of ${optimizer.getName()}`, "", count(own), "its updates"]);
  }
  return formatTable(["variable", "shape", " parameters", "read by"], rows);
}

function count(variables: readonly tf.Variable[]): string {
  const parameters = variables.map((variable) => variable.shape.size ?? 0);
  return parameters.reduce((sum, size) => sum + size, 0).toLocaleString("en-US");
}

/** The variable's readers are the consumers of its `read` node, or of the `ReadVariableOp`s. */
function readingScopes(variable: tf.Variable): string[] {
  const own = `${variable.op.name}/`;
  const reads = consumers(variable.op).filter(
    (op) => op.type === "Identity" || op.type === "ReadVariableOp",
  );
  const readers = reads
    .flatMap((read) => consumers(read))
    .filter((op) => !op.type.endsWith("Summary"));
  const scopes = readers
    .filter((op) => !op.name.startsWith(own) && !/(^|\/)gradients(_\d+)?\//.test(op.name))
    .map((op) => op.name.split("/").slice(0, -1).join("/") || "(no scope)");
  return [...new Set(scopes)];
}

function consumers(op: tf.Operation): tf.Operation[] {
  return op.outputs.flatMap((output) => output.consumers());
}
