/** Files as the readers and writers of formats see them: Node's, or kept in memory for browsers and tests. */

import { FailedPreconditionError, NotFoundError, UnimplementedError } from "../core/errors.ts";

export interface FileStat {
  readonly kind: "file" | "folder";
  /** Bytes; 0 for a folder. */
  readonly size: number;
  /** When the content last changed, in milliseconds since 1970. */
  readonly modified: number;
}

/** A file that is read in ranges, so that a large one need not be read whole. */
export interface ReadableFile extends Disposable {
  readonly path: string;
  readonly size: number;
  /** The bytes from `offset` on: `length` of them, or fewer where the file ends. */
  read(offset: number, length: number): Uint8Array;
  close(): void;
}

/** A file that is written from its beginning, or from its end on. */
export interface WritableFile extends Disposable {
  readonly path: string;
  write(bytes: Uint8Array): void;
  /** Returns once what was written would survive a loss of power. */
  sync(): void;
  close(): void;
}

/**
 * Everything formats need of files. All of it is synchronous, since operations of a graph read and write files while
 * it runs. Paths use `/`. What does not exist is a NotFoundError.
 */
export interface FileSystem {
  /** Null where there is nothing. */
  stat(path: string): FileStat | null;
  /** The whole file. */
  read(path: string): Uint8Array;
  open(path: string): ReadableFile;
  /** Replaces the file; not atomic (see `writeAtomically`). */
  write(path: string, bytes: Uint8Array): void;
  create(path: string, options?: { readonly append?: boolean }): WritableFile;
  /** Replaces the target in one step where the file is on the same volume. */
  rename(from: string, to: string): void;
  /** Removes a file, or a folder with all that is in it. */
  remove(path: string): void;
  /** The names in a folder, sorted. */
  list(folder: string): string[];
  /** Makes the folder and those above it, where they are missing. */
  makeFolder(path: string): void;
}

// Paths

/** The parts put together as Python's `os.path.join` does: an absolute part starts anew. */
export function joinPath(...parts: readonly string[]): string {
  let path = "";
  for (const part of parts) {
    if (path === "" || isAbsolutePath(part)) path = part;
    else path = path.endsWith("/") ? path + part : `${path}/${part}`;
  }
  return path;
}

/** What is before the last `/`, without it; `""` for a plain name. */
export function folderOf(path: string): string {
  const end = lastSeparator(path);
  if (end < 0) return "";
  return path.slice(0, end) || path[0] || "";
}

/** What is after the last `/`. */
export function baseName(path: string): string {
  return path.slice(lastSeparator(path) + 1);
}

export function isAbsolutePath(path: string): boolean {
  return path.startsWith("/") || /^[A-Za-z]:[\\/]/.test(path) || path.startsWith("\\\\");
}

/** `path` as seen from `folder`, both absolute or both relative to the same place. */
export function relativePath(path: string, folder: string): string {
  const to = normalizedParts(path);
  const from = normalizedParts(folder);
  let shared = 0;
  while (shared < to.length && shared < from.length && to[shared] === from[shared]) shared++;
  const ups = new Array<string>(from.length - shared).fill("..");
  return [...ups, ...to.slice(shared)].join("/") || ".";
}

function normalizedParts(path: string): string[] {
  const parts: string[] = [];
  for (const part of path.split(isWindows() ? /[\\/]/ : "/")) {
    if (part === "" || part === ".") continue;
    if (part === ".." && parts.length > 0 && parts.at(-1) !== "..") parts.pop();
    else parts.push(part);
  }
  return parts;
}

function lastSeparator(path: string): number {
  const slash = path.lastIndexOf("/");
  return isWindows() ? Math.max(slash, path.lastIndexOf("\\")) : slash;
}

function isWindows(): boolean {
  return hostProcess()?.platform === "win32";
}

// Helpers over any file system

let temporaries = 0;

/** A name beside `path` that nothing else uses. */
export function temporaryName(path: string, suffix = ".tmp"): string {
  const random = Math.floor(Math.random() * 0x1_0000_0000);
  temporaries += 1;
  return `${path}${suffix}${random.toString(16).padStart(8, "0")}${temporaries.toString(16)}`;
}

/** Replaces a file so that, whatever happens, either the old or the new content is there, complete. */
export function writeAtomically(files: FileSystem, path: string, bytes: Uint8Array): void {
  const temporary = temporaryName(path);
  try {
    const file = files.create(temporary);
    try {
      file.write(bytes);
      file.sync();
    } finally {
      file.close();
    }
    files.rename(temporary, path);
  } catch (error) {
    if (files.stat(temporary)) files.remove(temporary);
    throw error;
  }
}

// Node

type NodeFs = typeof import("node:fs");

