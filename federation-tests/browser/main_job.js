// The main job in Chromium: a person signs in on one node and publishes a
// request; another finds and follows that organisation from the second node
// and reads the request there.
//
// Usage: main_job.js CHROMIUM '{"a": {...}, "b": {...}, "password": "…"}'
// Prints {"entry": address of the request, "seen": its title on the second node}.
import { chromium } from "playwright-core";

const [executablePath, plan] = process.argv.slice(2);
const { a, b, password, title } = JSON.parse(plan);

const browser = await chromium.launch({
  executablePath,
  // Root in a container has no sandbox to offer.
  args: ["--no-sandbox", "--disable-dev-shm-usage"],
});

async function open(node, options) {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  // A page that breaks its own content policy, or throws, fails the test.
  page.on("pageerror", (error) => fail(`${page.url()}: ${error}`));
  page.on("console", (message) => {
    if (message.type() === "error" && /Content Security Policy|Uncaught/.test(message.text())) {
      fail(`${page.url()}: ${message.text()}`);
    }
  });
  await page.goto(node.origin);
  await page.getByRole("link", { name: "Sign in", exact: true }).first().click();
  await page.getByLabel(/E-mail/).fill(node.email);
  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByText(node.email).first().waitFor();
  return page;
}

function fail(reason) {
  console.error(reason);
  process.exit(1);
}

async function follow(page, address) {
  await page.goto(`${b.origin}/find`);
  await page.getByLabel(/Handle or address/).fill(address);
  await page.getByRole("button", { name: "Find" }).click();
  await page.getByRole("button", { name: "Follow", exact: true }).click();
  // The other node answers within moments; the page then says so.
  for (let attempt = 0; attempt < 40; attempt += 1) {
    if (await page.getByRole("button", { name: "Stop following" }).isVisible()) return;
    await page.waitForTimeout(500);
    await page.reload();
  }
  fail("the follow was not accepted");
}

async function publish(page) {
  await page.getByRole("link", { name: "Write", exact: true }).first().click();
  await page.getByRole("link", { name: /Request for technical assistance/ }).first().click();
  await page.getByLabel("Title").fill(title);
  await page.getByLabel("Text", { exact: true }).fill("Five days for **forty officers** at the border.");
  await page.getByRole("checkbox", { name: /Albania/ }).check();
  await page.getByRole("radio", { name: /Everyone/ }).check();
  await page.getByRole("checkbox", { name: /I mean to make this public/ }).check();
  await page.getByRole("button", { name: "Publish" }).last().click();
  await page.getByRole("heading", { level: 1, name: title }).waitFor();
  return page.url();
}

async function read(page) {
  for (let attempt = 0; attempt < 60; attempt += 1) {
    await page.goto(`${b.origin}/timeline`);
    const link = page.getByRole("link", { name: title }).first();
    if (await link.isVisible()) {
      await link.click();
      return (await page.getByRole("heading", { level: 1 }).first().innerText()).trim();
    }
    await page.waitForTimeout(500);
  }
  return fail("the request did not arrive");
}

// A phone on one node, a dark desktop on the other.
const author = await open(a, { viewport: { width: 390, height: 844 } });
const reader = await open(b, { colorScheme: "dark", viewport: { width: 1280, height: 900 } });
await follow(reader, a.address);
const entry = await publish(author);
const seen = await read(reader);
const overflow = await author.evaluate(
  () => document.documentElement.scrollWidth > document.documentElement.clientWidth,
);
console.log(JSON.stringify({ entry, seen, overflow }));
await browser.close();
