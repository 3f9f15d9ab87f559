// What the command line prints with: colours, tables, and texts of numbers, sizes and shapes.

/** Colours of texts; `plainPaint` gives every text back as it is. */
export interface Paint {
  bold(text: string): string;
  dim(text: string): string;
  red(text: string): string;
  green(text: string): string;
  yellow(text: string): string;
}

const asIs = (text: string): string => text;

export const plainPaint: Paint = { bold: asIs, dim: asIs, red: asIs, green: asIs, yellow: asIs };

function ansi(open: number, close: number): (text: string) => string {
  return (text) => (text === "" ? "" : `\u001b[${open}m${text}\u001b[${close}m`);
}

export const ansiPaint: Paint = {
  bold: ansi(1, 22),
  dim: ansi(2, 22),
  red: ansi(31, 39),
  green: ansi(32, 39),
  yellow: ansi(33, 39),
};

/** Text of a file as it may be shown: control characters, which a terminal would obey, are spelled out. */
export function printable(text: string): string {
  return text.replace(
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
    /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g,
    (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, "0")}`,
  );
}

/** `1234567` as `1,234,567`. */
export function count(value: number | bigint): string {
  return String(value).replace(/\B(?=(\d{3})+$)/g, ",");
}

/** `1 node`, `2 nodes`. */
export function counted(value: number, one: string, many = `${one}s`): string {
  return `${count(value)} ${value === 1 ? one : many}`;
}

/** Bytes as people read them: `213 B`, `1.86 MB`. */
export function bytes(value: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let [size, unit] = [value, 0];
  // 999.95 of a unit would round to 1000 of it.
  while (size >= 999.5 && unit < units.length - 1) [size, unit] = [size / 1000, unit + 1];
  return `${unit === 0 ? size : Number(size.toPrecision(3))} ${units[unit]}`;
}

/** A number as short as it still tells something: six digits. */
export function short(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  const rounded = Number(value.toPrecision(6));
  return value !== 0 && Math.abs(value) < 1e-4 ? rounded.toExponential() : String(rounded);
}

/** `[?, 28, 28]`, `scalar` for rank 0, `unknown` without a rank. */
export function shapeText(shape: readonly (number | null)[] | null): string {
  if (shape === null) return "unknown";
  return shape.length === 0 ? "scalar" : `[${shape.map((dim) => dim ?? "?").join(", ")}]`;
}

/** The list's beginning, and how many more there are. */
export function someOf(items: readonly string[], most: number): string {
  const rest = items.length - most;
  return rest > 0 ? `${items.slice(0, most).join(", ")} and ${count(rest)} more` : items.join(", ");
}

/** A cell of a table: text, painted once it has its width. */
export type Cell = string | { readonly text: string; readonly paint: (text: string) => string };

/** Rows in columns under headings; a heading that starts with a space is of a column aligned right. */
export function table(
  headings: readonly string[],
  rows: readonly (readonly Cell[])[],
  paint: Paint,
  indent = "  ",
): string {
  const heads = headings.map((text) => ({ text: text.trimStart(), paint: paint.dim }));
  const lines: readonly (readonly Cell[])[] = heads.some(({ text }) => text !== "")
    ? [heads, ...rows]
    : rows;
  const textOf = (cell: Cell | undefined): string =>
    typeof cell === "string" ? cell : (cell?.text ?? "");
  const widths = headings.map((_, i) => Math.max(...lines.map((row) => textOf(row[i]).length)));
  return lines
    .map((row) => {
      const last = row.findLastIndex((cell) => textOf(cell) !== "");
      const cells = headings.slice(0, last + 1).map((heading, i) => {
        const cell = row[i] ?? "";
        const text = textOf(cell);
        const width = widths[i] ?? 0;
        const isLast = i === last;
        const padded = heading.startsWith(" ")
          ? text.padStart(width)
          : isLast
            ? text
            : text.padEnd(width);
        return typeof cell === "string" ? padded : cell.paint(padded);
      });
      return indent + cells.join("  ");
    })
    .join("\n");
}

/** JSON for people and programs: int64 as numbers where these hold them, what JSON lacks as text. */
export function jsonText(value: unknown): string {
  const plain = (_: string, item: unknown): unknown => {
    if (typeof item === "bigint") {
      return Number.isSafeInteger(Number(item)) ? Number(item) : String(item);
    }
    if (typeof item === "number" && !Number.isFinite(item)) return String(item);
    return item;
  };
  return JSON.stringify(value, plain, 2);
}
