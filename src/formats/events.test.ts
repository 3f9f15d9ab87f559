// Event files: TensorFlow's read and written again, and what damaged or unfinished ones do.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { afterEach, describe, expect, test, vi } from "vitest";
import { FormatError } from "./errors.ts";
import { EventFileWriter, isEventFile, summaryIterator } from "./events.ts";
import { MemoryFileSystem } from "./files.ts";
import { encode } from "./proto/codec.ts";
import { type Event, EventSchema } from "./proto/gen/event.ts";
import { encodeRecord, RecordReader } from "./records.ts";

const fixture = fileURLToPath(
  new URL(
    "../../tests/formats/fixtures/events/events.out.tfevents.1795206864.vm.sfx",
    import.meta.url,
  ),
);
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
const text = (value: string): Uint8Array => new TextEncoder().encode(value);
const event = (init: MessageInitShape<typeof EventSchema>): Event => create(EventSchema, init);
const record = (init: MessageInitShape<typeof EventSchema>): Uint8Array =>
  encodeRecord(encode(EventSchema, event(init)));

function memory(content: Uint8Array): MemoryFileSystem {
  const files = new MemoryFileSystem();
  files.write("log", content);
  return files;
}

/** Appends to a file as a program that is still training does. */
function append(files: MemoryFileSystem, bytes: Uint8Array): void {
  using file = files.create("log", { append: true });
  file.write(bytes);
}

