// The reference of the API: one choice of device for all its forms without loading the
// page anew, and the contents that show where the reader is. Both work without it.
"use strict";

(() => {
  const select = document.getElementById("reference-device");

  function choose() {
    const option = select.selectedOptions[0];
    for (const input of document.querySelectorAll("[data-try-device]")) input.value = option.value;
    for (const name of document.querySelectorAll("[data-try-name]")) {
      name.textContent = option.value ? option.text : name.dataset.tryName;
    }
    const url = new URL(location.href);
    if (option.value) url.searchParams.set("device", option.value);
    else url.searchParams.delete("device");
    if (url.pathname.endsWith("/reference")) history.replaceState(history.state, "", url);
  }

  if (select) {
    select.addEventListener("change", choose);
    choose(); // a browser that comes back may remember another choice than the forms
  }

  // The part whose beginning was passed last is where the reader is.
  const links = new Map();
  for (const link of document.querySelectorAll(".ref-side a")) links.set(link.hash.slice(1), link);
  const parts = [...links.keys()].map((id) => document.getElementById(id)).filter(Boolean);
  let marked = null;

  function mark() {
    const passed = parts.filter((part) => part.getBoundingClientRect().top < 120);
    const link = links.get((passed.at(-1) ?? parts[0])?.id);
    if (!link || link === marked) return;
    marked?.removeAttribute("aria-current");
    link.setAttribute("aria-current", "location");
    marked = link;
    const side = link.closest(".ref-side");
    const at = link.offsetTop - side.clientHeight / 2;
    if (side.scrollHeight > side.clientHeight) side.scrollTop = at;
  }

  let due = false;
  addEventListener("scroll", () => {
    if (due) return;
    due = true;
    requestAnimationFrame(() => { due = false; mark(); });
  }, { passive: true });
  mark();
})();
