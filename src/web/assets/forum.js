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
