/**
 * Stand-in for JSR's `@std/fs`, over what Deno has built in.
 *
 * @module
 */

/** A file that `walk` found. */
export interface WalkEntry extends Deno.DirEntry {
  /** Its path, the root's path in front. */
  path: string;
}

/** What `walk` yields and where it goes. */
export interface WalkOptions {
  /** How many levels below the root. */
  maxDepth?: number;
  /** Whether regular files are yielded. */
  includeFiles?: boolean;
  /** Whether directories are yielded. */
  includeDirs?: boolean;
  /** Whether symbolic links are yielded. */
  includeSymlinks?: boolean;
  /** Name endings of the files to yield, with or without the dot. */
  exts?: string[];
  /** Only paths that match one of these are yielded. */
  match?: RegExp[];
  /** Paths that match one of these are neither yielded nor entered. */
  skip?: RegExp[];
}

function toPath(path: string | URL): string {
  return path instanceof URL ? decodeURIComponent(path.pathname) : path;
}

function baseName(path: string): string {
  const trimmed = path.replace(/\/+$/, "");
  return trimmed.slice(trimmed.lastIndexOf("/") + 1) || path;
}

function isWanted(path: string, options: WalkOptions): boolean {
  const exts = options.exts?.map((ext) => ext.startsWith(".") ? ext : `.${ext}`);
  if (exts !== undefined && !exts.some((ext) => path.endsWith(ext))) return false;
  if (options.match !== undefined && !options.match.some((re) => re.test(path))) return false;
  return !(options.skip?.some((re) => re.test(path)) ?? false);
}

/** Walks a tree, parents before children. */
export function* walkSync(root: string | URL, options: WalkOptions = {}): Generator<WalkEntry> {
  const { maxDepth = Infinity, includeFiles = true, includeDirs = true } = options;
  const path = toPath(root);
  if (maxDepth < 0) return;
  if (includeDirs && isWanted(path, options)) {
    yield { path, name: baseName(path), isFile: false, isDirectory: true, isSymlink: false };
  }
  if (maxDepth < 1 || options.skip?.some((re) => re.test(path))) return;
  for (const entry of Deno.readDirSync(path)) {
    const inner = path.endsWith("/") ? path + entry.name : `${path}/${entry.name}`;
    if (entry.isDirectory) {
      yield* walkSync(inner, { ...options, maxDepth: maxDepth - 1 });
    } else if (entry.isSymlink) {
      if ((options.includeSymlinks ?? true) && isWanted(inner, options)) {
        yield { path: inner, ...entry };
      }
    } else if (includeFiles && isWanted(inner, options)) {
      yield { path: inner, ...entry };
    }
  }
}

/** Walks a tree, parents before children. */
export async function* walk(
  root: string | URL,
  options: WalkOptions = {},
): AsyncGenerator<WalkEntry> {
  yield* walkSync(root, options);
}

/** Whether the path exists, and is what the options ask for. */
export function existsSync(
  path: string | URL,
  options: { isFile?: boolean; isDirectory?: boolean } = {},
): boolean {
  try {
    const stat = Deno.statSync(path);
    if (options.isFile) return stat.isFile;
    return options.isDirectory ? stat.isDirectory : true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** Whether the path exists, and is what the options ask for. */
export async function exists(
  path: string | URL,
  options: { isFile?: boolean; isDirectory?: boolean } = {},
): Promise<boolean> {
  return await Promise.resolve(existsSync(path, options));
}

/** Makes the directory and its parents unless they exist. */
export function ensureDirSync(dir: string | URL): void {
  Deno.mkdirSync(dir, { recursive: true });
}

/** Makes the directory and its parents unless they exist. */
export async function ensureDir(dir: string | URL): Promise<void> {
  await Deno.mkdir(dir, { recursive: true });
}

/** Leaves the directory existing and empty. */
export function emptyDirSync(dir: string | URL): void {
  ensureDirSync(dir);
  for (const { name } of Deno.readDirSync(dir)) {
    Deno.removeSync(`${toPath(dir)}/${name}`, { recursive: true });
  }
}

/** Leaves the directory existing and empty. */
export async function emptyDir(dir: string | URL): Promise<void> {
  await Promise.resolve(emptyDirSync(dir));
}

/** Copies a file, a link or a tree. */
export function copySync(
  from: string | URL,
  to: string | URL,
  options: { overwrite?: boolean } = {},
): void {
  const source = toPath(from);
  const target = toPath(to);
  const stat = Deno.lstatSync(source);
  if (!options.overwrite && existsSync(target)) {
    throw new Deno.errors.AlreadyExists(`'${target}' already exists.`);
  }
  if (stat.isSymlink) {
    Deno.symlinkSync(Deno.readLinkSync(source), target);
  } else if (stat.isDirectory) {
    ensureDirSync(target);
    for (const { name } of Deno.readDirSync(source)) {
      copySync(`${source}/${name}`, `${target}/${name}`, options);
    }
  } else {
    Deno.copyFileSync(source, target);
  }
}

/** Copies a file, a link or a tree. */
export async function copy(
  from: string | URL,
  to: string | URL,
  options: { overwrite?: boolean } = {},
): Promise<void> {
  await Promise.resolve(copySync(from, to, options));
}
