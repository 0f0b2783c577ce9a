// What every script that drives Chromium begins with.
import { createHmac } from "node:crypto";
import { chromium } from "playwright-core";

export function fail(reason) {
  console.error(reason);
  process.exit(1);
}

export function launch(executablePath) {
  return chromium.launch({
    executablePath,
    // Root in a container has no sandbox to offer.
    args: ["--no-sandbox", "--disable-dev-shm-usage"],
  });
}

// A page of a new browser context. A page that breaks its own content policy,
// or throws, fails the test.
export async function open(browser, options) {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  page.on("pageerror", (error) => fail(`${page.url()}: ${error}`));
  page.on("console", (message) => {
    if (message.type() === "error" && /Content Security Policy|Uncaught/.test(message.text())) {
      fail(`${page.url()}: ${message.text()}`);
    }
  });
  return page;
}

export async function signIn(page, { origin, email, password }) {
  await page.goto(origin);
  await page.getByRole("link", { name: "Sign in", exact: true }).first().click();
  await page.getByLabel(/E-mail/).fill(email);
  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await arrive(page, email, "Sign in");
  await page.getByText(email).first().waitFor({ state: "attached" });
}

// Unused recovery codes, by address: a code of the app is accepted once only.
const recoveryCodes = new Map();

// The code of a key in base32 now (RFC 6238).
export function code(key) {
  const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  const bits = [...key]
    .filter((letter) => letters.includes(letter))
    .map((letter) => letters.indexOf(letter).toString(2).padStart(5, "0"))
    .join("");
  const bytes = bits.match(/.{8}/g).map((byte) => parseInt(byte, 2));
  const step = Buffer.alloc(8);
  step.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000)));
  const tag = createHmac("sha1", Buffer.from(bytes)).update(step).digest();
  const number = tag.readUInt32BE(tag.at(-1) & 0xf) & 0x7fffffff;
  return String(number % 1_000_000).padStart(6, "0");
}

// The heading of the page after the one with this heading.
async function next(page, heading) {
  const other = page.locator("h1").filter({ hasNotText: heading }).first();
  await other.waitFor();
  return (await other.innerText()).trim();
}

// Does what a node asks of people before it lets them in, after the page with
// the heading `from`. Answers the headings of the pages in between.
export async function arrive(page, email, from) {
  const steps = [];
  let heading = await next(page, from);
  if (heading === "Second step") {
    await page.getByLabel("Code").fill(recoveryCodes.get(email).pop());
    await page.getByRole("button", { name: "Sign in" }).click();
    steps.push(heading);
    heading = await next(page, heading);
  }
  if (heading === "Set up a second factor") {
    steps.push(heading);
    await page.getByLabel("Code").fill(code(await page.locator("#key").innerText()));
    await page.getByRole("button", { name: "Finish" }).click();
    const codes = await next(page, heading);
    recoveryCodes.set(email, await page.locator("#recovery-codes li").allInnerTexts());
    await page.getByRole("link", { name: /go on/ }).click();
    heading = await next(page, codes);
  }
  if (heading === "Rules of participation") {
    steps.push(heading);
    await page.getByRole("checkbox", { name: /I accept/ }).check();
    await page.getByRole("button", { name: "Go on" }).click();
    await next(page, heading);
  }
  return steps;
}
