// The README's commands do what the README says. `./test` is the one that is not run here: it is running.
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { freePort, root } from "../support/server.ts";

const readme = readFileSync(join(root, "README.md"), "utf8");
const commands = [...readme.matchAll(/^```sh\n(.*?)^```/gms)].flatMap((block) => (block[1] ?? "").trim().split("\n"));
const BUILD_MS = 600_000;

let folder: string;
let port: number;
let running: ChildProcess | undefined;
let printed = "";

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "footfall-readme-"));
  symlinkSync(join(root, "build"), join(folder, "build"));
  port = await freePort();
});

afterAll(async () => {
  if (running?.exitCode === null) {
    running.kill("SIGTERM");
    await once(running, "exit");
  }
  rmSync(folder, { recursive: true, force: true });
});

/** As a newcomer types it, but for the port and for where the data lies. */
const shell = (command: string): string => execFileSync("bash", ["-ec", command.replaceAll(":8000", `:${port}`)], { cwd: folder, encoding: "utf8" });

const named = (beginning: string): string => {
  const found = commands.filter((command) => command.startsWith(beginning));
  expect(found, `README commands that begin with ${beginning}`).toHaveLength(1);
  return found[0] ?? "";
};

test("these are the README's commands, each tried below", () => {
  expect(commands.map((command) => command.split(" ").slice(0, 2).join(" "))).toEqual([
    "./run", "./test", "./run --build", "build/footfall version", "build/footfall --help", "build/footfall verify",
  ]);
});

test("./run --build builds the program", { timeout: BUILD_MS }, () => {
  execFileSync("./run", ["--build"], { cwd: root, stdio: "pipe", timeout: BUILD_MS });
  expect(shell(named("build/footfall version"))).toMatch(/^footfall \d+\.\d+\.\d+\n$/);
  expect(shell(named("build/footfall --help"))).toContain("verify");
});

test("./run prints where to go and how to sign in", { timeout: BUILD_MS }, async () => {
  running = spawn("./run", ["--listen", `127.0.0.1:${port}`, "--data", join(folder, "demo-data")], { cwd: root, stdio: ["ignore", "pipe", "pipe"] });
  const ended = once(running, "exit").then(() => Promise.reject(new Error(`./run ended: ${printed}`)));
  const ready = new Promise<void>((resolve) => {
    running?.stdout?.setEncoding("utf8").on("data", (text: string) => {
      printed += text;
      if (/^data .+$/m.test(printed)) resolve();
    });
  });
  ended.catch(() => {});
  await Promise.race([ready, ended]);
  expect(printed).toMatch(new RegExp(`^ready http://127\\.0\\.0\\.1:${port}$`, "m"));
  expect(printed).toMatch(/^owner \S+@\S+ password \S+$/m);
  const page = await fetch(`http://127.0.0.1:${port}/`);
  expect(page.status).toBe(200);
  expect(await page.text()).toContain("<title>Footfall</title>");
});

test("verify only passes", () => {
  const lines = shell(named("build/footfall verify")).trim().split("\n");
  expect(lines.pop()).toMatch(/^\d+ passed$/);
  expect(lines.length).toBeGreaterThan(20);
  for (const line of lines) expect(line).toMatch(/^pass /);
});

test("a member list comes in, and its dry run writes nothing", () => {
  const inline = /`(build\/footfall member import FILE\.csv [^`]+)`/.exec(readme)?.[1];
  writeFileSync(join(folder, "FILE.csv"), "Member No,First Name,Last Name,Email\nR-1,Rita,Readme,rita@example.org\n");
  const said = shell(inline ?? "false");
  expect(said).toContain("First Name");
  expect(shell("build/footfall member find Readme --data demo-data 2>&1 || true")).toContain("nobody was found");
});
