// Every page against the rules of WCAG 2.2 AA that a program can check, on a
// phone in the light and on a desktop in the dark.
//
// Usage: accessibility.js CHROMIUM '{"origin": "…", "email": "…", "password": "…",
//   "open": ["/"], "personal": ["/timeline"]}'
// Prints {"checked": how many pages, "faults": [what broke which rule where]}.
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { launch, open, signIn } from "./sign_in.js";

const [executablePath, text] = process.argv.slice(2);
const plan = JSON.parse(text);
const rules = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
const axe = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

const faults = [];
let checked = 0;

async function check(page, path) {
  await page.goto(plan.origin + path);
  await page.evaluate(axe);
  const found = await page.evaluate((runOnly) => globalThis.axe.run(document, { runOnly }), rules);
  const { width } = page.viewportSize();
  for (const { id, nodes } of found.violations) {
    for (const { html } of nodes) faults.push(`${path} at ${width}: ${id}: ${html}`);
  }
  const overflow = await page.evaluate(
    () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
  );
  if (overflow > 0) faults.push(`${path} at ${width}: ${overflow} pixels too wide`);
  checked += 1;
}

const browser = await launch(executablePath);
for (const options of [
  { viewport: { width: 360, height: 740 } },
  { viewport: { width: 1280, height: 900 }, colorScheme: "dark" },
]) {
  // The rules come as a script, which the pages' own policy rightly refuses.
  const page = await open(browser, { ...options, bypassCSP: true });
  for (const path of plan.open) await check(page, path);
  await signIn(page, plan);
  for (const path of plan.personal) await check(page, path);
}
console.log(JSON.stringify({ checked, faults }));
await browser.close();
