// What every script that drives Chromium begins with.
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
  await page.getByText(email).first().waitFor({ state: "attached" });
}
