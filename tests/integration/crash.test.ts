// kill -9 at random moments under load, again and again, judged by what devices and dashboards wrote down themselves: nothing that was
// confirmed is lost, nothing is carried out twice, every stream is gapless over all lives of the server.
// CRASH_ROUNDS=200 for more rounds, CRASH_SEED=7 for the same moments again.
import { afterAll, expect, test } from "vitest";
import { Client, type Message, isEvent } from "../support/client.ts";
import { Server } from "../support/server.ts";

const rounds = Number(process.env["CRASH_ROUNDS"] ?? 8);
const seed = Number(process.env["CRASH_SEED"] ?? Date.now() % 1_000_000);
const LOCATIONS = ["main", "north"];
const MEMBERS = 400;
const ROUND_MS_MAX = 500;

let dice = seed;
/** mulberry32: a moment is chosen alike for the same seed, not for anybody's secret. */
function roll(sides: number): number {
  dice = (dice + 0x6d2b79f5) | 0;
  let mixed = Math.imul(dice ^ (dice >>> 15), dice | 1);
  mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
  return ((mixed ^ (mixed >>> 14)) >>> 0) % sides;
}

const pause = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));

let server: Server;
let over = false;
afterAll(() => server.stop());

/** Opens until the server is there. */
async function reopened(bearer?: string): Promise<Client> {
  for (;;) {
    try {
      return await Client.open(server, bearer === undefined ? {} : { bearer });
    } catch {
      await pause(20);
    }
  }
}

interface Confirmed {
  id: string;
  type: string;
  member: number;
  location: string;
  visit: number;
  seq: number;
  replayed: boolean;
}

/** One command after the other, each asked for by the same id until it is answered. */
async function device(name: string, token: string, members: number[], confirmed: Confirmed[]): Promise<void> {
  let client = await reopened(token);
  const inside = new Map<number, string>();
  for (let count = 0; !over; count++) {
    const member = members[roll(members.length)] as number;
    const location = inside.get(member) ?? (LOCATIONS[roll(LOCATIONS.length)] as string);
    const type = inside.has(member) ? "check_out" : "check_in";
    const id = `${name}-${count}`;
    let reply: Message | undefined;
    while (reply === undefined || reply.payload.code === "unavailable") {
      reply = await Promise.race([client.request(type, { member_id: member, location }, id), client.closed.then(() => undefined)]).catch(() => undefined);
      if (reply === undefined) client = await reopened(token);
    }
    expect(reply, JSON.stringify(reply)).toMatchObject({ type: `${type}_success` });
    if (type === "check_in") inside.set(member, location);
    else inside.delete(member);
    confirmed.push({ id, type, member, location, visit: reply.payload.visit_id, seq: reply.payload.seq, replayed: reply.payload.replayed });
  }
  await client.drop();
}

/** All events of all its connections, each connection resuming after the last one that was delivered. */
class Dashboard {
  readonly events = new Map<string, Message[]>(LOCATIONS.map((slug) => [slug, []]));
  readonly faults: string[] = [];
  #epoch: string | undefined;
  #client: Client | undefined;

  get isIn(): boolean {
    return this.#epoch !== undefined;
  }

  last(slug: string): number {
    return (this.events.get(slug)?.at(-1)?.payload.seq as number | undefined) ?? 0;
  }

  async run(token: string): Promise<void> {
    while (!over) {
      const client = (this.#client = await reopened());
      const after = Object.fromEntries(LOCATIONS.map((slug) => [slug, this.last(slug)]));
      client.send("authenticate", { token, ...(this.#epoch === undefined ? {} : { resume: { epoch: this.#epoch, after } }) });
      client.socket.on("message", (data) => this.#take(JSON.parse(String(data)) as Message));
      await client.closed;
    }
  }

  #take(message: Message): void {
    if (message.type === "authentication_success") {
      if (this.#epoch !== undefined && message.payload.recovered !== true) this.faults.push("not recovered");
      this.#epoch = message.payload.epoch as string;
    }
    if (message.type === "resync_required") this.faults.push(JSON.stringify(message));
    if (!isEvent(message)) return;
    const slug = message.payload.location as string;
    if (message.payload.seq !== this.last(slug) + 1) this.faults.push(`${slug}: ${message.payload.seq} after ${this.last(slug)}`);
    this.events.get(slug)?.push(message);
  }

  async close(): Promise<void> {
    await this.#client?.drop();
  }
}

test(`${rounds} rounds of kill -9 (seed ${seed})`, { timeout: 60_000 + rounds * 10_000 }, async () => {
  server = await Server.start({ members: MEMBERS });
  const token = await server.token({ ttl: 24 * 3600 });
  const confirmed: Confirmed[] = [];
  const screens = Array.from({ length: 3 }, () => new Dashboard());
  const watching = screens.map((screen) => screen.run(token));
  await expect.poll(() => screens.every((screen) => screen.isIn)).toBe(true); // before the first event
  const share = MEMBERS / 4;
  const working = Array.from({ length: 4 }, (_, at) => device(`d${at}`, token, Array.from({ length: share }, (_, of) => at * share + of + 1), confirmed));

  for (let round = 0; round < rounds; round++) {
    await pause(20 + roll(ROUND_MS_MAX));
    await server.kill();
    await server.begin();
  }
  await pause(500);
  over = true;
  await Promise.all(working);

  const heads = await currentHeads(token);
  for (const screen of screens) {
    await expect.poll(() => LOCATIONS.map((slug) => screen.last(slug)), { timeout: 20_000 }).toEqual(LOCATIONS.map((slug) => heads[slug]));
    expect(screen.faults).toEqual([]);
    await screen.close();
  }
  await Promise.all(watching);

  expect(confirmed.length).toBeGreaterThan(rounds * 4);
  expect(confirmed.filter((one) => one.replayed).length, "no answer was lost in any round: the moments are too kind").toBeGreaterThan(0);
  for (const screen of screens) {
    for (const one of confirmed) {
      const event = screen.events.get(one.location)?.[one.seq - 1];
      expect(event, JSON.stringify(one)).toMatchObject({
        type: one.type === "check_in" ? "member_checked_in" : "member_checked_out",
        payload: { seq: one.seq, visit_id: one.visit, member: { id: one.member } },
      });
    }
    const made = LOCATIONS.reduce((sum, slug) => sum + (screen.events.get(slug)?.length ?? 0), 0);
    expect(made, "an event that nobody was confirmed").toBe(confirmed.length);
  }
  const [visits] = await server.rows("SELECT count(*) AS made, count(checked_out_at) AS ended FROM visits");
  expect(visits).toMatchObject({
    made: confirmed.filter((one) => one.type === "check_in").length,
    ended: confirmed.filter((one) => one.type === "check_out").length,
  });
});

async function currentHeads(token: string): Promise<Record<string, number>> {
  const client = await Client.following(server, token);
  const heads = client.messages.find((message) => message.type === "authentication_success")?.payload.heads as Record<string, number>;
  await client.drop();
  return heads;
}
