// The front desk as a person uses it, in a real browser against a real server.
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Desk, launch } from "../support/browser.ts";
import { Client } from "../support/client.ts";
import { Rest } from "../support/rest.ts";
import { Server } from "../support/server.ts";

let browser: Browser;
let server: Server;
let rest: Rest;
let planId: number;
let made = 0;

beforeAll(async () => {
  [browser, server] = await Promise.all([launch(), Server.start({ clean: false, members: 80 })]);
  rest = (await Rest.signIn(server)).rest;
  for (const slug of ["main", "north"]) {
    const read = await rest.get(`/locations/${slug}`);
    await rest.patch(`/locations/${slug}`, { hours: null, capacity: null }, { "If-Match": read.headers.get("etag") ?? "" });
  }
  planId = (await rest.get("/plans")).body.items.find((plan: { visits: number | null }) => plan.visits === null).id;
});
afterAll(async () => {
  await browser.close();
  await server.stop();
});

const day = (days: number): string => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10);

interface Person {
  id: number;
  name: string;
  card: string;
}

async function person(ends = day(30)): Promise<Person> {
  made++;
  const card = `77000${String(made).padStart(4, "0")}`;
  const name = `Person${made} Testova`;
  const created = await rest.post("/members", { first_name: `Person${made}`, last_name: "Testova", codes: [{ code: card, kind: "card" }] });
  await rest.post(`/members/${created.body.id}/memberships`, { plan_id: planId, starts: day(-60), ends });
  return { id: created.body.id as number, name, card };
}

test("a wrong password is said; the right one opens the desk", async () => {
  const desk = await Desk.open(browser, server);
  await desk.page.getByLabel("Email").fill(server.owner.email);
  await desk.page.getByLabel("Password", { exact: true }).fill("wrong");
  await desk.page.getByRole("button", { name: "Sign in" }).click();
  await desk.page.getByRole("alert").filter({ hasText: "Email or password is wrong." }).waitFor();
  await desk.signIn(server.owner);
  await desk.page.reload();
  await desk.live();
  await desk.close();
});

test("a member is found by name and let in by a click; a second browser shows it at once", async () => {
  const [desk, other] = await Promise.all([Desk.signedIn(browser, server), Desk.signedIn(browser, server, { width: 1600 })]); // wide: who is inside stands beside the feed
  const { name } = await person();
  await desk.page.getByLabel("Name, number, phone or scan").fill(name.toLowerCase());
  await desk.page.getByRole("option", { name }).click();
  await desk.answer().getByText("Welcome").waitFor();
  await desk.answer().getByText(name).waitFor();
  await other.feedRows(name).filter({ hasText: "Checked in" }).waitFor();
  expect(await desk.feedRows(name).count()).toBe(1);
  expect(await other.feedRows(name).count()).toBe(1);

  await other.page.getByRole("button", { name: `Check out ${name}` }).click();
  await desk.feedRows(name).filter({ hasText: "Left after" }).waitFor();
  await Promise.all([desk.close(), other.close()]);
});

describe("a scanner", () => {
  test("lets in wherever the cursor is", async () => {
    const desk = await Desk.signedIn(browser, server);
    const first = await person();
    await desk.page.locator("body").click({ position: { x: 5, y: 5 } });
    await desk.scan(first.card);
    await desk.answer().getByText(first.name).waitFor();
    await desk.answer().getByText("Welcome").waitFor();

    const second = await person();
    await desk.page.getByRole("button", { name: "Connection: Live" }).focus();
    await desk.scan(second.card);
    await desk.answer().getByText(second.name).waitFor();

    const third = await person();
    await desk.page.getByLabel("Name, number, phone or scan").focus();
    await desk.scan(third.card);
    await desk.answer().getByText(third.name).waitFor();
    await desk.close();
  });

  test("on the members' page too, and a card that nobody has is said aloud", async () => {
    const desk = await Desk.signedIn(browser, server);
    await desk.page.getByRole("link", { name: "Members" }).first().click();
    await desk.page.getByRole("heading", { name: "Members" }).waitFor();
    const who = await person();
    await desk.page.locator("body").click({ position: { x: 5, y: 5 } });
    await desk.scan(who.card);
    await expect.poll(async () => (await rest.get(`/members/${who.id}`)).body.open_visit?.location, { timeout: 10_000 }).toBe("main");
    await desk.page.getByRole("link", { name: "Front desk" }).first().click();
    await desk.feedRows(who.name).waitFor();
    await desk.page.locator("body").click({ position: { x: 5, y: 5 } });
    await desk.scan("4040404040");
    await desk.answer().getByText("Member not found").waitFor();
    await desk.close();
  });
});

