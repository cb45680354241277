// Everyone can use it: axe finds nothing, in light and dark, and nothing scrolls sideways from 360 to 1920 px.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Desk, launch } from "../support/browser.ts";
import { Client } from "../support/client.ts";
import { Rest } from "../support/rest.ts";
import { Server } from "../support/server.ts";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

let browser: Browser;
let server: Server;

beforeAll(async () => {
  [browser, server] = await Promise.all([launch(), Server.start({ members: 120 })]);
  const device = await Client.open(server, { bearer: await server.token() });
  await device.next("authentication_success");
  for (let member = 1; member <= 14; member++) await device.request("check_in", { member_id: member, location: "main" });
  for (let member = 1; member <= 4; member++) await device.request("check_out", { member_id: member });
  await device.request("check_in", { code: "5550001111", location: "main" });
  await device.close();
});
afterAll(async () => {
  await browser.close();
  await server.stop();
});

async function violations(desk: Desk): Promise<string[]> {
  await desk.page.evaluate(axe);
  const found = (await desk.page.evaluate("axe.run(document, { resultTypes: ['violations'] })")) as {
    violations: { id: string; help: string; nodes: { html: string }[] }[];
  };
  return found.violations.map((one) => `${one.id}: ${one.help}: ${one.nodes.map((node) => node.html.slice(0, 160)).join(" | ")}`);
}

/** White on white has no contrast at all, and axe takes that for hidden on purpose. */
async function expectPagesInk(desk: Desk): Promise<void> {
  const inks = (await desk.page.evaluate("[document.body, ...document.querySelectorAll('[role=dialog], [role=dialog] label')].map((one) => getComputedStyle(one).color)")) as string[];
  expect(inks.length).toBeGreaterThan(2);
  expect(new Set(inks.slice(0, 2)).size, inks.join(" ")).toBe(1);
}

const pages: [string, (desk: Desk) => Promise<void>][] = [
  ["front-desk", async (desk) => void (await desk.page.getByRole("group", { name: "Live feed" }).waitFor())],
  ["members", async (desk) => {
    await desk.page.goto("/at/main/members");
    await desk.page.getByRole("heading", { name: "Members" }).waitFor();
    await desk.live();
  }],
  ["member", async (desk) => {
    await desk.page.goto("/at/main/members/3");
    await desk.page.getByRole("heading", { name: "Visits" }).waitFor();
    await desk.live();
  }],
];

describe.each(["light", "dark"] as const)("in %s", (colorScheme) => {
  test("the sign-in page has no violation", async () => {
    const desk = await Desk.open(browser, server, { colorScheme });
    await desk.page.getByRole("button", { name: "Sign in" }).waitFor();
    expect(await violations(desk)).toEqual([]);
    await desk.screenshot(`sign-in-${colorScheme}`);
    await desk.close();
  });

  test("the forms that open on the answer have no violation, on its green and on its red; a guest comes in by one", async () => {
    const desk = await Desk.signedIn(browser, server, { colorScheme });
    const rest = (await Rest.signIn(server)).rest;
    const card = async (starts: string, ends: string): Promise<string> => {
      const code = `forms-${colorScheme}-${ends}`;
      const member = await rest.post("/members", { first_name: "Forms", last_name: colorScheme, codes: [{ code, kind: "card" }] });
      expect((await rest.post(`/members/${member.body.id}/memberships`, { plan_id: 1, starts, ends })).status).toBe(201);
      return code;
    };
    await desk.scan(await card("2025-01-01", "2025-12-31"));
    await desk.page.getByRole("button", { name: "Let in anyway" }).click();
    await desk.page.getByLabel("Reason").waitFor();
    expect(await violations(desk)).toEqual([]);
    await expectPagesInk(desk);
    await desk.page.keyboard.press("Escape");
    await desk.page.locator("body").click({ position: { x: 5, y: 5 } });
    await desk.scan(await card("2025-01-01", "2039-12-31"));
    await desk.page.getByRole("button", { name: "Bring a guest" }).click();
    await desk.page.getByLabel("Guest's name").fill(`Noah ${colorScheme}`);
    expect(await violations(desk)).toEqual([]);
    await expectPagesInk(desk);
    await desk.screenshot(`guest-${colorScheme}`);
    await desk.page.getByRole("button", { name: "Check in", exact: true }).last().click();
    await desk.feedRows(`Noah ${colorScheme}`).waitFor();
    await desk.close();
  });

  test.each(pages)("the page %s has no violation, narrow and wide", async (name, open) => {
    const desk = await Desk.signedIn(browser, server, { colorScheme });
    for (const [width, height] of [[360, 740], [768, 1024], [1280, 900], [1920, 1080]] as const) {
      await desk.page.setViewportSize({ width, height });
      await open(desk);
      const sideways = (await desk.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")) as number;
      expect(sideways, `${name} at ${width} px scrolls sideways`).toBeLessThanOrEqual(0);
      await desk.screenshot(`${name}-${width}-${colorScheme}`);
      if (width === 360 || width === 1280) expect(await violations(desk), `${name} at ${width} px`).toEqual([]);
    }
    await desk.close();
  });
});
