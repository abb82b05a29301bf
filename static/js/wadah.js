// What htmx does not do: countdowns, local times, copying, and saying that the
// connection is lost. Everything here refines pages that work without it.
"use strict";

(() => {
  const root = document.documentElement;
  const lang = root.lang || "en";
  const words = document.body.dataset; // justNow and secondUnit, in the page's language
  root.classList.add("js");

  // ---- Times -------------------------------------------------------------

  const distance = new Intl.RelativeTimeFormat(lang, { numeric: "auto" });
  const ownZone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const exactly = inZone(root.dataset.zone || ownZone);
  const units = [["day", 86400], ["hour", 3600], ["minute", 60]];

  // skew is how far the server's clock is ahead of ours, in milliseconds; the
  // event stream tells. Countdowns would be wrong without it on a phone whose clock is off.
  let skew = 0;
  const now = () => Date.now() + skew;

  // tellZone lets the server write its times in the browser's zone from the next page on.
  function tellZone() {
    const told = "wadah_browser_zone=" + ownZone;
    if (!ownZone || document.cookie.split("; ").includes(told)) return;
    document.cookie = told + "; path=/; max-age=31536000; samesite=lax" + (location.protocol === "https:" ? "; secure" : "");
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
    const left = Math.max(0, end - now());
    const whole = el.dataset.from ? end - Number(el.dataset.from) : 180000;
    const text = el.querySelector(".countdown-text");
    const seconds = Math.ceil(left / 1000);
    const shown = seconds >= 60
      ? Math.floor(seconds / 60) + ":" + String(seconds % 60).padStart(2, "0")
      : seconds + " " + words.secondUnit;
    text.textContent = left > 0 ? el.dataset.words + " " + shown : el.dataset.over;
    const share = whole > 0 ? Math.min(1, left / whole) : 0;
    el.querySelector(".ring-value")?.setAttribute("stroke-dashoffset", String(100 - 100 * share));
  }

  function showCountdowns(within) {
    for (const el of within.querySelectorAll("[data-expires]")) showCountdown(el);
  }

  // ---- What only works with scripts ----------------------------------------

  function reveal(within) {
    for (const el of within.querySelectorAll("[data-copy][hidden], [data-dismiss][hidden]")) el.hidden = false;
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

  document.addEventListener("click", (event) => {
    const copier = event.target.closest("[data-copy]");
    if (copier) copy(copier);
    const closer = event.target.closest("[data-dismiss]");
    if (closer) closer.closest(".notice, .proof-over").remove();
    for (const menu of document.querySelectorAll(".user-menu[open]")) {
      if (!menu.contains(event.target)) menu.open = false;
    }
  });

  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    const menu = document.querySelector(".user-menu[open]");
    if (!menu) return;
    menu.open = false;
    menu.querySelector("summary").focus();
  });

  // ---- Waiting ---------------------------------------------------------------

  // A button whose answer takes longer than a moment says that it is at work. The next
  // page takes it away; htmx tells when it is done; other scripts say so themselves.
  document.addEventListener("submit", (event) => {
    const { submitter: button, target: form } = event;
    const refined = form.matches("[hx-post], [hx-get]");
    if (!button || event.defaultPrevented && !refined) return;
    const timer = setTimeout(() => button.setAttribute("aria-busy", "true"), 400);
    if (!refined) return;
    form.addEventListener("htmx:finally:request", () => {
      clearTimeout(timer);
      button.removeAttribute("aria-busy");
    }, { once: true });
  });

  // ---- Telling screen readers ----------------------------------------------

  function announce(text) {
    const region = document.getElementById("announcer");
    if (region) region.textContent = text;
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

  // ---- The event stream ------------------------------------------------------

  const live = () => document.getElementById("live"); // a search brings a new one
  const lost = document.getElementById("connection-lost");
  const patience = 1500; // a stream that is back by then was never worth a word
  const silence = 60000; // the server speaks at least every 25 s

  let connection = null;
  let lostTimer = 0;
  let retryTimer = 0;
  let retries = 0;
  let heard = Date.now();
  let over = false; // the server said that this was all

  function markLost() {
    if (over || !lost || lostTimer || !lost.hidden) return;
    lostTimer = setTimeout(() => { lostTimer = 0; lost.hidden = false; }, patience);
  }

  function markFound() {
    heard = Date.now();
    retries = 0;
    clearTimeout(lostTimer);
    lostTimer = 0;
    if (lost) lost.hidden = true;
  }

  // A login that ended or a device that is gone: the server knows where to go. A
  // page that comes back all the same, and is refused again, is not loaded for ever.
  function refused(status) {
    if (status !== 401 && status !== 403 && status !== 404) return false;
    if (recently()) return false;
    location.reload();
    return true;
  }

  function recently() {
    try {
      const last = Number(sessionStorage.getItem("wadah:reloaded"));
      if (Date.now() - last < 30000) return true;
      sessionStorage.setItem("wadah:reloaded", String(Date.now()));
      return false;
    } catch {
      return true; // no storage, no way to know
    }
  }

  // The stream is opened here and not by htmx: that begins its work as soon as it is
  // there, and on a slow line hx-sse is not there yet. Once it was connected, hx-sse
  // comes back by itself; before that, it is up to us.
  function connect(delay) {
    clearTimeout(retryTimer);
    retryTimer = setTimeout(() => {
      retryTimer = 0;
      const source = live();
      if (!source || source._htmx?.sse) return;
      htmx.ajax("GET", source.getAttribute("hx-sse:connect"), { source, timeout: 10000 });
    }, delay);
  }

  function connectAgain() {
    if (!retryTimer && !live()._htmx?.sse) connect(Math.min(5000, 500 * 2 ** retries++));
  }

  let opened = null;

  function openStream() {
    if (live() === opened) return;
    opened = live();
    if (opened) connect(0);
  }

  function listen() {
    const on = (name, react) => document.addEventListener(name, (event) => {
      if (event.target.id === "live") react(event);
    });
    on("htmx:sse:after:connection", (event) => {
      connection = event.detail.connection;
      if (connection.status >= 400) return;
      markFound();
    });
    on("htmx:sse:before:connection", (event) => {
      if (event.detail.connection.attempt > 0) markLost();
    });
    on("htmx:sse:error", (event) => {
      if (!refused(event.detail.status)) markLost();
    });
    on("htmx:sse:before:message", markFound);
    on("htmx:sse:close", markLost);
    on("htmx:response:error", (event) => {
      if (!refused(event.detail.ctx.response.status)) { markLost(); connectAgain(); }
    });
    on("htmx:error", () => { markLost(); connectAgain(); });

    on("wadah:hello", (event) => {
      const time = Number(event.detail.data);
      // Less than a second is the way of the message, not a wrong clock.
      if (time > 0) skew = Math.abs(time - Date.now()) > 1000 ? time - Date.now() : 0;
    });
    on("wadah:done", () => { over = true; });
    on("wadah:gone", () => location.assign("/devices"));
    on("wadah:ended", () => location.reload());

    // A cable that was pulled does not end a stream; silence tells.
    setInterval(() => {
      if (over || document.hidden || Date.now() - heard < silence) return;
      heard = Date.now();
      markLost();
      connection?.reader?.cancel();
    }, 5000);
  }

  // ---- Start -------------------------------------------------------------------

  function refresh(within) {
    reveal(within);
    showTimes(within);
    showCountdowns(within);
  }

  if (live()) listen();
  openStream();
  tellZone();
  document.addEventListener("htmx:after:swap", () => { refresh(document); announceState(); announceNotice(); openStream(); });
  // A page that comes back from the browser's memory has an old stream and old states.
  window.addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
  refresh(document);
  setInterval(() => showCountdowns(document), 250);
  setInterval(() => showTimes(document), 5000);
})();
