// Every page against the rules of WCAG 2.2 AA that a program can check: on the
// narrowest screen in the light, and on a desktop in the dark.
//
// Usage: accessibility.js CHROMIUM '{"origin": "…", "email": "…", "password": "…",
//   "open": ["/"], "personal": ["/timeline"], "missing": ["/nowhere"]}'
// "personal" pages are looked at once signed in; "missing" ones answer 404.
// Prints {"checked": how many pages, "faults": [what broke which rule where]}.
import { launch, open, signIn } from "./sign_in.js";
import { faults, faultsOfWidth, narrowest } from "./rules.js";

const [executablePath, text] = process.argv.slice(2);
const plan = JSON.parse(text);
const found = [];
let checked = 0;

async function check(page, name) {
  found.push(...(await faults(page, name)));
  checked += 1;
}

// What an author sees before an entry is published.
async function preview(page) {
  await page.goto(`${plan.origin}/compose?kind=request`);
  await page.getByLabel("Title").fill("Training for border police");
  await page.getByLabel("Text", { exact: true }).fill("Five days for **forty officers**.");
  await page.getByRole("radio", { name: /All accredited organisations/ }).check();
  await page.getByRole("button", { name: "Preview" }).last().click();
  await page.getByRole("heading", { name: "Who will see this" }).waitFor();
}

const browser = await launch(executablePath);
for (const options of [
  { viewport: narrowest },
  { viewport: { width: 1280, height: 900 }, colorScheme: "dark" },
]) {
  // The rules come as a script, which the pages' own policy rightly refuses.
  const page = await open(browser, { ...options, bypassCSP: true });
  const visit = async (path) => {
    const status = (await page.goto(plan.origin + path)).status();
    // A page that refuses is not the one that was to be looked at.
    if (status !== (plan.missing.includes(path) ? 404 : 200)) found.push(`${path}: ${status}`);
    await check(page, path);
    // Tablets, and desktops at 150% and 200%.
    if (options.colorScheme) found.push(...(await faultsOfWidth(page, path, [640, 768, 900])));
  };
  for (const path of plan.open) await visit(path);
  await signIn(page, plan);
  for (const path of plan.personal) await visit(path);
  await preview(page);
  await check(page, "the preview");
}
console.log(JSON.stringify({ checked, faults: found }));
await browser.close();
