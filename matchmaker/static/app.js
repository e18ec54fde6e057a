"use strict";

// The page follows the system's colours, also when they change while it is open.
const dark = matchMedia("(prefers-color-scheme: dark)");
dark.addEventListener("change", () => {
  document.documentElement.dataset.bsTheme = dark.matches ? "dark" : "light";
});

// "/" goes to the search box of the list, or else of the site.
document.addEventListener("keydown", (event) => {
  const typing = event.target.closest("input, textarea, select, [contenteditable]");
  if (event.key !== "/" || typing || event.ctrlKey || event.metaKey || event.altKey) return;
  const box = document.querySelector("#list-find") || document.querySelector("#find");
  if (!box) return;
  event.preventDefault();
  box.focus();
  box.select();
});

// What cannot be reached is said at once instead of leaving a page that does not answer.
document.addEventListener("htmx:sendError", () => {
  const notices = document.querySelector("#notices");
  const notice = document.createElement("p");
  notice.className = "notice notice-bad";
  notice.setAttribute("role", "alert");
  notice.textContent = "网络连接中断，请检查网络后重试。";
  notices.replaceChildren(notice);
});

// A form is sent once, however often its button is pressed.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post") return;
  if (form.dataset.sent) event.preventDefault();
  form.dataset.sent = "yes";
});
window.addEventListener("pageshow", () => {
  document.querySelectorAll("form[data-sent]").forEach((form) => delete form.dataset.sent);
});

// Small helps that need no server: print the page, copy an address, fill a box with an example.
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-print], [data-copy], [data-fill]");
  if (!button) return;
  if ("print" in button.dataset) window.print();
  if (button.dataset.fill) {
    const box = document.querySelector(button.dataset.fill);
    box.value = button.dataset.text;
    box.focus();
  }
  if (button.dataset.copy) {
    const field = document.querySelector(button.dataset.copy);
    field.select();
    try {
      await navigator.clipboard.writeText(field.value);
    } catch {
      document.execCommand("copy");
    }
    button.querySelector("span").textContent = button.dataset.done;
  }
});

/* A menu of the navigation closes on Escape and when something else is pressed. */
const closeMenus = (except) => document.querySelectorAll(".places details[open]").forEach((menu) => { if (menu !== except) menu.open = false; });
document.addEventListener("click", (event) => closeMenus(event.target.closest(".places details")));
document.addEventListener("keydown", (event) => {
  const open = event.key === "Escape" && document.querySelector(".places details[open]");
  if (open) { open.open = false; open.querySelector("summary").focus(); }
});
