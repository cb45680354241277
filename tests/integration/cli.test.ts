// Contract 3: the one program, its exit statuses, and what goes wrong at a start said in one sentence.
import { execFileSync } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { decodeJwt } from "jose";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Server, footfall, program, isPostgres } from "../support/server.ts";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "footfall-cli-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const config = (name: string, text: string): string => {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
};

describe("help and usage", () => {
  const words = ["serve", "init", "demo", "check-config", "migrate", "user", "location", "member", "token", "verify", "version"];
  test("--help lists every command and ends with 0", async () => {
    const run = await footfall(["--help"]);
    expect(run.code).toBe(0);
    for (const word of words) expect(run.stdout).toContain(word);
  });

  test.each(words)("%s --help ends with 0 and says how it is called", async (word) => {
    const run = await footfall([word, "--help"]);
    expect(run.code).toBe(0);
    expect(run.stdout).toContain(`footfall ${word}`);
  });

  test.each([["no such command", ["fly"]], ["no command", []], ["an unknown flag", ["demo", "--fly"]], ["a flag without its value", ["token", "--data"]], ["too many words", ["version", "now"]]])("%s ends with 2 and a sentence", async (_name, args) => {
    const run = await footfall(args);
    expect(run.code).toBe(2);
    expect((run.stderr + run.stdout).length).toBeGreaterThan(10);
  });

  test("version", async () => {
    expect(await footfall(["version"])).toMatchObject({ code: 0, stdout: expect.stringMatching(/^footfall \d+\.\d+\.\d+\n$/) });
  });
});

describe("check-config", () => {
  test("names the line of an unknown key, and the nearest known one", async () => {
    const path = config("typo.conf", "[server]\nlisten = 127.0.0.1:0\nalowed_origins = http://a.example\n");
    const run = await footfall(["check-config", "--config", path]);
    expect(run.code).toBe(1);
    expect(run.stderr).toMatch(/\b3\b/);
    expect(run.stderr).toContain("alowed_origins");
    expect(run.stderr).toContain("allowed_origins");
  });

  test.each([["a value that cannot be", "[server]\nlisten = nowhere\n", "listen"], ["text outside a section", "listen = 127.0.0.1:0\n", "1"], ["an unknown section", "[sever]\nlisten = 127.0.0.1:0\n", "sever"], ["a flag", "[auth]\nurl_token = perhaps\n", "url_token"]])("%s is refused with line and key", async (_name, text, word) => {
    const run = await footfall(["check-config", "--config", config("bad.conf", text)]);
    expect(run.code).toBe(1);
    expect(run.stderr).toContain(word);
  });

  test("a file that is not there is a sentence and 1", async () => {
    const run = await footfall(["check-config", "--config", join(folder, "nothing.conf")]);
    expect(run.code).toBe(1);
    expect(run.stderr).toContain("nothing.conf");
  });

  test("file, environment, flag: the later wins", async () => {
    const path = config("good.conf", "[server]\nlisten = 127.0.0.1:0\n");
    expect((await footfall(["check-config", "--config", path])).code).toBe(0);
    expect((await footfall(["check-config", "--config", path], { env: { FOOTFALL_SERVER_LISTEN: "nowhere" } })).code).toBe(1);
    expect((await footfall(["check-config", "--config", path, "--server.listen=127.0.0.1:0"], { env: { FOOTFALL_SERVER_LISTEN: "nowhere" } })).code).toBe(0);
  });

  test("advises against tokens in URLs on the open internet", async () => {
    const run = await footfall(["check-config", "--config", config("open.conf", "[server]\nlisten = 0.0.0.0:8000\npublic_url = https://gym.example\n")]);
    expect(run.stdout + run.stderr).toContain("url_token");
  });
});

describe("init and serve", () => {
  test("asks nothing when all is given; the owner can sign in; a second init destroys nothing", async () => {
    const password = config("password", "correct horse battery staple\n");
    const path = join(folder, "gym.conf");
    const db = `--database.url=sqlite:${join(folder, "gym.sqlite")}`;
    const args = ["init", "--config", path, "--owner-email", "olivia@example.org", "--owner-password-file", password, db, "--server.listen=127.0.0.1:0"];
    const run = await footfall(args);
    expect(run, run.stderr).toMatchObject({ code: 0 });
    expect(existsSync(path)).toBe(true);
    expect(run.stdout + run.stderr).not.toContain("correct horse");
    expect((await footfall(args)).code).toBe(1);
    const listed = await footfall(["user", "list", "--config", path]);
    expect(listed.stdout).toContain("olivia@example.org");
  });
});

