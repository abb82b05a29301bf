// What htmx does not do: countdowns, local times, copying, telling screen readers.
// line.js looks after the connection. Everything here refines pages that work without it.
"use strict";

(() => {
  const root = document.documentElement;
  const lang = root.lang || "en";
  const words = document.body.dataset; // justNow, secondUnit, stopped and found, in the page's language
  root.classList.add("js");

  // ---- Times -------------------------------------------------------------

  const distance = new Intl.RelativeTimeFormat(lang, { numeric: "auto" });
  const ownZone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const exactly = inZone(root.dataset.zone || ownZone);
  const units = [["day", 86400], ["hour", 3600], ["minute", 60]];

  // skew is how far the server's clock is ahead of ours, in milliseconds; the event
  // stream tells. Countdowns would be wrong without it on a phone whose clock is off.
  let skew = 0;
  let told = false;
  // While the line is lost the page shows what was when the server was last heard, and
  // its clock stands still: nothing counts on as if it were known.
  let stopped = 0;
  const now = () => (stopped || Date.now()) + skew;

  function setClock(event) {
    const time = Number(event.detail.data);
    // Less than a second is the way of the message, not a wrong clock.
    if (time > 0) skew = Math.abs(time - Date.now()) > 1000 ? time - Date.now() : 0;
    told = time > 0;
  }

  // tellZone lets the server write its times in the browser's zone from the next page on.
  function tellZone() {
    const told = "wadah_browser_zone=" + ownZone;
    if (!ownZone || document.cookie.split("; ").includes(told)) return;
    document.cookie = told + "; path=" + (root.dataset.base ?? "/") + "; max-age=31536000; samesite=lax" + (location.protocol === "https:" ? "; secure" : "");
  }

  // inZone writes moments in a zone as the server does: "23 Nov 2026, 14:05 WIB", or
  // "14:05:09" where seconds count. In a zone that this browser does not know it writes
  // nothing: the server's text stays.
  function inZone(timeZone) {
    let moment, names;
    try {
      moment = new Intl.DateTimeFormat(lang === "id" ? "id" : "en-US", {
        timeZone, day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23",
      });
      names = ["id", "en-GB", "en-US"].map((l) => new Intl.DateTimeFormat(l, { timeZone, timeZoneName: "short" }));
    } catch {
      return () => "";
    }
    const colon = lang === "id" ? "." : ":";
    return (time, toTheSecond) => {
      const is = Object.fromEntries(moment.formatToParts(time).map((part) => [part.type, part.value]));
      const seconds = toTheSecond ? colon + is.second : "";
      return `${is.day} ${is.month} ${is.year}, ${is.hour}${colon}${is.minute}${seconds} ${zoneWord(names, time)}`;
    };
  }

  // zoneWord is the short name that people of the zone use, else its distance from UTC.
  function zoneWord(names, time) {
    let word = "";
    for (const name of names) {
      word = name.formatToParts(time).find((part) => part.type === "timeZoneName").value;
      if (!/^(GMT|UTC)[+-]/.test(word)) return word;
    }
    return word.replace("GMT", "UTC");
  }

  function ago(time) {
    const seconds = Math.round((time - now()) / 1000);
    for (const [unit, size] of units) {
      if (Math.abs(seconds) >= size) return distance.format(Math.trunc(seconds / size), unit);
    }
    const rough = Math.trunc(seconds / 10) * 10; // a text that changes every second is restless
    return rough === 0 ? words.justNow : distance.format(rough, "second");
  }

  function showTimes(within) {
    for (const el of within.querySelectorAll("time[datetime]")) {
      const time = Date.parse(el.dateTime);
      if (Number.isNaN(time)) continue;
      const exact = exactly(time, "seconds" in el.dataset);
      const text = "ago" in el.dataset ? ago(time) : exact;
      if (text && el.textContent !== text) el.textContent = text;
      if (el.title !== exact) el.title = exact;
    }
  }

  // ---- Countdowns --------------------------------------------------------

  function showCountdown(el) {
    const end = Number(el.dataset.expires);
    if (!end) return;
    const left = end - now();
    const whole = el.dataset.from ? end - Number(el.dataset.from) : 180000;
    const text = el.querySelector(".countdown-text");
    const seconds = Math.ceil(left / 1000);
    const shown = seconds >= 60
      ? Math.floor(seconds / 60) + ":" + String(seconds % 60).padStart(2, "0")
      : seconds + " " + words.secondUnit;
    const says = stopped ? words.stopped : left > 0 ? el.dataset.words + " " + shown : el.dataset.over;
    if (text.textContent !== says) text.textContent = says;
    const share = whole > 0 ? Math.max(0, Math.min(1, left / whole)) : 0;
    el.querySelector(".ring-value")?.setAttribute("stroke-dashoffset", String(100 - 100 * share));
    // The next code is on its way when this one ends. When it does not come, this one is
    // no code any more.
    el.closest("[data-code]")?.classList.toggle("code-over", told && left < -1000);
  }

  function showCountdowns(within) {
    for (const el of within.querySelectorAll("[data-expires]")) showCountdown(el);
  }

  // ---- What only works with scripts ----------------------------------------

  function reveal(within) {
    for (const el of within.querySelectorAll("[data-copy][hidden], [data-dismiss][hidden], [data-narrows][hidden]")) el.hidden = false;
  }

  async function copy(button) {
    const source = document.getElementById(button.dataset.copy);
    if (!source) return;
    if (!await write(source)) return;
    const label = button.querySelector("span");
    const before = label.dataset.before || label.textContent;
    label.dataset.before = before;
    label.textContent = button.dataset.done;
    announce(button.dataset.done);
    setTimeout(() => { label.textContent = before; }, 2000);
  }

  // The clipboard is only there on https and localhost; elsewhere the old way.
  async function write(source) {
    try {
      await navigator.clipboard.writeText(source.textContent);
      return true;
    } catch {
      const range = document.createRange();
      range.selectNodeContents(source);
      const selection = window.getSelection();
      selection.removeAllRanges();
      selection.addRange(range);
      return document.execCommand("copy");
    }
  }

  // A password that is typed again: another one is told before anything is sent, so that
  // nothing of the form is lost.
  function compare(within) {
    for (const again of within.querySelectorAll("[data-repeats]")) {
      const first = document.getElementById(again.dataset.repeats);
      again.setCustomValidity(again.value && again.value !== first.value ? again.dataset.differs : "");
    }
  }

  document.addEventListener("input", (event) => { if (event.target.form) compare(event.target.form); });

  // A field that narrows a list to the rows that have its words.
  function narrow(field) {
    const list = document.getElementById(field.dataset.narrows);
    const words = field.value.toLocaleLowerCase(lang).split(/\s+/);
    let left = 0;
    for (const row of list.children) {
      const text = row.textContent.toLocaleLowerCase(lang);
      row.hidden = !words.every((word) => text.includes(word));
      if (!row.hidden) left++;
    }
    document.querySelector(`[data-none="${list.id}"]`).hidden = left > 0;
  }

  document.addEventListener("input", (event) => {
    if (event.target.matches?.("[data-narrows]")) narrow(event.target);
  });

  document.addEventListener("click", (event) => {
    const copier = event.target.closest("[data-copy]");
    if (copier) copy(copier);
    const closer = event.target.closest("[data-dismiss]");
    if (closer) closer.closest(".notice, .proof-over").remove();
    for (const menu of document.querySelectorAll(".top-menu[open]")) {
      if (!menu.contains(event.target)) menu.open = false;
    }
  });

  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    const menu = document.querySelector(".top-menu[open]");
    if (!menu) return;
    menu.open = false;
    menu.querySelector("summary").focus();
  });

  // ---- Telling screen readers ----------------------------------------------

  function announce(text) {
    const region = document.getElementById("announcer");
    if (region) region.textContent = text;
  }

  // The tab bears the device's name, which somebody else may have changed.
  function nameTab() {
    const title = document.getElementById("device-live")?.dataset.title;
    if (title && document.title !== title) document.title = title;
  }

  const said = () => document.getElementById("device-live")?.dataset.announce;
  let lastSaid = said();

  function announceState() {
    const text = said();
    if (!text || text === lastSaid) return;
    lastSaid = text;
    announce(text);
  }

  // A message that came with an answer: the region it stands in is new, too, and screen
  // readers do not tell of a region that comes with its text.
  const notice = () => document.querySelector("#notices .notice");
  let lastNotice = notice();

  function announceNotice() {
    const now = notice();
    if (now && now !== lastNotice) announce([...now.querySelectorAll("p")].map((p) => p.textContent).join(" "));
    lastNotice = now;
  }

  // ---- Start -------------------------------------------------------------------

  function refresh(within) {
    reveal(within);
    showTimes(within);
    showCountdowns(within);
  }

  tellZone();
  document.addEventListener("wadah:hello", setClock);
  document.addEventListener("wadah:beat", setClock);
  document.addEventListener("wadah:lost", (event) => {
    stopped = event.detail;
    document.querySelector("#connection-lost time").dateTime = new Date(now()).toISOString();
    refresh(document);
  });
  document.addEventListener("wadah:found", () => { stopped = 0; refresh(document); announce(words.found); });
  document.addEventListener("wadah:said", () => { refresh(document); announceNotice(); });
  document.addEventListener("htmx:after:swap", () => { refresh(document); nameTab(); announceState(); announceNotice(); });
  document.addEventListener("visibilitychange", () => refresh(document));
  refresh(document);
  setInterval(() => showCountdowns(document), 250);
  setInterval(() => showTimes(document), 5000);
})();