test("a refused member is shown with the reason, stays findable, and is let in with a reason", async () => {
  const desk = await Desk.signedIn(browser, server);
  const { name, card } = await person(day(-3));
  await desk.page.locator("body").click({ position: { x: 5, y: 5 } });
  await desk.scan(card);
  await desk.answer().getByText("No entry").waitFor();
  await desk.answer().getByText("The membership has expired").first().waitFor();
  await desk.screenshot("refused");
  await desk.feedRows(name).filter({ hasText: "Refused" }).waitFor();
  await desk.page.getByRole("button", { name: "Let in anyway" }).click();
  await desk.page.getByLabel("Reason").fill("Renews after training");
  await desk.page.getByRole("button", { name: "Let in", exact: true }).click();
  await desk.feedRows(name).filter({ hasText: "Checked in" }).waitFor();
  await desk.close();
});

test("the last check-in can be undone", async () => {
  const desk = await Desk.signedIn(browser, server);
  const { name, id, card } = await person();
  await desk.page.locator("body").click({ position: { x: 5, y: 5 } });
  await desk.scan(card);
  await desk.answer().getByText("Welcome").waitFor();
  await desk.page.getByRole("button", { name: "Undo" }).click();
  await desk.feedRows(name).filter({ hasText: "Check-in undone" }).waitFor();
  expect((await rest.get(`/members/${id}`)).body.open_visit).toBeNull();
  await desk.close();
});

test("the server is killed in mid-traffic and comes back: both browsers show what they missed, once each", async () => {
  const [desk, other] = await Promise.all([Desk.signedIn(browser, server), Desk.signedIn(browser, server)]);
  const before = await person();
  const token = await server.token();
  const device = await Client.following(server, token);
  await device.request("check_in", { member_id: before.id, location: "main" });
  const missed = [await person(), await person(), await person()];
  await Promise.all([desk, other].map((one) => one.feedRows(before.name).waitFor()));
  for (const one of [desk, other]) one.tolerant = true;

  await server.kill();
  for (const one of [desk, other]) await one.page.getByRole("button", { name: /^Connection: (Reconnecting|Connecting)/ }).waitFor();
  await desk.screenshot("reconnecting");
  await server.begin();
  const again = await Client.following(server, token);
  for (const { id } of missed) expect(await again.request("check_in", { member_id: id, location: "main" })).toMatchObject({ type: "check_in_success" });

  for (const one of [desk, other]) {
    await one.live();
    for (const { name } of [before, ...missed]) {
      await one.feedRows(name).first().waitFor();
      expect(await one.feedRows(name).count(), name).toBe(1);
    }
  }
  const after = await person();
  await desk.page.locator("body").click({ position: { x: 5, y: 5 } });
  await desk.scan(after.card);
  await other.feedRows(after.name).waitFor();
  await again.close();
  await Promise.all([desk.close(), other.close()]);
});

test("everything goes by keyboard", async () => {
  const desk = await Desk.signedIn(browser, server);
  const { name } = await person();
  await desk.page.keyboard.press("/");
  await desk.page.keyboard.type(name, { delay: 60 }); // a person's fingers, not a scanner
  await desk.page.getByRole("option", { name }).waitFor();
  await desk.page.keyboard.press("Enter");
  await desk.answer().getByText("Welcome").waitFor();
  await expect.poll(() => desk.page.evaluate("document.activeElement?.getAttribute('aria-label')")).toBe("Name, number, phone or scan");
  await desk.close();
});

test("signing out ends it in this browser, also after a reload", async () => {
  const desk = await Desk.signedIn(browser, server);
  await desk.page.getByRole("button", { name: /^Account of/ }).click();
  await desk.page.getByRole("menuitem", { name: "Sign out" }).click();
  await desk.page.getByRole("button", { name: "Sign in" }).waitFor();
  await desk.page.reload();
  await desk.page.getByRole("button", { name: "Sign in" }).waitFor();
  await desk.close();
});
