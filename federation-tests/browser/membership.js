// How an organisation becomes a member, in Chromium: it applies, administrators
// approve, its focal point comes in for the first time with a second factor, and
// reads its part of the forum and nothing else.
//
// Usage: membership.js CHROMIUM '{"origin": "…", "password": "…", "administrators": ["…"],
//   "applicants": [{"name": "…", "handle": "…", "category": "…", "country": "…", "email": "…"}]}'
// Prints {"readers": {handle: {"titles": [of every entry it is shown], "steps": [headings
//   of the pages between the link and the forum]}}}.
import { arrive, fail, launch, open, signIn } from "./sign_in.js";

const [executablePath, text] = process.argv.slice(2);
const { origin, password, administrators, applicants } = JSON.parse(text);

const phone = { viewport: { width: 390, height: 844 } };
const browser = await launch(executablePath);

async function apply(applicant) {
  const page = await open(browser, phone);
  await page.goto(`${origin}/apply`);
  await page.getByLabel("Name", { exact: true }).fill(applicant.name);
  await page.getByLabel("Wished handle").fill(applicant.handle);
  await page.getByLabel("Category").selectOption({ label: applicant.category });
  await page.getByLabel("Country").selectOption(applicant.country);
  await page.getByLabel(/Why do you want/).fill("We run a shelter and train the border police.");
  await page.getByLabel("E-mail address").fill(applicant.email);
  await page.getByRole("button", { name: "Send the application" }).click();
  await page.getByText("Keep the address of this page").waitFor();
  return page;
}

// What each administrator in turn makes of it; the link that the last one gets.
async function approve(applicant, organisers) {
  for (const page of organisers) {
    await page.goto(`${origin}/admin/applications`);
    await page.getByRole("link", { name: applicant.name }).first().click();
    await page.getByRole("button", { name: "Approve", exact: true }).click();
    await page.waitForLoadState();
    const link = page.locator("code.once");
    if (await link.isVisible()) return (await link.innerText()).trim();
  }
  return fail(`${applicant.name} was not admitted`);
}

async function enter(applicant, link) {
  const page = await open(browser, phone);
  await page.goto(link);
  await page.getByLabel("Password", { exact: true }).fill(password);
  await page.getByLabel(/same password/).fill(password);
  await page.getByRole("button", { name: "Save and sign in" }).click();
  const steps = await arrive(page, applicant.email, "Choose a password");
  await page.goto(`${origin}/`);
  const titles = await page.locator(".entry h2, .entry h3").allInnerTexts();
  return { titles: titles.map((title) => title.trim()).sort(), steps };
}

const organisers = [];
for (const email of administrators) {
  const page = await open(browser, { viewport: { width: 1280, height: 900 } });
  await signIn(page, { origin, email, password });
  organisers.push(page);
}
const readers = {};
for (const applicant of applicants) {
  const follow = await apply(applicant);
  const link = await approve(applicant, organisers);
  await follow.reload();
  await follow.getByText(applicant.name).first().waitFor();
  readers[applicant.handle] = await enter(applicant, link);
}
console.log(JSON.stringify({ readers }));
await browser.close();
