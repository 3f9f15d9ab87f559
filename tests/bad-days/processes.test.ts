// Processes that have started threads end by themselves, whatever state they are in.
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { bundledLibrary } from "./bundle.ts";

const library = bundledLibrary();

interface Ended {
  readonly code: number | null;
  readonly signal: string | null;
  readonly out: string;
  readonly err: string;
}

/** Runs the child; `onReady` is called when it has trained. */
function runChild(what: string, onReady?: (kill: (signal: NodeJS.Signals) => void) => void) {
  return new Promise<Ended>((resolve) => {
    const child = fileURLToPath(new URL("child.mjs", import.meta.url));
    const env = { ...process.env, TENSORSCOPE_THREADS: "4", TENSORSCOPE_ENGINE: "wasm" };
    const made = spawn(process.execPath, [child, library(), what], { env });
    let [out, err] = ["", ""];
    made.stdout.on("data", (data) => {
      const wasReady = out.includes("ready");
      out += data;
      if (!wasReady && out.includes("ready")) onReady?.((signal) => made.kill(signal));
    });
    made.stderr.on("data", (data) => {
      err += data;
    });
    // One that does not end by itself is ended, and seen by its signal.
    const limit = setTimeout(() => made.kill("SIGKILL"), 60_000);
    made.on("close", (code, signal) => {
      clearTimeout(limit);
      resolve({ code, signal, out, err });
    });
  });
}

const quiet = { code: 0, signal: null, out: "ready, 3 threads\n", err: "" };

describe("a process that has trained with threads ends by itself", () => {
  test("after its session was closed", async () => {
    expect(await runChild("close")).toEqual(quiet);
  }, 90_000);
  test("with a session that was not closed", async () => {
    expect(await runChild("leave")).toEqual(quiet);
  }, 90_000);
  test("when runs that nobody waits for are done", async () => {
    expect(await runChild("pending")).toEqual(quiet);
  }, 90_000);
  test("after a run that failed", async () => {
    const { code, out, err } = await runChild("error");
    expect({ code, err }).toEqual({ code: 0, err: "" });
    expect(out).toBe(
      "ready, 3 threads\nCannot feed value of shape (1, 3) for Tensor x:0, which has shape (?, 500)\n",
    );
  }, 90_000);
  test("with an error of its own", async () => {
    const { code, signal, err } = await runChild("throw");
    expect({ code, signal }).toEqual({ code: 1, signal: null });
    expect(err).toContain("Error: of the program");
  }, 90_000);
});

describe("a process in the middle of training", () => {
  test("leaves with process.exit", async () => {
    expect(await runChild("exit")).toEqual({ ...quiet, code: 7 });
  }, 90_000);
  test("leaves with process.exit inside of a run", async () => {
    expect(await runChild("exitInRun")).toEqual({ ...quiet, code: 8 });
  }, 90_000);
  test("ends when it is interrupted", async () => {
    const ended = await runChild("forever", (kill) => kill("SIGINT"));
    expect(ended).toEqual({ code: null, signal: "SIGINT", out: "ready, 3 threads\n", err: "" });
  }, 90_000);
  test("hears of an interruption that it handles itself, between runs", async () => {
    const { code, out, err } = await runChild("catchSignal", (kill) =>
      setTimeout(() => kill("SIGINT"), 200),
    );
    expect({ code, out }).toEqual({ code: 1, out: "ready, 3 threads\nclosed\n" });
    // What was going on was cancelled, or the next run was refused.
    expect(err).toMatch(
      /CancelledError: Session has been closed|RuntimeError: Attempted to use a closed Session/,
    );
  }, 90_000);
});
