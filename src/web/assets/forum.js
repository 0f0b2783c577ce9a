// Small comforts on top of pages that work without this file.
"use strict";

// Long lists of tick boxes get a field that narrows them.
for (const list of document.querySelectorAll("[data-narrow]")) {
  const label = document.createElement("label");
  label.className = "small";
  label.append("Narrow the list ");
  const input = document.createElement("input");
  input.type = "search";
  input.autocomplete = "off";
  label.append(input);
  list.before(label);
  input.addEventListener("input", () => {
    const wanted = input.value.trim().toLowerCase();
    for (const item of list.querySelectorAll("label")) {
      const ticked = item.querySelector("input").checked;
      item.hidden = !ticked && !item.textContent.toLowerCase().includes(wanted);
      item.style.display = item.hidden ? "none" : "";
    }
  });
  input.addEventListener("keydown", (event) => {
    if (event.key === "Enter") event.preventDefault();
  });
}

// The sharing mark follows the audience until the author chooses one.
const marks = document.querySelector("select[name=tlp]");
if (marks) {
  let chosen = marks.dataset.chosen === "yes";
  marks.addEventListener("change", () => { chosen = true; });
  for (const audience of document.querySelectorAll("input[name=audience]")) {
    audience.addEventListener("change", () => {
      if (!chosen && audience.dataset.tlp) marks.value = audience.dataset.tlp;
    });
  }
}

// A form that is sent twice by an impatient finger is sent once.
for (const form of document.querySelectorAll("form[method=post]")) {
  let sent = false;
  form.addEventListener("submit", (event) => {
    if (sent) event.preventDefault();
    sent = true;
    setTimeout(() => { sent = false; }, 5000);
  });
}

// Passkeys: shown where the browser has them. A form that waits for one is
// filled with its answer and sent.
const passkeys = Boolean(window.PublicKeyCredential && navigator.credentials);
for (const part of document.querySelectorAll("[data-with=passkeys]")) part.hidden = !passkeys;
for (const part of document.querySelectorAll("[data-without=passkeys]")) part.hidden = passkeys;

const toBytes = (text) =>
  Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));
const toText = (bytes) =>
  btoa(String.fromCharCode(...new Uint8Array(bytes)))
    .replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");

// Not every browser has parseCreationOptionsFromJSON.
function readOptions(json) {
  const options = JSON.parse(json);
  const named = (list = []) => list.map((one) => ({ ...one, id: toBytes(one.id) }));
  options.challenge = toBytes(options.challenge);
  if (options.user) options.user.id = toBytes(options.user.id);
  if (options.excludeCredentials) options.excludeCredentials = named(options.excludeCredentials);
  if (options.allowCredentials) options.allowCredentials = named(options.allowCredentials);
  return options;
}

// Some password managers' answers have no toJSON.
function writeAnswer(credential) {
  const { id, type, response, authenticatorAttachment } = credential;
  const parts = { clientDataJSON: toText(response.clientDataJSON) };
  for (const name of ["attestationObject", "authenticatorData", "signature", "userHandle"]) {
    if (name === "authenticatorData" && response.attestationObject) continue;
    if (response[name]) parts[name] = toText(response[name]);
  }
  if (response.getTransports) parts.transports = response.getTransports();
  return JSON.stringify({
    id, rawId: toText(credential.rawId), type, response: parts,
    authenticatorAttachment, clientExtensionResults: {},
  });
}

for (const form of document.querySelectorAll("form[data-passkey]")) {
  let busy = false;
  const ask = async () => {
    if (busy) return;
    busy = true;
    for (const part of form.querySelectorAll("[data-trouble]")) part.hidden = true;
    try {
      const publicKey = readOptions(form.dataset.options);
      const answer = await navigator.credentials[form.dataset.passkey]({ publicKey });
      form.elements.answer.value = writeAnswer(answer);
      form.submit();
    } catch (error) {
      busy = false;
      const troubles = { NotAllowedError: "refused", AbortError: "refused", InvalidStateError: "known" };
      const trouble = troubles[error.name] ?? "other";
      form.querySelector(`[data-trouble=${trouble}]`).hidden = false;
    }
  };
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    ask();
  });
  if (passkeys && form.dataset.start) ask();
}
