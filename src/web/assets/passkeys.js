"use strict";

// Passkeys: what needs them is shown where the browser has them, and a form
// that waits for one is filled with its answer and sent.
const passkeys = Boolean(window.PublicKeyCredential && navigator.credentials);
for (const part of document.querySelectorAll("[data-with=passkeys]")) part.hidden = !passkeys;
for (const part of document.querySelectorAll("[data-without=passkeys]")) part.hidden = passkeys;

const toBytes = (text) =>
  Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));
const toText = (bytes) =>
  btoa(String.fromCharCode(...new Uint8Array(bytes)))
    .replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");

// Out of JSON, by hand: not every browser has parseCreationOptionsFromJSON.
function readOptions(json) {
  const options = JSON.parse(json);
  const named = (list = []) => list.map((one) => ({ ...one, id: toBytes(one.id) }));
  options.challenge = toBytes(options.challenge);
  if (options.user) options.user.id = toBytes(options.user.id);
  if (options.excludeCredentials) options.excludeCredentials = named(options.excludeCredentials);
  if (options.allowCredentials) options.allowCredentials = named(options.allowCredentials);
  return options;
}

// Into JSON, by hand: some password managers answer with things that have no toJSON.
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
