// Contract 4: which tokens are good. Each bad one is tried in every place that takes a token.
import { createPublicKey, generateKeyPairSync } from "node:crypto";
import { SignJWT, decodeJwt, decodeProtectedHeader } from "jose";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Client } from "../support/client.ts";
import { forge, handmade, signingKey } from "../support/forge.ts";
import { Rest } from "../support/rest.ts";
import { Server } from "../support/server.ts";

let server: Server;
let good: string;
let refresh: string;

beforeAll(async () => {
  server = await Server.start({ members: 10 });
  good = await server.token();
  refresh = (await Rest.signIn(server)).refresh;
});
afterAll(() => server.stop());

const seconds = (): number => Math.floor(Date.now() / 1000);

test("`footfall token` gives every claim that a token carries", async () => {
  const claims = decodeJwt(await server.token({ sub: 7, role: "staff", loc: "main,north", ttl: 300 }));
  expect(claims).toMatchObject({ role: "staff", loc: ["main", "north"], iat: expect.any(Number), exp: expect.any(Number), jti: expect.any(String), iss: expect.any(String), typ: expect.any(String) });
  expect(`${claims.sub}`).toBe("7");
  expect(claims.aud).toBeDefined();
  expect((claims.exp ?? 0) - (claims.iat ?? 0)).toBe(300);
  expect(decodeProtectedHeader(good).alg).toBe("HS256");
  expect(decodeJwt(good).loc).toBe("*");
});

test("a copy signed again with the same key is as good", async () => {
  const copy = await forge(good, server, { claims: { jti: "another" } });
  const client = await Client.following(server, copy);
  await client.close();
});

test("iat in the future is no reason to refuse", async () => {
  const client = await Client.following(server, await forge(good, server, { claims: { iat: seconds() + 300 } }));
  await client.close();
});

describe("a bad token", () => {
  const wrongKey = new Uint8Array(32).fill(7);
  const cases: [string, () => Promise<string> | string][] = [
    ["empty", () => "e30.e30."],
    ["not three parts", () => good.split(".").slice(0, 2).join(".")],
    ["four parts", () => `${good}.x`],
    ["alg none without a signature", () => handmade({ ...decodeProtectedHeader(good), alg: "none" }, decodeJwt(good))],
    ["alg None with the old signature", () => handmade({ ...decodeProtectedHeader(good), alg: "None" }, decodeJwt(good), good.split(".")[2])],
    ["no alg", () => handmade({ typ: "JWT" }, decodeJwt(good), good.split(".")[2])],
    ["another key", () => forge(good, server, { key: wrongKey })],
    ["an empty key", () => forge(good, server, { key: new Uint8Array(0) }).catch(() => handmade({ alg: "HS256" }, decodeJwt(good), "AAAA"))],
    ["HS512 with the right key", async () => new SignJWT(decodeJwt(good)).setProtectedHeader({ alg: "HS512" }).sign(new Uint8Array([...signingKey(server), ...signingKey(server)]))],
    ["an RSA signature", async () => new SignJWT(decodeJwt(good)).setProtectedHeader({ alg: "RS256" }).sign(generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey)],
    ["a public key as HMAC key", () => forge(good, server, { key: createPublicKey(generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey).export({ type: "spki", format: "pem" }) as unknown as Uint8Array }).catch(() => "x.y.z")],
    ["a changed claim under the old signature", () => [good.split(".")[0], Buffer.from(JSON.stringify({ ...decodeJwt(good), role: "owner", sub: "2" })).toString("base64url"), good.split(".")[2]].join(".")],
    ["a cut signature", () => good.slice(0, -4)],
    ["a signature with its last bits changed", () => good.slice(0, -1) + (good.endsWith("A") ? "B" : "A")],
    ["padding", () => `${good}=`],
    ["a critical header that nobody knows", () => forge(good, server, { header: { crit: ["b64"], b64: true } })],
    ["an unknown kid", () => forge(good, server, { header: { kid: "../../etc/passwd" } })],
    ["expired", () => forge(good, server, { claims: { exp: seconds() - 1 } })],
    ["no exp", () => forge(good, server, { without: ["exp"] })],
    ["exp as text", () => handSigned({ ...decodeJwt(good), exp: `${seconds() + 600}` })],
    ["exp null", () => handSigned({ ...decodeJwt(good), exp: null })],
    ["nbf far in the future", () => forge(good, server, { claims: { nbf: seconds() + 3600 } })],
    ["another issuer", () => forge(good, server, { claims: { iss: "https://evil.example" } })],
    ["another audience", () => forge(good, server, { claims: { aud: "something-else" } })],
    ["an unknown role", () => forge(good, server, { claims: { role: "emperor" } })],
    ["no role", () => forge(good, server, { without: ["role"] })],
    ["no sub", () => forge(good, server, { without: ["sub"] })],
    ["loc as a number", () => forge(good, server, { claims: { loc: 1 } })],
    ["typ of a refresh token", () => forge(good, server, { claims: { typ: "refresh" } })],
    ["no typ", () => forge(good, server, { without: ["typ"] })],
    ["a refresh token", () => refresh],
    ["claims that are no object", () => handSigned([1])],
    ["a duplicate claim", () => handSigned(`{"exp":1,${JSON.stringify(decodeJwt(good)).slice(1)}`)],
    ["50,000 bytes", () => forge(good, server, { claims: { filler: "x".repeat(50_000) } })],
  ];

  /** Signed with the right key, though no library would make such claims. */
  async function handSigned(claims: unknown): Promise<string> {
    const { createHmac } = await import("node:crypto");
    const unsigned = handmade(decodeProtectedHeader(good), claims).slice(0, -1);
    return `${unsigned}.${createHmac("sha256", signingKey(server)).update(unsigned).digest("base64url")}`;
  }

  test.each(cases)("%s passes nowhere", async (name, make) => {
    const token = await make();
    const first = await Client.open(server);
    first.send("authenticate", { token });
    const answer = await first.next("error").catch(async () => ({ payload: await first.closed }));
    expect(["unauthenticated", 4401, 1009], name).toContain((answer.payload as { code: unknown }).code);
    expect([4401, 1009]).toContain((await first.closed).code);
    if (token.length > 8000) return; // no URL or header would carry it

    const byUrl = await Client.open(server, { token });
    await byUrl.next("error", (message) => message.payload.code === "unauthenticated");
    expect((await byUrl.closed).code).toBe(4401);
    await expect(Client.open(server, { bearer: token })).rejects.toMatchObject({ status: 401 });
    expect(await new Rest(server, token).get("/me")).toMatchObject({ status: 401, body: { code: "unauthenticated" } });
  });
});

test("tokens and tickets reach no log", async () => {
  await expect(Client.open(server, { bearer: `${good}x` })).rejects.toMatchObject({ status: 401 });
  const client = await Client.following(server, good);
  await client.close();
  expect(server.stderr + server.stdout).not.toContain(good.split(".")[2]);
});
