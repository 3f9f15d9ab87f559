// The program `tensorscope`: its streams, colours and exit code.
import { readFileSync } from "node:fs";
import { runCommand } from "./program.ts";

/** Colours only where a person looks, and has not asked for none (no-color.org). */
function hasColors(stream: NodeJS.WriteStream): boolean {
  return stream.isTTY === true && !process.env.NO_COLOR && process.env.TERM !== "dumb";
}

/** `program` is the URL of the file that runs, one folder into the package; `loadOps` defines all ops, which takes time that few commands need. */
export async function main(program: string, loadOps: () => Promise<unknown>): Promise<void> {
  // A reader such as `head` may close the pipe early: that is no failure.
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") process.exit(0);
    throw error;
  });
  const { version } = JSON.parse(readFileSync(new URL("../package.json", program), "utf8")) as {
    readonly version: string;
  };
  const terminal = {
    out: (text: string) => process.stdout.write(text),
    error: (text: string) => process.stderr.write(text),
    colors: hasColors(process.stdout),
    errorColors: hasColors(process.stderr),
  };
  process.exitCode = await runCommand(process.argv.slice(2), terminal, { version, loadOps });
}
