// A headless Chromium, driven through its pipe: opens a page, evaluates, takes a picture.
import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

const flags = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--hide-scrollbars",
  "--remote-debugging-pipe",
];

/** Starts `chromium` with a profile of its own and a page of this size. */
export async function openBrowser(chromium, { profile, width, height }) {
  const process = spawn(chromium, [...flags, `--user-data-dir=${profile}`], {
    stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"],
  });
  const [, , , input, output] = process.stdio;
  const waiting = new Map();
  let last = 0;
  let text = "";
  output.setEncoding("utf8").on("data", (chunk) => {
    const messages = (text + chunk).split("\0");
    text = messages.pop();
    for (const { id, result, error } of messages.map((message) => JSON.parse(message))) {
      const { resolve, reject } = waiting.get(id) ?? {};
      if (error) reject?.(new Error(error.message));
      else resolve?.(result);
    }
  });
  let sessionId;
  const send = (method, params = {}) => {
    const id = ++last;
    input.write(`${JSON.stringify({ id, method, params, ...(sessionId && { sessionId }) })}\0`);
    return new Promise((resolve, reject) => waiting.set(id, { resolve, reject }));
  };

  const { targetId } = await send("Target.createTarget", { url: "about:blank" });
  ({ sessionId } = await send("Target.attachToTarget", { targetId, flatten: true }));
  const size = { width, height, deviceScaleFactor: 1, mobile: false };
  await send("Emulation.setDeviceMetricsOverride", size);

  const page = {
    open: (url) => send("Page.navigate", { url }),
    async evaluate(expression) {
      const { result } = await send("Runtime.evaluate", { expression, returnByValue: true });
      return result.value;
    },
    /** The expression's value as soon as it is true in the sense of JavaScript. */
    async waitFor(expression, seconds = 60) {
      for (let tries = 0; tries < seconds * 4; tries++) {
        const value = await page.evaluate(expression);
        if (value) return value;
        await sleep(250);
      }
      throw new Error(`the page never came to ${expression}`);
    },
    async screenshot(file) {
      const { data } = await send("Page.captureScreenshot", { format: "png" });
      writeFileSync(file, Buffer.from(data, "base64"));
    },
    async close() {
      await send("Browser.close").catch(() => {});
      if (process.exitCode === null) {
        await new Promise((resolve) => process.once("exit", resolve));
      }
    },
  };
  return page;
}
