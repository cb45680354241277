// A wall clock that is set back, set forward, and leaps a day: deadlines go on by the other clock, logs stay gapless, tokens go by what is true now.
import { mkdtempSync, rmSync, writeFileSync, openSync, writeSync, closeSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Client } from "../support/client.ts";
import { Server, program } from "../support/server.ts";
import { settings } from "../support/settings.ts";

const library = join(dirname(program), "tests/support/libset-clock.so");
const folder = mkdtempSync(join(tmpdir(), "footfall-clock-"));
const file = join(folder, "offset");
const MINUTE = 60;
const HOUR = 60 * MINUTE;

/** The file is mapped by the server: it is written in place. */
function setClock(seconds: number): void {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64LE(BigInt(seconds));
  const fd = openSync(file, "r+");
  writeSync(fd, bytes, 0, 8, 0);
  closeSync(fd);
}

let server: Server;
beforeAll(async () => {
  writeFileSync(file, Buffer.alloc(8));
  server = await Server.start({
    members: 60,
    args: [settings.heartbeatInterval(1)],
    env: { LD_PRELOAD: library, SET_CLOCK_FILE: file, ASAN_OPTIONS: `${process.env["ASAN_OPTIONS"] ?? ""}:verify_asan_link_order=0` },
  });
});
afterAll(async () => {
  await server.stop();
  rmSync(folder, { recursive: true });
});

/** In minutes. */
const skewOf = async (client: Client): Promise<number> => Math.round((Date.parse((await client.settled()).payload.server_time as string) - Date.now()) / 60_000) || 0;

// The thread sanitizer has a clock_gettime of its own.
test.skipIf(program.includes("tsan"))("who is in stays in, and each check-in has its place in the log, whatever the clock says", { timeout: 60_000 }, async () => {
  const screen = await Client.following(server, await server.token({ ttl: 30 * 24 * HOUR }));
  const desk = await Client.open(server, { bearer: await server.token({ ttl: 30 * 24 * HOUR }) });
  let member = 1;
  for (const [seconds, minutes] of [[0, 0], [-2 * HOUR, -120], [-3 * 24 * HOUR, -4320], [5 * MINUTE, 5], [26 * HOUR, 1560], [0, 0]] as const) {
    setClock(seconds);
    expect(await skewOf(screen)).toEqual(minutes);
    for (let count = 0; count < 3; count++) {
      const reply = await desk.request("check_in", { member_id: member++, location: "main" });
      expect(reply, JSON.stringify(reply)).toMatchObject({ type: "check_in_success", payload: { warnings: [] } });
      expect(Math.abs(Date.parse(reply.payload.checked_in_at) - Date.now() - seconds * 1000)).toBeLessThan(20_000);
    }
    await screen.next("heartbeat"); // deadlines go by the other clock
  }
  await screen.settled();
  const seqs = screen.seqs("main");
  expect(seqs).toEqual(Array.from({ length: seqs.length }, (_, at) => at + 1)); // also the ends that the leap made due
  expect(seqs.length).toBeGreaterThanOrEqual(18);
  expect((await screen.settled()).type).toBe("heartbeat_ack");
  await screen.close();
  await desk.close();
});

test.skipIf(program.includes("tsan"))("a token that the leap made old ends its connection with 4401", { timeout: 30_000 }, async () => {
  setClock(0);
  const client = await Client.following(server, await server.token({ ttl: 10 * MINUTE }));
  setClock(HOUR);
  expect((await client.closed).code).toBe(4401);
  setClock(0);
});