interface HostProcess {
  readonly platform?: string;
  getBuiltinModule?(name: string): unknown;
}

function hostProcess(): HostProcess | undefined {
  return (globalThis as { readonly process?: HostProcess }).process;
}

function nodeFs(): NodeFs | undefined {
  return hostProcess()?.getBuiltinModule?.("node:fs") as NodeFs | undefined;
}

/** Runs a call of node:fs and turns what it throws into the library's errors. */
function guarded<T>(path: string, call: () => T): T {
  try {
    return call();
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === "ENOENT") throw new NotFoundError(undefined, `${path}; No such file or directory`);
    if (code === "EISDIR") throw new FailedPreconditionError(undefined, `${path}; Is a directory`);
    if (code === "ENOTDIR") {
      throw new FailedPreconditionError(undefined, `${path}; Not a directory`);
    }
    if (code === undefined) throw error;
    throw new FailedPreconditionError(undefined, `${path}; ${message}`);
  }
}

/** The files of the machine. Only in Node. */
export class NodeFileSystem implements FileSystem {
  readonly #fs: NodeFs;

  constructor() {
    const fs = nodeFs();
    if (!fs) {
      throw new UnimplementedError(
        undefined,
        "There are no files here: node:fs is not available.",
        "Use new MemoryFileSystem(), and setFileSystem to make it the default.",
      );
    }
    this.#fs = fs;
  }

