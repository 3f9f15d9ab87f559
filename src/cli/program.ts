// The commands of `tensorscope`: their arguments, help, errors and exit codes.
import { Command, CommanderError, InvalidArgumentError, Option } from "commander";
import { TensorscopeError } from "../core/errors.ts";
import { type FileSystem, fileSystem } from "../formats/files.ts";
import { convert, printConvert, type Target, targets } from "./convert.ts";
import { diff, printDiff } from "./diff.ts";
import { CommandError, UsageError } from "./errors.ts";
import { type InspectOptions, inspect, isSound, printReport } from "./inspect.ts";
import { opsReport, printOps } from "./ops.ts";
import { ansiPaint, jsonText, type Paint, plainPaint, printable } from "./text.ts";

/** Where a command writes, and what it may assume there. */
export interface Terminal {
  out(text: string): void;
  error(text: string): void;
  /** Whether what goes to `out` and to `error` may be coloured. */
  readonly colors: boolean;
  readonly errorColors: boolean;
}

export const exitCodes = { ok: 0, failed: 1, usage: 2 } as const;

interface Context {
  readonly terminal: Terminal;
  readonly files: FileSystem;
  readonly paint: Paint;
  readonly loadOps: () => Promise<unknown>;
  /** Set by a command that ends with another code than 0. */
  exitCode: number;
}

export interface CommandOptions {
  readonly files?: FileSystem;
  readonly version?: string;
  /** Defines all op types. */
  readonly loadOps?: () => Promise<unknown>;
}

/** Runs a command line (without the program's name); gives the exit code. */
export async function runCommand(
  args: readonly string[],
  terminal: Terminal,
  { files = fileSystem(), version = "", loadOps = async () => {} }: CommandOptions = {},
): Promise<number> {
  const paint = terminal.colors ? ansiPaint : plainPaint;
  const context: Context = { terminal, files, paint, loadOps, exitCode: exitCodes.ok };
  const program = makeProgram(context, version);
  try {
    if (args.length === 0) {
      terminal.error(program.helpInformation());
      return exitCodes.usage;
    }
    await program.parseAsync(args, { from: "user" });
    return context.exitCode;
  } catch (error) {
    return explain(error, terminal);
  }
}

function explain(error: unknown, terminal: Terminal): number {
  const { red, dim } = terminal.errorColors ? ansiPaint : plainPaint;
  // Commander has already written what is wrong.
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
  if (error instanceof CommandError || error instanceof TensorscopeError) {
    const [first = "", ...rest] = error.message.split("\n");
    const hint = error instanceof CommandError && error.hint ? [error.hint] : [];
    const more = [...rest, ...hint].map((line) => `\n  ${dim(printable(line))}`);
    terminal.error(`${red("error:")} ${printable(first)}${more.join("")}\n`);
    return error instanceof UsageError ? exitCodes.usage : exitCodes.failed;
  }
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  terminal.error(`${red("error:")} this is a mistake in tensorscope, please report it:\n${text}\n`);
  return exitCodes.failed;
}

function wholeNumber(text: string): number {
  if (/^\d{1,6}$/.test(text)) return Number(text);
  throw new InvalidArgumentError("Expected a whole number.");
}

function makeProgram(context: Context, version: string): Command {
  const { terminal } = context;
  const program = new Command("tensorscope")
    .description(
      "Opens, compares and converts TensorFlow's files: graphs, checkpoints, event files.",
    )
    .version(version, "-v, --version", "print the version")
    .helpOption("-h, --help", "print this help")
    .showHelpAfterError("(--help tells more)")
    .configureOutput({
      writeOut: (text) => terminal.out(text),
      writeErr: (text) => terminal.error(text),
      getOutHasColors: () => terminal.colors,
      getErrHasColors: () => terminal.errorColors,
      outputError: (text, write) => write(text),
    })
    .exitOverride()
    .addHelpText(
      "after",
      example("inspect runs/gan", "diff graph.meta model.ckpt-1000", "inspect --help"),
    );
  addInspect(program, context);
  addDiff(program, context);
  addConvert(program, context);
  addOps(program, context);
  return program;
}

function example(...lines: readonly string[]): string {
  return `\nExamples:\n${lines.map((line) => `  $ tensorscope ${line}\n`).join("")}`;
}

interface InspectFlags {
  readonly depth: number;
  readonly scope: string;
  readonly all?: true;
  readonly values?: true;
  readonly json?: true;
}

function addInspect(program: Command, context: Context): void {
  program
    .command("inspect")
    .summary("tell what is in a file or a folder")
    .description(
      "Tells what is in a file or folder, whatever its name: graphs by scope, variables, signatures, " +
        "the tensors of checkpoints, npz and safetensors files, the tags of event files.",
    )
    .argument("<file>", "a file, a folder, or the prefix of a checkpoint")
    .option("-d, --depth <levels>", "levels of scopes to show", wholeNumber, 2)
    .option("-s, --scope <name>", "only what is in this scope", "")
    .option("--values", "read tensors, and show the range of their values")
    .option("-a, --all", "show long lists to their end, and everything in a folder")
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      example(
        "inspect model.ckpt-1000",
        "inspect graph.pb --scope generator --depth 3",
        "inspect runs/gan --json",
      ),
    )
    .action((path: string, flags: InspectFlags) => {
      const options: InspectOptions = {
        depth: flags.depth,
        scope: flags.scope.replace(/^\/+|\/+$/g, ""),
        all: flags.all ?? false,
        values: flags.values ?? false,
      };
      const report = inspect(path, options, context.files);
      context.terminal.out(
        `${flags.json ? jsonText(report) : printReport(report, options, context.paint)}\n`,
      );
      if (!isSound(report)) context.exitCode = exitCodes.failed;
    });
}

