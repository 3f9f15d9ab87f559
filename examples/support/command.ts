// What the examples share as command-line programs: options that are checked, errors that are short.
import { mkdirSync } from "node:fs";
import { parseArgs } from "node:util";

/** The user asked for something that cannot be done; the message is all that they need to see. */
export class UserError extends Error {
  override readonly name = "UserError";
}

/**
 * The values of the options given on the command line, as texts. `--help` prints the help and gives
 * nothing; an option that is not among `names` is refused with the help.
 */
export function textOptions<Name extends string>(
  names: readonly Name[],
  help: string,
): Partial<Record<Name, string>> | undefined {
  const texts = Object.fromEntries(names.map((name) => [name, { type: "string" as const }]));
  const known = { ...texts, help: { type: "boolean" as const } };
  try {
    const { help: wanted, ...given } = parseArgs({
      options: known,
      args: process.argv.slice(2),
    }).values;
    if (!wanted) return given as Partial<Record<Name, string>>;
  } catch (error) {
    throw new UserError(`${error instanceof Error ? error.message : error}\n\n${help}`);
  }
  console.log(help);
  return undefined;
}

/** The whole number that an option gives, or the default where it is absent. */
export function wholeNumber(
  option: string,
  text: string | undefined,
  { byDefault, least = 0 }: { readonly byDefault: number; readonly least?: number },
): number {
  if (text === undefined) return byDefault;
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= least && value < 2 ** 31) return value;
  throw new UserError(`${option} ${text}: expected a whole number from ${least} to ${2 ** 31 - 1}`);
}

/** Makes a folder for what a program writes, unless it is there. */
export function makeFolder(path: string): void {
  try {
    mkdirSync(path, { recursive: true });
  } catch (error) {
    throw new UserError(`${path}: ${error instanceof Error ? error.message : error}`);
  }
}

/** Runs a program; where the user is to blame, prints only the message and exits with code 1. */
export async function runProgram(program: () => Promise<void>): Promise<void> {
  try {
    await program();
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    console.error(error.message);
    process.exitCode = 1;
  }
}

/** Runs a numbered example, whose only option is how many steps it trains. */
export async function runExample(
  stepsByDefault: number,
  example: (steps: number) => Promise<void>,
): Promise<void> {
  await runProgram(async () => {
    const help = `  --steps N   training steps (default: ${stepsByDefault})\n  --help      this text`;
    const given = textOptions(["steps"], help);
    if (given === undefined) return;
    await example(wholeNumber("--steps", given.steps, { byDefault: stepsByDefault, least: 1 }));
  });
}