describe("token", () => {
  let server: Server;
  beforeAll(async () => {
    server = await Server.start({ members: 5 });
  });
  afterAll(() => server.stop());

  test("prints the JWT alone, beside a running server", async () => {
    const run = await footfall(["token", "--data", server.data, "--sub", "12", "--role", "staff", "--loc", "main", "--ttl", "60"]);
    expect(run).toMatchObject({ code: 0, stderr: "" });
    expect(run.stdout).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+\n$/);
    expect(decodeJwt(run.stdout.trim())).toMatchObject({ role: "staff", loc: ["main"] });
  });

  test.each([["an unknown role", ["--role", "emperor"]], ["no lifetime", ["--ttl", "0"]], ["a lifetime that is none", ["--ttl", "soon"]]])("%s is refused", async (_name, wrong) => {
    const given = ["token", "--data", server.data, "--sub", "1", "--role", "owner", "--loc", "*", "--ttl", "60"];
    const at = given.indexOf(wrong[0] as string);
    given[at + 1] = wrong[1] as string;
    const run = await footfall(given);
    expect([1, 2]).toContain(run.code);
    expect(run.stdout).toBe("");
  });

  test("without a gym there says so", async () => {
    const run = await footfall(["token", "--data", join(folder, "empty"), "--sub", "1", "--role", "owner", "--loc", "*", "--ttl", "60"]);
    expect(run.code).toBe(1);
    expect(run.stderr).toContain("empty");
  });

  test("the key and the database are for their owner's eyes only", () => {
    for (const name of readdirSync(server.data, { recursive: true, encoding: "utf8" })) {
      const entry = statSync(join(server.data, name));
      if (entry.isFile() && /key|sqlite|\.db/.test(name)) expect(entry.mode & 0o077, name).toBe(0);
    }
  });

  test("verify passes on a server that is right, and says what is wrong otherwise", async () => {
    const good = await footfall(["verify", server.origin, "--token", await server.token()]);
    expect(good, good.stdout + good.stderr).toMatchObject({ code: 0 });
    expect(good.stdout.split("\n").length).toBeGreaterThan(10);
    expect(good.stdout).not.toMatch(/fail/i);
    const wrong = await footfall(["verify", server.origin, "--token", "x.y.z"]);
    expect(wrong.code).toBe(1);
    const nobody = await footfall(["verify", "http://127.0.0.1:1", "--token", "x.y.z"]);
    expect(nobody.code).toBe(1);
    const scheme = await footfall(["verify", server.origin.replace("http", "https"), "--token", await server.token()]);
    expect(scheme.code).toBe(1);
  });
});

describe("a start that cannot be", () => {
  test("a port in use", async () => {
    const server = await Server.start({ members: 5 });
    const run = await footfall(["demo", "--listen", `127.0.0.1:${server.port}`, "--data", join(folder, "second")]);
    expect(run.code).toBe(1);
    expect(run.stderr).toContain(`${server.port}`);
    await server.stop();
  });

  test.skipIf(isPostgres)("a damaged database", async () => {
    const server = await Server.start({ members: 5 });
    await server.kill();
    for (const log of readdirSync(server.data).filter((one) => /-(wal|shm)$/.test(one))) rmSync(join(server.data, log)); // SQLite would mend the file from its log
    const name = readdirSync(server.data).find((one) => /sqlite$|db$/.test(one)) as string;
    writeFileSync(join(server.data, name), "this is no database, and it is longer than a header of one hundred bytes would be. ".repeat(50));
    const run = await footfall(["demo", "--listen", "127.0.0.1:0", "--data", server.data]);
    expect(run.code).toBe(1);
    expect(run.stderr).toContain(name);
    server.remove();
  });

  test("a folder that cannot be written", async () => {
    const file = config("a-file", "");
    const run = await footfall(["demo", "--listen", "127.0.0.1:0", "--data", join(file, "inside")]);
    expect(run.code).toBe(1);
    expect(run.stderr).toContain("a-file");
  });

  // A read-only folder stops no root: a user without rights runs this one.
  test.runIf(process.getuid?.() === 0)("a read-only folder", () => {
    const locked = join(folder, "locked");
    execFileSync("mkdir", [locked]);
    chmodSync(locked, 0o555);
    chmodSync(folder, 0o755);
    let said = "";
    let status = 0;
    try {
      execFileSync("setpriv", ["--reuid=65534", "--regid=65534", "--clear-groups", program, "demo", "--listen", "127.0.0.1:0", "--data", join(locked, "gym")], { stdio: "pipe" });
    } catch (error) {
      said = String((error as { stderr: Buffer }).stderr);
      status = (error as { status: number }).status;
    }
    expect(status).toBe(1);
    expect(said).toContain("locked");
  });
});
