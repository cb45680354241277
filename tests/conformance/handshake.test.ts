// RFC 6455 4.2, RFC 7692 7.1: the opening handshake and what is agreed on in it.
import { describe, expect, test } from "vitest";
import { Raw, upgradeRequest } from "../support/raw.ts";
import { Echo, aText, close, cases, text } from "./echo.ts";

const echo = Echo.forThisFile();

/** The answer to a request with these headers changed; "" leaves one out. */
async function answer(headers: Record<string, string>, change: (request: string) => string = (same) => same): Promise<{ status: number; head: string }> {
  const raw = await Raw.connect(echo);
  raw.write(change(upgradeRequest(echo, "/", headers)));
  const head = await raw.httpHead();
  raw.destroy();
  return { status: Number(head.split(" ")[1]), head };
}
const header = (head: string, name: string): string | undefined => new RegExp(`^${name}: (.*)\r$`, "im").exec(head)?.[1];

describe("4.2.2 an upgrade", () => {
  test("is answered with 101 and the key's accept value (1.3's example)", async () => {
    const { status, head } = await answer({ "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==" });
    expect(status).toBe(101);
    expect(header(head, "Upgrade")?.toLowerCase()).toBe("websocket");
    expect(header(head, "Connection")?.toLowerCase()).toBe("upgrade");
    expect(header(head, "Sec-WebSocket-Accept")).toBe("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    expect(header(head, "Sec-WebSocket-Protocol")).toBeUndefined();
    expect(header(head, "Sec-WebSocket-Extensions")).toBeUndefined();
  });
  const good: [string, Record<string, string>][] = [
    ["4.2.1 names in any case", { Upgrade: "WebSocket", Connection: "uPgRaDe" }],
    ["4.2.1 Connection may hold more", { Connection: "keep-alive, Upgrade" }],
    ["4.2.1 Upgrade may hold more", { Upgrade: "foo/2, websocket" }],
    ["4.2.2 a subprotocol that nobody here speaks is not chosen", { "Sec-WebSocket-Protocol": "chat, superchat" }],
    ["9.1 an extension that nobody here speaks is not chosen", { "Sec-WebSocket-Extensions": "foo, bar; baz=2" }],
    ["an Origin of any kind (this is an echo)", { Origin: "http://example.com" }],
  ];
  test.each(good)("%s", async (_name, headers) => {
    const { status, head } = await answer(headers);
    expect(status).toBe(101);
    expect(header(head, "Sec-WebSocket-Protocol")).toBeUndefined();
    expect(header(head, "Sec-WebSocket-Extensions")).toBeUndefined();
  });
});

describe("4.2.1, 4.4 what is no upgrade is refused", () => {
  const bad: [string, number, Record<string, string>][] = [
    ["no Upgrade", 426, { Upgrade: "" }],
    ["another Upgrade", 426, { Upgrade: "h2c" }],
    ["no Connection", 426, { Connection: "" }],
    ["another Connection", 426, { Connection: "close" }],
    ["no key", 400, { "Sec-WebSocket-Key": "" }],
    ["a key of 15 bytes", 400, { "Sec-WebSocket-Key": Buffer.alloc(15).toString("base64") }],
    ["a key of 17 bytes", 400, { "Sec-WebSocket-Key": Buffer.alloc(17).toString("base64") }],
    ["a key that is no base64", 400, { "Sec-WebSocket-Key": "!!!!!!!!!!!!!!!!!!!!!!==" }],
    ["no version", 400, { "Sec-WebSocket-Version": "" }],
    ["version 8", 426, { "Sec-WebSocket-Version": "8" }],
    ["version 14", 426, { "Sec-WebSocket-Version": "14" }],
    ["a version that is none", 400, { "Sec-WebSocket-Version": "thirteen" }],
    ["a malformed list of subprotocols", 400, { "Sec-WebSocket-Protocol": "a b" }],
    ["a malformed list of extensions", 400, { "Sec-WebSocket-Extensions": "permessage-deflate;" }],
  ];
  test.each(bad)("%s: %i", async (_name, status, headers) => {
    const got = await answer(headers);
    expect(got.status).toBe(status);
    if (status === 426) expect(header(got.head, "Sec-WebSocket-Version")).toBe("13");
  });
  test("4.1 POST is no upgrade", async () => {
    expect((await answer({}, (request) => request.replace("GET ", "POST ").replace("\r\n\r\n", "\r\nContent-Length: 0\r\n\r\n"))).status).toBe(405);
  });
  test("4.1 HTTP/1.0 is none either", async () => {
    expect((await answer({}, (request) => request.replace("HTTP/1.1", "HTTP/1.0"))).status).toBe(426);
  });
  test("RFC 9112 what is no HTTP", async () => {
    expect((await answer({}, () => "HELLO\r\n\r\n")).status).toBe(400);
  });
});

describe("where the handshake ends and frames begin", () => {
  const key = "dGhlIHNhbXBsZSBub25jZQ==";
  test("a frame in the same packet", async () => {
    const raw = await Raw.connect(echo);
    raw.write(Buffer.concat([Buffer.from(upgradeRequest(echo, "/", { "Sec-WebSocket-Key": key })), text("early"), close(1000)]));
    await raw.httpHead();
    expect((await raw.frame()).payload.toString()).toBe("early");
    expect((await raw.closeFrame()).code).toBe(1000);
    raw.destroy();
  });
  test("a handshake byte by byte, frames right behind", async () => {
    const raw = await Raw.connect(echo);
    await raw.trickle(Buffer.concat([Buffer.from(upgradeRequest(echo, "/", { "Sec-WebSocket-Key": key })), text("slow")]));
    await raw.httpHead();
    expect((await raw.frame()).payload.toString()).toBe("slow");
    raw.destroy();
  });
});

/** RFC 7692 7.1: is this a good answer to that offer? */
function judge(offer: string, extensions: string): void {
  const [name, ...parameters] = extensions.split(";").map((part) => part.trim());
  expect(name).toBe("permessage-deflate");
  const given = new Map(parameters.map((parameter) => parameter.split("=") as [string, string | undefined]));
  expect(given.size).toBe(parameters.length);
  for (const [parameter, value] of given) {
    expect(["server_no_context_takeover", "client_no_context_takeover", "server_max_window_bits", "client_max_window_bits"]).toContain(parameter);
    expect(value === undefined).toBe(parameter.endsWith("takeover"));
    if (parameter.endsWith("bits")) expect(value).toMatch(/^([89]|1[0-5])$/);
  }
  // 7.1.1.1: the server must do as the client asks.
  if (offer.includes("server_no_context_takeover")) expect(given.has("server_no_context_takeover")).toBe(true);
  const asked = /server_max_window_bits="?(\d+)/.exec(offer)?.[1];
  if (asked !== undefined) expect(Number(given.get("server_max_window_bits"))).toBeLessThanOrEqual(Number(asked));
  // 7.1.2.2: only where the client said that it can.
  if (!offer.includes("client_max_window_bits")) expect(given.has("client_max_window_bits")).toBe(false);
}

describe("RFC 7692 7.1 an offer that can be taken is taken", () => {
  const offers = [
    "permessage-deflate",
    "permessage-deflate; client_max_window_bits",
    "permessage-deflate; client_max_window_bits=8",
    "permessage-deflate; client_max_window_bits=15",
    "permessage-deflate; server_no_context_takeover",
    "permessage-deflate; client_no_context_takeover",
    "permessage-deflate; server_no_context_takeover; client_no_context_takeover",
    ...[9, 10, 11, 12, 13, 14, 15].map((bits) => `permessage-deflate; server_max_window_bits=${bits}`),
    'permessage-deflate; server_max_window_bits="10"',
    "permessage-deflate; server_max_window_bits=10; client_max_window_bits=12; server_no_context_takeover; client_no_context_takeover",
    "permessage-deflate ;server_no_context_takeover ; client_max_window_bits",
    "foo, permessage-deflate",
  ];
  test.each(offers)("%s", async (offer) => {
    const { raw, extensions } = await echo.open(offer);
    judge(offer, extensions);
    raw.destroy();
  });
  test("the second where the first cannot be", async () => {
    const { raw, extensions } = await echo.open("permessage-deflate; server_max_window_bits=8, permessage-deflate; server_max_window_bits=9");
    judge("permessage-deflate; server_max_window_bits=9", extensions);
    raw.destroy();
  });
  test("the first where both can be", async () => {
    const { raw, extensions } = await echo.open("permessage-deflate; server_max_window_bits=12, permessage-deflate; server_max_window_bits=10");
    judge("permessage-deflate; server_max_window_bits=12", extensions);
    expect(extensions).toContain("=12");
    raw.destroy();
  });
  test("over two header lines", async () => {
    const { head } = await answer({ "Sec-WebSocket-Extensions": "foo" }, (request) => request.replace("\r\n\r\n", "\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n"));
    expect(header(head, "Sec-WebSocket-Extensions")).toMatch(/^permessage-deflate/);
  });
});

describe("RFC 7692 7.1 one that cannot is declined, and the connection is plain", () => {
  const offers = [
    "permessage-deflate; server_max_window_bits=8", // zlib cannot: 9 is the least of its raw windows
    "permessage-deflate; server_max_window_bits",
    "permessage-deflate; server_max_window_bits=7",
    "permessage-deflate; server_max_window_bits=16",
    "permessage-deflate; server_max_window_bits=010",
    "permessage-deflate; server_max_window_bits=x",
    "permessage-deflate; client_max_window_bits=7",
    "permessage-deflate; client_max_window_bits=16",
    "permessage-deflate; client_max_window_bits=08",
    "permessage-deflate; server_no_context_takeover=1",
    "permessage-deflate; client_no_context_takeover=1",
    "permessage-deflate; unknown",
    "permessage-deflate; server_no_context_takeover; server_no_context_takeover",
    "permessage-deflate; server_max_window_bits=10; server_max_window_bits=10",
    "permessage-bzip2",
    "x-webkit-deflate-frame",
  ];
  test.each(offers)("%s", async (offer) => {
    const { raw, extensions } = await echo.open(offer);
    expect(extensions).toBe("");
    raw.write(text("plain"));
    expect(await raw.frame()).toMatchObject({ rsv: 0, payload: Buffer.from("plain") });
    raw.destroy();
  });
});

describe("with the handshake behind it the connection is WebSocket's", () => {
  cases(echo, [{ name: "also for bytes that look like HTTP", send: [text("GET / HTTP/1.1\r\n\r\n")], gives: [aText("GET / HTTP/1.1\r\n\r\n")] }]);
});
