// A long-lived child process that is asked for things in lines of JSON, on processors of its own where possible.
import { spawn, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";

export class Worker {
  #command;
  #child = null;
  #waiting = null;
  #errors = "";
  #asked = 0;
  #options;

  constructor(command, options) {
    this.#command = command;
    this.#options = options;
  }

  /** A list of processors for taskset, or undefined where it cannot be used. */
  static pinning(threads, asked) {
    if (process.platform !== "linux" || spawnSync("taskset", ["-V"]).status !== 0) return undefined;
    if (asked) return asked;
    const [, list] = readFileSync("/proc/self/status", "utf8").match(/Cpus_allowed_list:\s*(\S+)/);
    const all = list.split(",").flatMap((range) => {
      const [first, last = first] = range.split("-").map(Number);
      return Array.from({ length: last - first + 1 }, (_, i) => first + i);
    });
    return all.slice(-threads).join(",");
  }

  /** The answer to a request; `{ error }` where the process dies or takes longer than the given seconds. */
  ask(request, seconds) {
    if (!this.#child) this.#start();
    const id = ++this.#asked;
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.#finish({ error: `no answer after ${seconds} s` });
        this.stop();
      }, 1000 * seconds);
      this.#waiting = { id, timer, resolve };
      this.#child.stdin.write(`${JSON.stringify({ id, ...request })}\n`);
    });
  }

  #start() {
    const { pinning, threads } = this.#options;
    const { command, env = {} } = this.#command;
    const [program, ...args] = pinning ? ["taskset", "-c", pinning, ...command] : command;
    const environment = {
      ...process.env,
      ...env,
      BENCH_THREADS: String(threads),
      TENSORSCOPE_THREADS: String(threads),
      OMP_NUM_THREADS: String(threads),
      MKL_NUM_THREADS: String(threads),
    };
    const child = spawn(program, args, { env: environment, stdio: ["pipe", "pipe", "pipe"] });
    this.#child = child;
    this.#errors = "";
    child.stdin.on("error", () => {});
    child.stderr.on("data", (data) => {
      this.#errors = (this.#errors + data).slice(-2000);
    });
    child.on("error", ({ message }) => this.#died(child, message));
    child.on("close", (code, signal) => {
      const last = this.#errors.trim().split("\n").at(-1);
      this.#died(child, `the process ended (${signal ?? code}): ${last}`);
    });
    createInterface({ input: child.stdout }).on("line", (line) => {
      const answer = line.startsWith("{") ? JSON.parse(line) : {};
      if (answer.id === this.#waiting?.id) this.#finish(answer);
    });
  }

  #died(child, error) {
    if (this.#child !== child) return;
    this.#child = null;
    this.#finish({ error });
  }

  #finish(answer) {
    if (!this.#waiting) return;
    clearTimeout(this.#waiting.timer);
    this.#waiting.resolve(answer);
    this.#waiting = null;
  }

  stop() {
    const child = this.#child;
    this.#child = null;
    child?.kill("SIGKILL");
  }
}
