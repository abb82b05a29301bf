// Conversations: Enter sends, Shift+Enter begins a new line; one menu is open at a time.
// Everything else works by itself.
"use strict";

(() => {
  // On a phone's keyboard Enter is the only way to a new line.
  const touched = window.matchMedia("(pointer: coarse)");

  document.addEventListener("keydown", (event) => {
    if (event.target.id !== "composer-text" || event.key !== "Enter" || event.shiftKey || event.isComposing || touched.matches) return;
    event.preventDefault();
    if (event.target.value.trim()) event.target.form.requestSubmit();
  });

  const close = (except) => {
    for (const menu of document.querySelectorAll(".message-menu[open]")) {
      if (menu !== except) menu.open = false;
    }
  };

  document.addEventListener("click", (event) => {
    const menu = event.target.closest(".message-menu");
    close(event.target.closest(".message-acts") ? null : menu);
  });

  document.addEventListener("keydown", (event) => {
    const menu = event.key === "Escape" && document.querySelector(".message-menu[open]");
    if (!menu) return;
    menu.open = false;
    menu.querySelector("summary").focus();
  });
})();
