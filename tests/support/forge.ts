// Tokens of our own making, good and bad, signed with the demo's key or any other.
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { type JWTPayload, SignJWT, base64url, decodeJwt } from "jose";
import type { Server } from "./server.ts";

/** The HS256 key of 32 bytes that `demo` generated into its data folder. */
export function signingKey(server: Server): Uint8Array {
  const found = readdirSync(server.data, { recursive: true, encoding: "utf8" })
    .map((name) => join(server.data, name))
    .filter((path) => /key/i.test(path) && statSync(path).isFile());
  for (const path of found) {
    const bytes = readFileSync(path);
    if (bytes.length === 32) return bytes;
    const text = bytes.toString("utf8").trim();
    if (/^[0-9a-f]{64}$/i.test(text)) return Buffer.from(text, "hex");
    if (/^[A-Za-z0-9_-]{43}=?$/.test(text)) return base64url.decode(text.replace("=", ""));
  }
  throw new Error(`no key of 32 bytes in ${server.data}: ${readdirSync(server.data).join(" ")}`);
}

export interface Forgery {
  claims?: Record<string, unknown>;
  header?: Record<string, unknown>;
  key?: Uint8Array;
  without?: string[];
}

/** A copy of a good token with some things changed, signed again. */
export async function forge(good: string, server: Server, { claims = {}, header = {}, key, without = [] }: Forgery): Promise<string> {
  const all: Record<string, unknown> = { ...decodeJwt(good), ...claims };
  for (const name of without) delete all[name];
  const goodHeader = JSON.parse(Buffer.from(good.split(".")[0] ?? "", "base64url").toString()) as Record<string, unknown>;
  return new SignJWT(all as JWTPayload).setProtectedHeader({ ...goodHeader, alg: "HS256", ...header }).sign(key ?? signingKey(server));
}

/** Two parts as they are and a signature of any kind: for what no library would make. */
export function handmade(header: unknown, claims: unknown, signature = ""): string {
  return [header, claims].map((part) => Buffer.from(typeof part === "string" ? part : JSON.stringify(part)).toString("base64url")).join(".") + `.${signature}`;
}