  stat(path: string): FileStat | null {
    const stat = this.#fs.statSync(path, { throwIfNoEntry: false });
    if (!stat) return null;
    const folder = stat.isDirectory();
    return {
      kind: folder ? "folder" : "file",
      size: folder ? 0 : stat.size,
      modified: stat.mtimeMs,
    };
  }
  read(path: string): Uint8Array {
    const { buffer, byteOffset, length } = guarded(path, () => this.#fs.readFileSync(path));
    // Not the Buffer itself: its slice() shares memory.
    return new Uint8Array(buffer, byteOffset, length);
  }
  open(path: string): ReadableFile {
    const fs = this.#fs;
    const descriptor = guarded(path, () => fs.openSync(path, "r"));
    let open = true;
    const close = (): void => {
      if (open) fs.closeSync(descriptor);
      open = false;
    };
    try {
      const { size } = fs.fstatSync(descriptor);
      return {
        path,
        size,
        read: (offset, length) => {
          const buffer = new Uint8Array(Math.max(0, Math.min(length, size - offset)));
          let got = 0;
          while (got < buffer.length) {
            const more = guarded(path, () =>
              fs.readSync(descriptor, buffer, got, buffer.length - got, offset + got),
            );
            if (more === 0) break;
            got += more;
          }
          return buffer.subarray(0, got);
        },
        close,
        [Symbol.dispose]: close,
      };
    } catch (error) {
      close();
      throw error;
    }
  }
  write(path: string, bytes: Uint8Array): void {
    guarded(path, () => this.#fs.writeFileSync(path, bytes));
  }
  create(path: string, { append = false }: { readonly append?: boolean } = {}): WritableFile {
    const fs = this.#fs;
    const descriptor = guarded(path, () => fs.openSync(path, append ? "a" : "w"));
    let open = true;
    const close = (): void => {
      if (open) fs.closeSync(descriptor);
      open = false;
    };
    return {
      path,
      write: (bytes) => {
        let written = 0;
        while (written < bytes.length) {
          written += guarded(path, () =>
            fs.writeSync(descriptor, bytes, written, bytes.length - written),
          );
        }
      },
      sync: () => guarded(path, () => fs.fsyncSync(descriptor)),
      close,
      [Symbol.dispose]: close,
    };
  }
  rename(from: string, to: string): void {
    guarded(from, () => this.#fs.renameSync(from, to));
    this.#syncFolder(folderOf(to) || ".");
  }
  remove(path: string): void {
    guarded(path, () => this.#fs.rmSync(path, { recursive: true }));
  }
  list(folder: string): string[] {
    return guarded(folder, () => this.#fs.readdirSync(folder || ".")).sort();
  }
  makeFolder(path: string): void {
    guarded(path, () => this.#fs.mkdirSync(path, { recursive: true }));
  }

  /** Makes a rename survive a loss of power. Windows cannot open folders; there the rename alone must do. */
  #syncFolder(folder: string): void {
    let descriptor: number | undefined;
    try {
      descriptor = this.#fs.openSync(folder, "r");
      this.#fs.fsyncSync(descriptor);
    } catch {
      // Not every volume can do this; the rename itself has happened.
    } finally {
      if (descriptor !== undefined) this.#fs.closeSync(descriptor);
    }
  }
}

// Memory

interface MemoryFile {
  /** Capacity grows by doubling; the first `size` bytes count. */
  bytes: Uint8Array;
  size: number;
  modified: number;
}

/** Files kept in memory, for browsers and tests. */
export class MemoryFileSystem implements FileSystem {
  readonly #files = new Map<string, MemoryFile>();
  readonly #folders = new Set<string>([""]);

  constructor(files: Iterable<readonly [path: string, bytes: Uint8Array]> = []) {
    for (const [path, bytes] of files) {
      this.makeFolder(folderOf(path));
      this.write(path, bytes);
    }
  }

  stat(path: string): FileStat | null {
    const key = keyOf(path);
    const file = this.#files.get(key);
    if (file) return { kind: "file", size: file.size, modified: file.modified };
    return this.#folders.has(key) ? { kind: "folder", size: 0, modified: 0 } : null;
  }
  read(path: string): Uint8Array {
    const file = this.#file(path);
    return file.bytes.slice(0, file.size);
  }
  open(path: string): ReadableFile {
    const file = this.#file(path);
    const close = (): void => {};
    return {
      path,
      size: file.size,
      read: (offset, length) => file.bytes.slice(offset, Math.min(offset + length, file.size)),
      close,
      [Symbol.dispose]: close,
    };
  }
  write(path: string, bytes: Uint8Array): void {
    this.#checkFolder(path);
    this.#files.set(keyOf(path), {
      // Not slice(): that of a Buffer shares memory.
      bytes: new Uint8Array(bytes),
      size: bytes.length,
      modified: Date.now(),
    });
  }
  create(path: string, { append = false }: { readonly append?: boolean } = {}): WritableFile {
    const key = keyOf(path);
    if (!append || !this.#files.has(key)) this.write(path, new Uint8Array());
    const file = this.#file(path);
    const nothing = (): void => {};
    return {
      path,
      write: (bytes) => {
        const size = file.size + bytes.length;
        if (size > file.bytes.length) {
          const grown = new Uint8Array(Math.max(size, 2 * file.bytes.length));
          grown.set(file.bytes.subarray(0, file.size));
          file.bytes = grown;
        }
        file.bytes.set(bytes, file.size);
        file.size = size;
        file.modified = Date.now();
      },
      sync: nothing,
      close: nothing,
      [Symbol.dispose]: nothing,
    };
  }
  rename(from: string, to: string): void {
    const file = this.#file(from);
    this.#checkFolder(to);
    this.#files.delete(keyOf(from));
    this.#files.set(keyOf(to), file);
  }
  remove(path: string): void {
    if (!this.stat(path)) throw missing(path);
    const key = keyOf(path);
    const inside = (other: string): boolean => other === key || other.startsWith(`${key}/`);
    for (const other of [...this.#files.keys()].filter(inside)) this.#files.delete(other);
    for (const other of [...this.#folders].filter(inside)) this.#folders.delete(other);
    this.#folders.add("");
  }
  list(folder: string): string[] {
    const key = keyOf(folder);
    if (!this.#folders.has(key)) throw missing(folder);
    const prefix = key === "" ? "" : `${key}/`;
    const names = [...this.#files.keys(), ...this.#folders]
      .filter((other) => other !== "" && other !== key && other.startsWith(prefix))
      .map((other) => other.slice(prefix.length))
      .filter((name) => !name.includes("/"));
    return [...new Set(names)].sort();
  }
  makeFolder(path: string): void {
    const parts = keyOf(path).split("/");
    for (let i = 1; i <= parts.length; i++) this.#folders.add(parts.slice(0, i).join("/"));
  }

  #file(path: string): MemoryFile {
    const file = this.#files.get(keyOf(path));
    if (file) return file;
    if (this.#folders.has(keyOf(path))) {
      throw new FailedPreconditionError(undefined, `${path}; Is a directory`);
    }
    throw missing(path);
  }
  #checkFolder(path: string): void {
    if (!this.#folders.has(keyOf(folderOf(path)))) throw missing(path);
    if (this.#folders.has(keyOf(path))) {
      throw new FailedPreconditionError(undefined, `${path}; Is a directory`);
    }
  }
}

function missing(path: string): NotFoundError {
  return new NotFoundError(undefined, `${path}; No such file or directory`);
}

/** One name per file, whether it is given from the root or not. */
function keyOf(path: string): string {
  return normalizedParts(path).join("/");
}

// The default

let chosen: FileSystem | undefined;

/** The files that are used where none are given: those of `setFileSystem`, else the machine's, else memory. */
export function fileSystem(): FileSystem {
  chosen ??= nodeFs() ? new NodeFileSystem() : new MemoryFileSystem();
  return chosen;
}

/** Makes `files` the default; null for the usual one. Returns the former default. */
export function setFileSystem(files: FileSystem | null): FileSystem {
  const former = fileSystem();
  chosen = files ?? undefined;
  return former;
}
