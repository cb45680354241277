// A real `footfall demo` on a free port with data of its own. A sanitizer's report or an unclean end fails the test.
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { promisify } from "node:util";

export const root = resolve(import.meta.dirname, "../..");
export const program = resolve(root, process.env.FOOTFALL ?? "build/footfall");

const READY_MS = 30_000;
const STOP_MS = 15_000;
const SANITIZER = /ERROR: (Address|Leak|Undefined)\w*Sanitizer|runtime error:|WARNING: ThreadSanitizer/;

export type Role = "owner" | "manager" | "staff" | "kiosk" | "turnstile" | "viewer" | "member";

export interface ServerOptions {
  /** Everyone may come in, no limits (`--clean`); what most tests want. */
  clean?: boolean;
  members?: number;
  locations?: number;
  /** Further arguments, such as `--server.auth_timeout=1`. */
  args?: string[];
  env?: Record<string, string>;
  port?: number;
}

export interface TokenOptions {
  sub?: number | string;
  role?: Role;
  loc?: string;
  ttl?: number;
}

export interface Run {
  code: number;
  stdout: string;
  stderr: string;
}

/** Runs `footfall ARGS` to its end. */
export async function footfall(args: string[], options: { cwd?: string; env?: Record<string, string> } = {}): Promise<Run> {
  try {
    const done = await promisify(execFile)(program, args, {
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
      env: { ...process.env, ...databaseOf(args), ...options.env },
      timeout: 60_000,
      maxBuffer: 64 << 20,
    });
    return { code: 0, ...done };
  } catch (failure) {
    const { code, stdout, stderr } = failure as { code: number | string; stdout: string; stderr: string };
    if (typeof code !== "number") throw failure;
    return { code, stdout, stderr };
  }
}

export async function freePort(): Promise<number> {
  const listener = createServer().listen(0, "127.0.0.1");
  await once(listener, "listening");
  const { port } = listener.address() as { port: number };
  listener.close();
  await once(listener, "close");
  return port;
}

/** Where tools/with-postgres runs one: then each server has a database of its own there, and so has each command that names its data. */
const postgres = process.env["TEST_POSTGRES"];
export const isPostgres = postgres !== undefined;
const databases = new Map<string, string>();

function databaseOf(args: string[]): Record<string, string> {
  const url = databases.get(args[args.indexOf("--data") + 1] ?? "");
  return url === undefined ? {} : { FOOTFALL_DATABASE_URL: url };
}

/** One SQL statement, on the server's own database. */
export async function onPostgres(statement: string, database = "postgres"): Promise<string> {
  const { stdout } = await promisify(execFile)("psql", ["-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-c", statement, `${postgres}/${database}`]);
  return stdout.trim();
}

export class Server {
  readonly data: string;
  port = 0;
  /** Everything that the program printed since it was last started. */
  stdout = "";
  /** Everything it logged, over all starts. */
  stderr = "";
  readonly #options: ServerOptions;
  #child: ChildProcess | undefined;
  #scheme = "http";

  private constructor(options: ServerOptions, data = mkdtempSync(join(tmpdir(), "footfall-"))) {
    this.#options = options;
    this.data = data;
  }

  static async start(options: ServerOptions = {}): Promise<Server> {
    const server = new Server(options);
    server.port = options.port ?? 0;
    try {
      await server.#makeDatabase();
      await server.begin();
    } catch (error) {
      server.remove();
      throw error;
    }
    return server;
  }

