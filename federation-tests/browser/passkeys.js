// Passkeys in Chromium, with an authenticator of the browser's own: somebody
// who must have a second factor adds one at the first sign-in, signs out, and
// signs in with it, without password and without code; then once more instead
// of a code; then it is removed, and lets in no more.
//
// Usage: passkeys.js CHROMIUM '{"origin": "…", "email": "…", "password": "…"}'
// Prints {"added", "entered", "instead", "refused": what the pages said,
//   "credentials": how many the authenticator holds, "faults": [what broke which rule]}.
import { fail, launch, open } from "./sign_in.js";
import { faults, narrowest } from "./rules.js";

const [executablePath, text] = process.argv.slice(2);
const { origin, email, password } = JSON.parse(text);
const found = [];

const browser = await launch(executablePath);
const page = await open(browser, { viewport: { width: 390, height: 844 }, bypassCSP: true });

// A telephone that recognises its owner at once.
const cdp = await page.context().newCDPSession(page);
await cdp.send("WebAuthn.enable");
const { authenticatorId } = await cdp.send("WebAuthn.addVirtualAuthenticator", {
  options: {
    protocol: "ctap2", ctap2Version: "ctap2_1", transport: "internal",
    hasResidentKey: true, hasUserVerification: true,
    automaticPresenceSimulation: true, isUserVerified: true,
  },
});

// On the narrowest screen, and on a desktop.
async function check(name) {
  const before = page.viewportSize();
  for (const size of [narrowest, { width: 1280, height: 900 }]) {
    await page.setViewportSize(size);
    found.push(...(await faults(page, name)));
  }
  await page.setViewportSize(before);
}

async function heading(name) {
  await page.getByRole("heading", { level: 1, name }).waitFor();
}

const button = (name) => page.getByRole("button", { name, exact: true });
const verified = (isUserVerified) =>
  cdp.send("WebAuthn.setUserVerified", { authenticatorId, isUserVerified });

async function passwordFirst() {
  await page.goto(`${origin}/sign-in`);
  await page.getByLabel(/E-mail/).fill(email);
  await page.getByLabel("Password").fill(password);
  await button("Sign in").click();
}

async function signOut() {
  await button("Sign out").click();
  await page.getByText("You are signed out.").waitFor();
}

async function acceptRules() {
  await heading("Rules of participation");
  await page.getByRole("checkbox", { name: /I accept/ }).check();
  await button("Go on").click();
}

const toldBy = async () => (await page.getByRole("status").first().innerText()).trim();

// The first sign-in: a passkey in place of an app.
await passwordFirst();
await heading("Set up a second factor");
await page.getByRole("link", { name: "add a passkey" }).click();
await heading("Your passkeys");
await check("your passkeys, none yet");
await page.getByLabel("Name").fill("My telephone");

// One that does not look at its owner is not taken, and the page says what to do.
await verified(false);
await button("Add a passkey").click();
await page.getByRole("alert").filter({ visible: true }).waitFor();
await check("a passkey that was not added");
await verified(true);
await button("Add the passkey").click();
await heading("Your recovery codes");
const codes = await page.locator("#recovery-codes li").count();
await page.getByRole("link", { name: /go on/ }).click();
await acceptRules();
await page.goto(`${origin}/account/passkeys`);
await check("your passkeys, one");
const added = (await page.getByRole("rowheader").first().innerText()).trim();
await signOut();

// Without password and code.
await page.goto(`${origin}/sign-in`);
await check("the page to sign in");
await button("Use a passkey").click();
await page.getByText(email).first().waitFor({ state: "attached" });
const entered = await toldBy();
await signOut();

// Instead of a code, after a first try that is stopped.
await passwordFirst();
await heading("Second step");
await check("the second step");
await verified(false);
await button("Use a passkey").click();
await heading("Use a passkey");
await page.getByRole("alert").filter({ visible: true }).waitFor();
await check("a passkey that was not used");
await verified(true);
await button("Use a passkey").click();
await page.getByText(email).first().waitFor({ state: "attached" });
const instead = await toldBy();

// A second one takes the place of the first, which lets in no more.
const { credentials } = await cdp.send("WebAuthn.getCredentials", { authenticatorId });
await cdp.send("WebAuthn.clearCredentials", { authenticatorId });
await page.goto(`${origin}/account/passkeys`);
await page.getByLabel("Name").fill("My computer");
await button("Add a passkey").click();
await page.getByText("The passkey is added.").waitFor();
await page.getByRole("link", { name: /Remove My telephone/ }).click();
await heading("Remove this passkey?");
await check("removing a passkey");
await button("Remove the passkey").click();
await page.getByText("The passkey is removed.").waitFor();
await signOut();
await cdp.send("WebAuthn.clearCredentials", { authenticatorId });
await cdp.send("WebAuthn.addCredential", { authenticatorId, credential: credentials[0] });
await page.goto(`${origin}/sign-in`);
await button("Use a passkey").click();
await page.getByText("You are not signed in").waitFor();
await check("a passkey that is not known");
const refused = (await page.getByRole("alert").filter({ visible: true }).first().innerText()).trim();
if (credentials.length !== 1) fail(`the authenticator held ${credentials.length} passkeys`);
console.log(JSON.stringify({ added, codes, entered, instead, refused, faults: found }));
await browser.close();
