// Debian's Chromium, driven by playwright-core; each person at a desk is a context of their own.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { type Browser, type BrowserContext, type Page, chromium } from "playwright-core";
import { type Server, root } from "./server.ts";

const WAIT_MS = 20_000;

export function launch(): Promise<Browser> {
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    // Root may not use the sandbox; nobody else should go without.
    args: ["--disable-gpu", "--disable-quic", "--disable-background-networking", ...(process.getuid?.() === 0 ? ["--no-sandbox"] : [])],
  });
}

export interface DeskOptions {
  width?: number;
  height?: number;
  colorScheme?: "light" | "dark";
}

/** A browser window at the sign-in page. What goes wrong inside the page fails the test. */
export class Desk {
  readonly page: Page;
  readonly context: BrowserContext;
  readonly errors: string[] = [];
  /** What the page may complain of while the server is away. */
  tolerant = false;

  private constructor(context: BrowserContext, page: Page) {
    this.context = context;
    this.page = page;
    page.on("pageerror", (error) => this.errors.push(String(error)));
    page.on("console", (message) => {
      if (message.type() !== "error" || this.tolerant) return;
      // A wrong password, an unknown card: the browser itself writes a line for each answer over 399.
      if (/Failed to load resource: the server responded with a status of 4\d\d/.test(message.text())) return;
      this.errors.push(message.text());
    });
  }

  static async open(browser: Browser, server: Server, { width = 1280, height = 900, colorScheme = "light" }: DeskOptions = {}): Promise<Desk> {
    const context = await browser.newContext({ baseURL: server.origin, ignoreHTTPSErrors: true, locale: "en-GB", viewport: { width, height }, colorScheme, reducedMotion: "reduce" });
    context.setDefaultTimeout(WAIT_MS);
    const desk = new Desk(context, await context.newPage());
    await desk.page.goto("/");
    return desk;
  }

  static async signedIn(browser: Browser, server: Server, options: DeskOptions = {}): Promise<Desk> {
    const desk = await Desk.open(browser, server, options);
    await desk.signIn(server.owner);
    return desk;
  }

  async signIn({ email, password }: { email: string; password: string }): Promise<void> {
    await this.page.getByLabel("Email").fill(email);
    await this.page.getByLabel("Password", { exact: true }).fill(password);
    await this.page.getByRole("button", { name: "Sign in" }).click();
    await this.live();
  }

  /** Waits until the page itself says that it is live. */
  async live(): Promise<void> {
    await this.page.getByRole("button", { name: "Connection: Live" }).waitFor();
  }

  /** A USB scanner: keystrokes faster than fingers, then Enter, wherever the cursor is. */
  async scan(code: string): Promise<void> {
    await this.page.keyboard.type(code, { delay: 3 });
    await this.page.keyboard.press("Enter");
  }

  answer() {
    return this.page.getByRole("region", { name: "Check-in", exact: true }).last();
  }

  feedRows(name: string) {
    return this.page.getByRole("group", { name: "Live feed" }).getByRole("listitem").filter({ hasText: name });
  }

  async screenshot(name: string): Promise<void> {
    mkdirSync(join(root, "build/screens"), { recursive: true });
    await this.page.screenshot({ path: join(root, "build/screens", `${name}.png`) });
  }

  async close(): Promise<void> {
    await this.context.close();
    if (this.errors.length > 0) throw new Error(`the page complained:\n${this.errors.join("\n")}`);
  }
}
