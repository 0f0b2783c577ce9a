// The main job in Chromium: a person signs in on one node and publishes a
// request; another finds and follows that organisation from the second node
// and reads the request there.
//
// Usage: main_job.js CHROMIUM '{"a": {...}, "b": {...}, "password": "…"}'
// Prints {"entry": address of the request, "seen": its title on the second node}.
import { fail, launch, open as openPage, signIn } from "./sign_in.js";

const [executablePath, plan] = process.argv.slice(2);
const { a, b, password, title } = JSON.parse(plan);

const browser = await launch(executablePath);

async function open(node, options) {
  const page = await openPage(browser, options);
  await signIn(page, { ...node, password });
  return page;
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
