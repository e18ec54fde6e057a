"use strict";

// The board: cards are moved by mouse, by the menu of each card, or by keyboard. Every move names the version that was
// seen; when somebody was faster, the answer is the card as it stands now, and it is put where it belongs.
(() => {
  const board = document.querySelector(".board");
  const menu = document.querySelector("#move-menu");
  const said = document.querySelector("#board-said");
  const moves = JSON.parse(board.dataset.moves);
  const labels = JSON.parse(board.dataset.labels);
  const phone = matchMedia("(max-width: 767.98px)");
  const columns = () => [...board.querySelectorAll(".cards")];
  const column = (state) => board.querySelector(`.cards[data-state="${state}"]`);
  const say = (text) => { said.textContent = text; };
  const target = (move, card) => (move.to === "back" ? card.dataset.back : move.to);
  const page = (card, action) => `/cases/${card.dataset.case}/steps/${action}`;

  function count() {
    for (const list of columns()) {
      const n = list.parentElement.querySelector(".n");
      n.textContent = list.children.length + (n.textContent.endsWith("+") ? "+" : "");
      list.parentElement.classList.toggle("is-empty", list.children.length === 0);
    }
  }

  function place(card, html) {
    const holder = document.createElement("template");
    holder.innerHTML = html.trim();
    const fresh = holder.content.firstElementChild;
    const list = column(fresh.dataset.state);
    if (!list) { card.remove(); count(); return null; }
    if (card.parentElement === list) card.replaceWith(fresh); else { card.remove(); list.prepend(fresh); }
    count();
    return fresh;
  }

  function back(card) {
    const list = column(card.dataset.state);
    if (card.parentElement !== list) list.prepend(card);
    count();
  }

  async function take(card, move) {
    if (move.asks) {
      location.assign(`${page(card, move.action)}?back=board`);
      return;
    }
    const body = new URLSearchParams({ version: card.dataset.version });
    try {
      const answer = await fetch(page(card, move.action), {
        method: "POST", body,
        headers: { "X-CSRFToken": board.dataset.csrf, "HX-Request": "true" },
      });
      const html = await answer.text();
      if (!html.includes('class="case-card')) { back(card); say(answer.statusText); return; }
      const fresh = place(card, html);
      if (!fresh) { say(`→ ${labels[target(move, card)]}`); return; }
      fresh.focus();
      say(answer.ok ? `→ ${labels[fresh.dataset.state]}` : fresh.querySelector("[role=alert]").textContent);
    } catch {
      back(card);
      document.dispatchEvent(new Event("htmx:sendError"));
    }
  }

  function moveTo(card, state) {
    const move = (moves[card.dataset.state] || []).find((one) => target(one, card) === state);
    if (move) { take(card, move); return; }
    back(card);
    card.focus();
    say(`${labels[card.dataset.state]} ↛ ${labels[state]}`);
    card.animate([{ outline: "3px solid #a3322b" }, { outline: "none" }], 900);
  }

  function open(card) {
    const steps = menu.querySelector(".move-steps");
    steps.replaceChildren(...(moves[card.dataset.state] || []).map((move) => {
      const button = document.createElement("button");
      button.className = "btn btn-outline-primary btn-sm";
      button.type = "button";
      button.textContent = `${move.label} → ${labels[target(move, card)] || ""}`;
      button.addEventListener("click", () => { menu.close(); take(card, move); });
      return button;
    }));
    menu.showModal();
  }

  board.addEventListener("click", (event) => {
    const link = event.target.closest("[data-move]");
    if (!link) return;
    event.preventDefault();
    open(link.closest(".case-card"));
  });

  board.addEventListener("keydown", (event) => {
    const card = event.target;
    if (!card.classList.contains("case-card")) return;
    const lists = columns();
    const at = lists.indexOf(card.parentElement);
    const sideways = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    const along = { ArrowUp: "previousElementSibling", ArrowDown: "nextElementSibling" }[event.key];
    if (event.key === "m" || event.key === "M") open(card);
    else if (along) card[along]?.focus();
    else if (sideways && event.shiftKey) {
      const next = lists[at + sideways];
      if (next) moveTo(card, next.dataset.state);
    } else if (sideways) {
      for (let to = at + sideways; lists[to]; to += sideways) {
        if (lists[to].firstElementChild) { lists[to].firstElementChild.focus(); break; }
      }
    } else return;
    event.preventDefault();
  });

  if (!phone.matches) {
    for (const list of columns()) {
      new Sortable(list, {
        group: "board", animation: 120, draggable: ".case-card", filter: "a, button", preventOnFilter: false,
        onEnd: (event) => {
          if (event.from !== event.to) moveTo(event.item, event.to.dataset.state);
        },
      });
    }
  }
})();