function failureOf(read: () => unknown): FormatError {
  try {
    read();
  } catch (error) {
    if (error instanceof FormatError) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
}

describe("records", () => {
  test("a record has its length and data, each with a masked checksum", () => {
    expect(hex(encodeRecord(text("abc")))).toBe("0300000000000000b099490e6162636e57f121");
  });

  test("records of every size come back, across the chunks that are read", () => {
    const sizes = [0, 1, 7, 8, 9, 100_000, 3_000_000, 12, 0];
    const all = sizes.map((size) => new Uint8Array(size).map((_, i) => i * 7));
    const reader = new RecordReader("log", memory(Buffer.concat(all.map(encodeRecord))));
    let offset = 0;
    for (const data of all) {
      const { value } = reader.next();
      expect(value?.offset).toBe(offset);
      expect(Buffer.compare(value?.data as Uint8Array, data)).toBe(0);
      offset += data.length + 16;
    }
    expect(reader.next().done).toBe(true);
    expect(reader.offset).toBe(offset);
  });
});

describe("TensorFlow's event file", () => {
  test("is read: version, graph, meta graph, summaries, run metadata, session log", () => {
    const events = [...summaryIterator(fixture)];
    expect(events.map(({ what, step }) => [what.case, step])).toEqual([
      ["fileVersion", 0n],
      ["graphDef", 0n],
      ["metaGraphDef", 0n],
      ["summary", 0n],
      ["summary", 1n],
      ["taggedRunMetadata", 1n],
      ["sessionLog", 0n],
    ]);
    const [version, , , summary] = events;
    expect(version?.what.value).toBe("brain.Event:2");
    expect(version?.wallTime).toBe(1795206864);
    const values = summary?.what.case === "summary" ? summary.what.value.value : [];
    expect(values.map(({ tag, value }) => [tag, value.case])).toEqual([
      ["loss_1", "simpleValue"],
      ["w", "histo"],
      ["img/image", "image"],
      ["img3/image/0", "image"],
      ["img3/image/1", "image"],
      ["txt", "tensor"],
      ["aud/audio/0", "audio"],
    ]);
    expect(values[0]?.value.value).toBe(2);
  });

  test("is written again byte for byte", () => {
    const written = [...summaryIterator(fixture)].map((each) =>
      encodeRecord(encode(EventSchema, each)),
    );
    expect(hex(Buffer.concat(written))).toBe(hex(readFileSync(fixture)));
  });
});

describe("a file that still grows", () => {
  const first = record({ wallTime: 1, what: { case: "fileVersion", value: "brain.Event:2" } });
  const second = record({ step: 2n, what: { case: "fileVersion", value: "second" } });

  test("ends before a record that is not complete, at every cut, and goes on when it is", () => {
    for (let cut = 0; cut < second.length; cut++) {
      const files = memory(Buffer.concat([first, second.subarray(0, cut)]));
      const events = summaryIterator("log", { files });
      expect([...events].length).toBe(1);
      expect(events.next().done).toBe(true);
      append(files, second.subarray(cut));
      expect(events.next().value?.step).toBe(2n);
      expect(events.next().done).toBe(true);
    }
  });
});

describe("a damaged file", () => {
  const first = record({ wallTime: 1, what: { case: "fileVersion", value: "brain.Event:2" } });
  const second = record({ step: 2n });

  test("with wrong data names the file and the record's byte, and the next record can be read", () => {
    const content = Buffer.concat([first, second, first]);
    content[first.length + 12] = 0xff;
    const events = summaryIterator("log", { files: memory(content) });
    expect(events.next().value?.wallTime).toBe(1);
    const failure = failureOf(() => events.next());
    expect(failure.message).toBe(
      `log: corrupted record: the checksum of its data does not fit (at byte ${first.length}, in data)`,
    );
    expect(failure.offset).toBe(first.length);
    expect(events.next().value?.wallTime).toBe(1);
    expect(events.next().done).toBe(true);
  });

  test("with a wrong length cannot be read on", () => {
    const content = Buffer.concat([first, second]);
    content[3] = 1;
    const events = summaryIterator("log", { files: memory(content) });
    for (let again = 0; again < 2; again++) {
      expect(failureOf(() => events.next()).message).toBe(
        "log: corrupted record: the checksum of its length does not fit (at byte 0, in length)\nIs this a TFRecord file?",
      );
    }
  });

  test("with a record that is no event says where in it the damage is", () => {
    const content = Buffer.concat([first, encodeRecord(Uint8Array.of(0x10, 1, 0x2a, 9, 1))]);
    const events = summaryIterator("log", { files: memory(content) });
    events.next();
    expect(failureOf(() => events.next()).message).toBe(
      `log: not a valid Event: the field has 9 bytes, but only 1 are left (at byte ${first.length + 14}, in Event.summary)`,
    );
  });

  test("with a length beyond all memory ends there, without taking memory for it", () => {
    const header = encodeRecord(new Uint8Array(0)).subarray(0, 12);
    const lengthOnly = Buffer.alloc(8, 0xff);
    const content = Buffer.concat([lengthOnly, header.subarray(8)]);
    expect(() => summaryIterator("log", { files: memory(content) }).next()).toThrow(FormatError);
    // The same with a checksum that fits.
    const forged = Buffer.from("ffffffffffffff7f00000000", "hex");
    forged.writeUInt32LE(forgedChecksum(forged.subarray(0, 8)), 8);
    const files = memory(Buffer.concat([forged, first]));
    expect(summaryIterator("log", { files }).next().done).toBe(true);
  });

  test("changed anywhere, it gives events or a FormatError", () => {
    const seed = 20261120;
    let state = seed;
    const random = (below: number): number => {
      state = (state * 48271) % 2147483647;
      return state % below;
    };
    const changed = (bytes: Uint8Array): Buffer => {
      const copy = Buffer.from(bytes);
      for (let n = random(4); n >= 0; n--) copy[random(copy.length)] = random(256);
      return copy.subarray(0, copy.length - (random(2) && random(copy.length)));
    };
    const whole = readFileSync(fixture).subarray(0, 6000);
    const records = [...new RecordReader(fixture)].slice(3).map(({ data }) => data);
    for (let round = 0; round < 4000; round++) {
      // Every second time the checksums are right, so that the damage reaches the messages.
      const damaged = changed(round % 2 ? whole : (records[random(records.length)] as Uint8Array));
      const files = memory(round % 2 ? damaged : encodeRecord(damaged));
      try {
        for (const _ of summaryIterator("log", { files }));
      } catch (error) {
        expect(error, `round ${round} of seed ${seed}`).toBeInstanceOf(FormatError);
      }
    }
  });

  test("is no event file, nor is another file", () => {
    expect(isEventFile(fixture)).toBe(true);
    expect(isEventFile("log", memory(text('model_checkpoint_path: "x"')))).toBe(false);
    expect(isEventFile("log", memory(new Uint8Array(0)))).toBe(false);
    expect(isEventFile("log", memory(encodeRecord(text("abc"))))).toBe(false);
  });

  test("that does not exist is not found", () => {
    expect(() => summaryIterator("none", { files: new MemoryFileSystem() }).next()).toThrow(
      "none; No such file or directory",
    );
  });
});

function forgedChecksum(bytes: Uint8Array): number {
  const record = encodeRecord(bytes);
  return Buffer.from(record.subarray(12 + bytes.length)).readUInt32LE(0);
}

describe("EventFileWriter", () => {
  afterEach(() => {
    vi.useRealTimers();
  });
  const steps = (files: MemoryFileSystem, name: string): (string | bigint)[] =>
    [...summaryIterator(`runs/${name}`, { files })].map(
      ({ what, step }) => (what.value as never) ?? step,
    );

  function at(seconds: number): MemoryFileSystem {
    vi.useFakeTimers({ now: seconds * 1000 });
    return new MemoryFileSystem();
  }

  test("makes the folder at once and the file with the first event, named by second and host", () => {
    const files = at(1795206864.5);
    const writer = new EventFileWriter("runs", { files });
    expect(files.list("runs")).toEqual([]);
    expect(writer.path).toBeUndefined();
    writer.addEvent(event({ step: 1n }));
    const [name = ""] = files.list("runs");
    expect(name).toMatch(/^events\.out\.tfevents\.1795206864\.[^/]+$/);
    expect(writer.path).toBe(`runs/${name}`);
    const [version, first] = summaryIterator(`runs/${name}`, { files });
    expect(version?.wallTime).toBe(1795206864);
    expect(version?.sourceMetadata?.writer).toBe("tensorflow.core.util.events_writer");
    expect(first?.step).toBe(1n);
  });

  test("appends the suffix, and makes the file at once then", () => {
    const files = at(12);
    new EventFileWriter("runs", { files, filenameSuffix: ".eval" });
    expect(files.list("runs")[0]).toMatch(/^events\.out\.tfevents\.0000000012\..*\.eval$/);
  });

  test("writes when enough events wait, when time has passed, on flush and on close", () => {
    const files = at(100);
    const writer = new EventFileWriter("runs", { files, maxQueue: 3, flushSecs: 30 });
    const add = (...all: number[]): void => {
      for (const step of all) writer.addEvent(event({ step: BigInt(step) }));
    };
    const seen = (): number => steps(files, files.list("runs")[0] as string).length - 1;
    add(1);
    expect(seen()).toBe(1);
    add(2, 3);
    expect(seen()).toBe(1);
    add(4);
    expect(seen()).toBe(4);
    add(5);
    vi.advanceTimersByTime(29_000);
    expect(seen()).toBe(4);
    vi.advanceTimersByTime(1_000);
    expect(seen()).toBe(5);
    add(6);
    writer.flush();
    expect(seen()).toBe(6);
    add(7);
    writer.close();
    expect(seen()).toBe(7);
    add(8);
    writer.flush();
    writer.close();
    expect(seen()).toBe(7);
    expect(vi.getTimerCount()).toBe(0);
  });

  test("after reopen it writes a new file, even within the same second", () => {
    const files = at(100);
    const writer = new EventFileWriter("runs", { files });
    writer.addEvent(event({ step: 1n }));
    writer.close();
    writer.reopen();
    writer.addEvent(event({ step: 2n }));
    writer.close();
    const names = files.list("runs");
    expect(names.map((name) => name.split(".")[3])).toEqual(["0000000100", "0000000101"]);
    expect(names.map((name) => steps(files, name))).toEqual([
      ["brain.Event:2", 1n],
      ["brain.Event:2", 2n],
    ]);
  });
});