interface DiffFlags {
  readonly values: boolean;
  readonly all?: true;
  readonly exitCode?: true;
  readonly json?: true;
}

function addDiff(program: Command, context: Context): void {
  program
    .command("diff")
    .summary("compare two checkpoints, or a graph and a checkpoint")
    .description(
      "Compares two checkpoints (also npz and safetensors), or what a graph restores with what a checkpoint has. " +
        "Names that were changed by a prefix or a renamed scope are found, and the map between them is printed.",
    )
    .argument("<a>", "a checkpoint, its folder, npz, safetensors, or a graph")
    .argument("<b>", "what to compare it with")
    .option("--no-values", "compare names, shapes and types only")
    .option("-a, --all", "show long lists to their end")
    .option("--exit-code", "end with exit code 1 where something differs")
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      example("diff model.ckpt-1000 model.ckpt-2000", "diff graph.meta model.ckpt-1000"),
    )
    .action((a: string, b: string, flags: DiffFlags) => {
      const options = { values: flags.values, all: flags.all ?? false };
      const report = diff(a, b, options, context.files);
      context.terminal.out(
        `${flags.json ? jsonText(report) : printDiff(report, options, context.paint)}\n`,
      );
      if (flags.exitCode && !report.same) context.exitCode = exitCodes.failed;
    });
}

/** Names with commas between them; the option may also be given several times. */
function nameList(text: string, before: readonly string[] = []): string[] {
  return [
    ...before,
    ...text
      .split(",")
      .map((name) => name.trim())
      .filter(Boolean),
  ];
}

interface ConvertFlags {
  readonly to?: Target;
  readonly freeze?: string;
  readonly outputs?: readonly string[];
  readonly skip?: readonly string[];
  readonly graphOnly?: true;
  readonly force?: true;
  readonly json?: true;
}

function addConvert(program: Command, context: Context): void {
  program
    .command("convert")
    .summary("convert graphs and checkpoints, freeze a graph")
    .description(
      "Converts graphs between binary and text (pb, pbtxt), and tensors between checkpoints, npz and safetensors. " +
        "With --freeze, the variables of a graph become constants with the values of a checkpoint.",
    )
    .argument("<in>", "the file to convert")
    .argument(
      "<out>",
      "the file to write; its name says what it becomes: a name without a known end is a checkpoint",
    )
    .addOption(new Option("-t, --to <kind>", "what to write, whatever its name").choices(targets))
    .option("--freeze <checkpoint>", "freeze the graph <in> with the values of this checkpoint")
    .option("-o, --outputs <names>", "nodes that the frozen graph is for", nameList)
    .option("--skip <names>", "tensors to leave out", nameList)
    .option("--graph-only", "of a meta graph or SavedModel only the graph")
    .option("-f, --force", "replace a file that is there")
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      example(
        "convert graph.pb graph.pbtxt",
        "convert model.ckpt-1000 weights.npz",
        "convert weights.safetensors model.ckpt",
        "convert graph.meta frozen.pb --freeze model.ckpt-1000 --outputs logits",
      ),
    )
    .action((input: string, output: string, flags: ConvertFlags) => {
      const options = {
        to: flags.to,
        freeze: flags.freeze,
        outputs: flags.outputs ?? [],
        skip: flags.skip ?? [],
        graphOnly: flags.graphOnly ?? false,
        force: flags.force ?? false,
      };
      const report = convert(input, output, options, context.files);
      context.terminal.out(`${flags.json ? jsonText(report) : printConvert(report)}\n`);
    });
}

interface OpsFlags {
  readonly outputs?: readonly string[];
  readonly json?: true;
}

function addOps(program: Command, context: Context): void {
  program
    .command("ops")
    .summary("list the ops a graph needs, and which of them run here")
    .description(
      "Lists the op types of a graph and of its functions, and which of them run here. An op that does not run is " +
        "kept when the graph is imported, and fails only where a run needs it.",
    )
    .argument(
      "<file>",
      "a graph, a meta graph, a SavedModel, an event file, or a checkpoint with a meta graph beside it",
    )
    .option("-o, --outputs <names>", "count only what these nodes need", nameList)
    .option("--json", "print JSON")
    .addHelpText("after", example("ops graph.pb", "ops model.ckpt-1000.meta --outputs logits"))
    .action(async (path: string, flags: OpsFlags) => {
      await context.loadOps();
      const report = opsReport(path, flags.outputs ?? [], context.files);
      context.terminal.out(`${flags.json ? jsonText(report) : printOps(report, context.paint)}\n`);
    });
}