  async #makeDatabase(): Promise<void> {
    if (postgres === undefined) return;
    const name = `t${randomBytes(8).toString("hex")}`;
    await onPostgres(`CREATE DATABASE ${name} TEMPLATE template0`);
    databases.set(this.data, `${postgres}/${name}`);
  }

  get origin(): string {
    return `${this.#scheme}://127.0.0.1:${this.port}`;
  }

  get pid(): number {
    if (this.#child?.pid === undefined) throw new Error("the server does not run");
    return this.#child.pid;
  }

  /** Starts (again) on the same port and data, and waits for the `ready` line. */
  async begin(extra: string[] = []): Promise<void> {
    const { clean = true, members = 60, locations = 2, args = [], env = {} } = this.#options;
    const child = spawn(
      program,
      ["demo", "--listen", `127.0.0.1:${this.port}`, "--data", this.data, "--members", `${members}`, "--locations", `${locations}`]
        .concat(clean ? ["--clean"] : [], args, extra),
      { stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, ...databaseOf(["--data", this.data]), ...env } },
    );
    this.#child = child;
    this.stdout = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => (this.stderr += text));
    const ready = new Promise<void>((resolveReady, reject) => {
      const late = setTimeout(() => reject(new Error(`not ready after ${READY_MS} ms: ${this.stdout}${this.stderr}`)), READY_MS);
      child.once("error", reject);
      child.once("exit", (code, signal) => reject(new Error(`ended (${code ?? signal}) before it was ready: ${this.stdout}${this.stderr}`)));
      child.stdout.setEncoding("utf8").on("data", (text: string) => {
        this.stdout += text;
        const line = /^ready (https?):\/\/127\.0\.0\.1:(\d+)$/m.exec(this.stdout);
        if (line) {
          this.#scheme = line[1] as string;
          this.port = Number(line[2]);
          clearTimeout(late);
          resolveReady();
        }
      });
    });
    await ready.catch(async (error: unknown) => {
      await this.kill();
      throw error;
    });
  }

  /** SIGTERM, and all that a clean end promises: status 0 within 10 s, and no sanitizer's report. */
  async stop(): Promise<void> {
    const code = await this.#end("SIGTERM");
    this.remove();
    this.expectNoReport();
    if (code !== 0) throw new Error(`the server ended with ${code}: ${this.stderr.slice(-4000)}`);
  }

  /** kill -9: no goodbye, no flush. */
  async kill(): Promise<void> {
    await this.#end("SIGKILL");
  }

  async restart(extra: string[] = []): Promise<void> {
    await this.kill();
    await this.begin(extra);
  }

  /** What stands in the database. */
  async rows(select: string): Promise<Record<string, unknown>[]> {
    const url = databases.get(this.data);
    if (url !== undefined) {
      const json = await onPostgres(`SELECT coalesce(json_agg(found), '[]') FROM (${select}) AS found`, new URL(url).pathname.slice(1));
      return JSON.parse(json) as Record<string, unknown>[];
    }
    const database = new DatabaseSync(join(this.data, "footfall.db"), { readOnly: true });
    try {
      return database.prepare(select).all();
    } finally {
      database.close();
    }
  }

  /** Another node of the same database and data. */
  async beside(args: string[] = []): Promise<Server> {
    const other = new Server({ ...this.#options, args: [...(this.#options.args ?? []), ...args] }, this.data);
    await other.begin();
    return other;
  }

  signal(name: NodeJS.Signals): void {
    process.kill(this.pid, name);
  }

  expectNoReport(): void {
    const found = SANITIZER.exec(this.stderr);
    if (found) throw new Error(`a sanitizer reported:\n${this.stderr.slice(found.index, found.index + 6000)}`);
  }

  remove(): void {
    rmSync(this.data, { recursive: true, force: true });
  }

  /** A token as scripts mint it: `footfall token`. */
  async token({ sub = 1, role = "owner", loc = "*", ttl = 600 }: TokenOptions = {}): Promise<string> {
    const run = await footfall(["token", "--data", this.data, "--sub", `${sub}`, "--role", role, "--loc", loc, "--ttl", `${ttl}`]);
    if (run.code !== 0) throw new Error(`footfall token: ${run.stderr}`);
    return run.stdout.trim();
  }

  /** The owner's email and password, as `demo` prints them. */
  get owner(): { email: string; password: string } {
    const line = /(\S+@\S+?)[\s,;]+(?:password\s*:?\s*)?(\S+)\s*$/m.exec(this.stdout);
    if (!line?.[1] || !line[2]) throw new Error(`no owner's login in: ${this.stdout}`);
    return { email: line[1], password: line[2] };
  }

  file(name: string): Buffer {
    return readFileSync(join(this.data, name));
  }

  async #end(signal: NodeJS.Signals): Promise<number | string> {
    const child = this.#child;
    if (!child) return 0;
    this.#child = undefined;
    if (child.exitCode === null && child.signalCode === null) {
      const ended = once(child, "exit");
      child.kill(signal);
      const hard = setTimeout(() => child.kill("SIGKILL"), STOP_MS);
      await ended;
      clearTimeout(hard);
    }
    return child.exitCode ?? child.signalCode ?? "?";
  }
}
