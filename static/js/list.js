// The list of devices: boxes that choose many, the address that follows a search, and
// "/" for the search field. Without this file a page is chosen box by box and searched
// by Enter.
"use strict";

(() => {
  const form = () => document.getElementById("list-form");
  const rows = () => [...document.querySelectorAll('#devices input[name="chosen"]')];

  // The box above the rows says whether all, some or none of them are chosen.
  function agree() {
    const page = document.getElementById("choose-page");
    if (!page) return;
    const boxes = rows();
    const chosen = boxes.filter((box) => box.checked).length;
    page.checked = chosen > 0 && chosen === boxes.length;
    page.indeterminate = chosen > 0 && chosen < boxes.length;
  }

  const questions = () => document.querySelectorAll("#bulk details[open], #list-look[open]");

  function closeQuestions() {
    for (const question of questions()) question.open = false;
  }

  document.addEventListener("change", (event) => {
    if (event.target.id === "choose-page") {
      for (const box of rows()) box.checked = event.target.checked;
    }
    if (event.target.form === form()) agree();
  });

  // Enter in a box.
  document.addEventListener("submit", (event) => {
    if (event.submitter?.id !== "bulk-none") return;
    event.preventDefault();
    event.stopPropagation(); // before htmx sees it
  }, true);

  document.addEventListener("reset", (event) => {
    if (event.target !== form()) return;
    closeQuestions();
    setTimeout(agree); // the boxes are reset after this
  });

  // One question at a time; outside of it, it closes.
  document.addEventListener("click", (event) => {
    for (const question of questions()) {
      if (!question.contains(event.target)) question.open = false;
    }
  });

  document.addEventListener("htmx:before:request", (event) => {
    if (event.target === form()) closeQuestions();
  });

  // What was chosen is done, or the answer says why not. The bar goes, so the focus moves.
  document.addEventListener("htmx:after:request", (event) => {
    if (event.target !== form()) return;
    const inside = document.getElementById("bulk").contains(document.activeElement) || document.activeElement === document.body;
    const status = event.detail.ctx?.response?.status;
    if (status !== 200) return;
    form().reset();
    if (inside) document.getElementById("choose-page")?.focus({ preventScroll: true });
  });

  // The browser's address is that of what is shown: a reload, a bookmark and a change of
  // language come back to it.
  document.addEventListener("htmx:after:swap", () => {
    agree();
    const address = document.getElementById("devices")?.dataset.address;
    const there = (document.documentElement.dataset.base ?? "") + address;
    if (!address || there === location.pathname + location.search) return;
    history.replaceState(null, "", there);
    for (const next of document.querySelectorAll('.prefs input[name="next"]')) next.value = address;
    form()?.reset();
  });

  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") closeQuestions();
    if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest("input, textarea, select, [contenteditable]")) return;
    const search = document.getElementById("filter-q");
    if (!search?.checkVisibility()) return;
    event.preventDefault();
    search.select();
    search.focus();
  });

  agree();
})();
