"use strict";

// A form in steps: one step at a time, rows added as needed, and what was typed sent off before the page closes.
const form = document.querySelector("#post-form");
let typed = false;
let leaving = false;

function show(name) {
  for (const step of form.querySelectorAll(".step")) step.hidden = step.dataset.step !== name;
  for (const button of form.querySelectorAll(".steps button")) {
    if (button.value === name) button.setAttribute("aria-current", "step");
    else button.removeAttribute("aria-current");
  }
  form.elements.step.value = name;
  const heading = document.querySelector(`#step-${name}-title`);
  heading.focus({ preventScroll: true });
  form.scrollIntoView({ block: "start" });
  form.dispatchEvent(new Event("keep"));
}

form.addEventListener("click", (event) => {
  const button = event.target.closest("button[name=go]");
  if (!button || button.id === "upload") return;
  event.preventDefault();
  if ("default" in button.dataset) form.dispatchEvent(new Event("keep"));
  else show(button.value);
});

// An empty row more as soon as the last one is used.
form.addEventListener("input", (event) => {
  typed = true;
  leaving = false;
  const row = event.target.closest(".row-of");
  if (!row || row.nextElementSibling) return;
  const next = row.cloneNode(true);
  const place = Number(row.querySelector("[name]").name.match(/-(\d+)-/)[1]);
  const moved = (words) => words.replace(`-${place}-`, `-${place + 1}-`);
  for (const part of next.querySelectorAll("[name]")) {
    part.name = moved(part.name);
    part.id = moved(part.id);
    if (part.tagName !== "SELECT") part.value = "";
    part.classList.remove("is-invalid");
    part.removeAttribute("aria-invalid");
  }
  for (const label of next.querySelectorAll("label")) label.htmlFor = moved(label.htmlFor);
  next.setAttribute("aria-label", next.getAttribute("aria-label").replace(/\d+/, place + 2));
  row.after(next);
});

// A chosen file goes at once, together with what is typed.
form.addEventListener("change", (event) => {
  if (event.target.type === "file" && event.target.files.length) form.requestSubmit(document.querySelector("#upload"));
});

form.addEventListener("submit", () => {
  typed = false;
  leaving = true;
  htmx.trigger("#saved", "htmx:abort");
});
// What is on its way with the whole form is not kept a second time beside it.
form.addEventListener("htmx:beforeRequest", (event) => {
  if (leaving && event.target.id === "saved") event.preventDefault();
});
addEventListener("pageshow", () => { leaving = false; });
document.body.addEventListener("htmx:afterRequest", (event) => {
  if (event.target.id === "saved" && event.detail.successful) typed = false;
  if (event.target.matches("[data-insist]") && event.detail.successful) document.querySelector("#notices").replaceChildren();
});

// The last words before the page goes; a text too long for this was kept while it was typed.
addEventListener("pagehide", () => {
  if (!typed) return;
  const address = document.querySelector("#saved").getAttribute("hx-post");
  fetch(address, { method: "POST", body: new URLSearchParams(new FormData(form)), keepalive: true }).catch(() => {});
});
