// The desk over https, with the certificate in the server itself: the page finds wss by its own scheme.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { Desk, launch } from "../support/browser.ts";
import { certificate, tlsArgs } from "../support/certificate.ts";
import { Server } from "../support/server.ts";

test("a page over https is live over wss, and a scan checks in", async () => {
  const folder = mkdtempSync(join(tmpdir(), "footfall-tls-"));
  const [browser, server] = await Promise.all([launch(), Server.start({ members: 20, args: tlsArgs(certificate(folder, "desk")) })]);
  const desk = await Desk.open(browser, server);
  const sockets: string[] = [];
  desk.page.on("websocket", (socket) => sockets.push(socket.url()));
  await desk.signIn(server.owner);
  await desk.scan("0000007919"); // member 1's card
  await desk.page.getByText("Welcome").first().waitFor();
  expect(sockets.length).toBeGreaterThan(0);
  for (const url of sockets) expect(url).toMatch(/^wss:\/\/127\.0\.0\.1:/);
  expect(await desk.page.context().cookies()).toEqual([expect.objectContaining({ secure: true, httpOnly: true, sameSite: "Strict" })]);
  await desk.close();
  await browser.close();
  await server.stop();
  rmSync(folder, { recursive: true });
});
