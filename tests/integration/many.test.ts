// Many clients at once: each gets each event once and in order; one that reads nothing changes nothing for the others.
import { afterAll, beforeAll, expect, test } from "vitest";
import { Client } from "../support/client.ts";
import { OPCODE, Raw, frame } from "../support/raw.ts";
import { Server } from "../support/server.ts";
import { settings } from "../support/settings.ts";

let server: Server;
let owner: string;
let nextMember = 1;
const fresh = (): number => nextMember++;

beforeAll(async () => {
  server = await Server.start({ members: 500, args: [settings.maxQueueBytes(64 * 1024)] });
  owner = await server.token();
});
afterAll(() => server.stop());

const range = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, at) => from + at);

test("200 screens over all loops get each of 200 check-ins once, in order", { timeout: 60_000 }, async () => {
  const screens = await Promise.all(Array.from({ length: 200 }, () => Client.following(server, owner)));
  const desks = await Promise.all(Array.from({ length: 10 }, () => Client.open(server, { bearer: owner })));
  await Promise.all(desks.map((desk) => desk.next("authentication_success")));
  const start = screens[0]?.messages[0]?.payload.heads.main as number;
  await Promise.all(
    desks.map(async (desk) => {
      for (let count = 0; count < 20; count++) {
        const reply = await desk.request("check_in", { member_id: fresh(), location: "main" });
        expect(reply.type).toBe("check_in_success");
      }
    }),
  );
  const expected = range(start + 1, start + 200);
  for (const screen of screens) {
    await screen.until(() => screen.seqs("main").length >= 200, "200 events");
    expect(screen.seqs("main")).toEqual(expected);
  }
  await Promise.all([...screens, ...desks].map((client) => client.close()));
});

test("commands of one connection are carried out in the order sent", async () => {
  const desk = await Client.following(server, owner);
  const member = fresh();
  const replies = await Promise.all(
    Array.from({ length: 20 }, (_, at) => desk.request(at % 2 === 0 ? "check_in" : "check_out", { member_id: member, location: "main" })),
  );
  expect(replies.map((reply) => reply.type)).toEqual(Array.from({ length: 20 }, (_, at) => (at % 2 === 0 ? "check_in_success" : "check_out_success")));
  const seqs = replies.map((reply) => reply.payload.seq as number);
  expect(seqs).toEqual(range(seqs[0] ?? 0, (seqs[0] ?? 0) + 19));
  await desk.close();
});

test("a client that reads nothing is told, then let go with 4413, and slows nobody", { timeout: 90_000 }, async () => {
  const stalled = await Raw.upgraded(server, `/ws/checkins/?token=${owner}`);
  stalled.socket.pause();
  const screen = await Client.following(server, owner);
  const desk = await Client.open(server, { bearer: owner });
  await desk.next("authentication_success");
  const notes = "x".repeat(450);
  const slow: number[] = [];
  const began = Date.now();
  const deadline = Date.now() + 45_000;
  let sent = 0;
  // The kernel's own buffers take a few MB before the server's queue grows.
  while (Date.now() < deadline && sent < 20_000) {
    const asked = Date.now();
    const members = Array.from({ length: 50 }, (_, at) => at + 400);
    const half = sent / 50;
    await Promise.all(members.map((member) => desk.request(half % 2 === 0 ? "check_in" : "check_out", { member_id: member, location: "main", notes })));
    slow.push(Date.now() - asked);
    sent += 50;
  }
  await screen.until(() => screen.seqs("main").length >= sent, "all events");
  const seqs = screen.seqs("main");
  expect(seqs).toEqual(range(seqs[0] ?? 0, (seqs[0] ?? 0) + sent - 1));

  // Not before the server has given up on it: what reads again in time is only told to resync.
  await new Promise((done) => setTimeout(done, Math.max(0, began + 20_000 - Date.now())));
  let code = 0;
  stalled.socket.resume();
  let sawResync = false;
  const shown: number[] = [];
  try {
    for (;;) {
      const next = await stalled.frame();
      if (next.opcode === OPCODE.close) {
        code = next.payload.readUInt16BE(0);
        break;
      }
      if (next.opcode !== OPCODE.text) continue;
      const message = JSON.parse(next.payload.toString("utf8")) as { type: string; payload: { location?: string; seq?: number } };
      if (message.type === "resync_required") sawResync = true;
      if (message.payload.location === "main" && typeof message.payload.seq === "number" && /^member_/.test(message.type)) {
        expect(sawResync, "an event after resync_required").toBe(false);
        shown.push(message.payload.seq);
      }
    }
  } catch (error) {
    if (!stalled.ended) throw error; // the Close may be lost with a connection that never read
  }
  expect(shown).toEqual(range(shown[0] ?? 0, (shown[0] ?? 0) + shown.length - 1));
  expect(shown.length).toBeLessThan(sent);
  expect(sawResync || code === 4413 || stalled.ended).toBe(true);
  if (code !== 0) expect(code).toBe(4413);
  stalled.write(frame({ opcode: OPCODE.close, payload: Buffer.from([0x11, 0x3d]) }));
  stalled.destroy();
  await screen.close();
  await desk.close();
});
