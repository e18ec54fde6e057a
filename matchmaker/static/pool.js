"use strict";

// The maturity helper fills in the level; a completer picked among the experts fills in its row.
document.addEventListener("click", (event) => {
  const fill = event.target.closest("[data-level-of]");
  if (fill) {
    const target = document.getElementById(fill.dataset.levelOf);
    target.value = fill.dataset.value;
    target.dispatchEvent(new Event("input", { bubbles: true }));
    target.dispatchEvent(new Event("change", { bubbles: true }));
    target.focus();
  }
  const pick = event.target.closest("[data-pick]");
  if (!pick) return;
  const row = pick.closest(".completer");
  row.querySelector("[name$='-name']").value = pick.dataset.name;
  row.querySelector("[name$='-organisation']").value = pick.dataset.organisation;
  row.querySelector("[name$='-expert_id']").value = pick.dataset.pick;
  const said = document.createElement("p");
  said.className = "hint linked";
  said.textContent = pick.dataset.said;
  row.querySelector(".picks-of").replaceChildren(said);
  const organisation = row.querySelector("[name$='-organisation']");
  organisation.dispatchEvent(new Event("input", { bubbles: true }));
  organisation.focus();
});

// Another name is another person.
document.addEventListener("input", (event) => {
  const row = event.target.closest(".completer");
  if (!row || !event.target.name.endsWith("-name")) return;
  row.querySelector("[name$='-expert_id']").value = "";
  row.querySelector(".linked")?.remove();
});
