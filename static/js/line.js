// The line to the server: the page's event stream, whether what stands on the page may
// still be true, and clicks that come to nothing. A page that has heard nothing for too
// long says so (data-line="lost" on <html>, the banner, "wadah:lost"), until the whole
// state has come anew ("wadah:found"). wadah.js and the styles do the rest.
"use strict";

(() => {
  const root = document.documentElement;
  const base = root.dataset.base ?? ""; // where the installation stands
  const live = () => document.getElementById("live"); // a search brings a new one

  // How long ago something was. The steady clock may stand still while the machine
  // sleeps; the other is set by people and time servers. The longer time counts.
  const moment = () => ({ steady: performance.now(), wall: Date.now() });
  const since = (then) => Math.max(performance.now() - then.steady, Date.now() - then.wall);

  // ---- Trust -----------------------------------------------------------------

  // By the server's rhythm (views.BeatEvery) a page that hears nothing is lost within
  // five seconds. The connection is made anew only later: on a slow line that makes it
  // worse.
  const beat = Number(live()?.dataset.beat);
  const silence = 2 * beat + 250;
  const hopeless = 6 * beat;
  const patience = 1500; // a stream that is back by then was never worth a word

  let heard = moment(); // the last message
  let quiet = heard; // since when the connection says nothing
  let trust = { from: heard, span: silence }; // how long the page may be believed
  let whole = true; // the page shows what the present connection has sent
  let lost = false;
  let over = false; // the server said that this was all
  let asks = false; // no stream for this window: it asks how things are, now and then

  const trustFor = (span) => { trust = { from: moment(), span }; };
  const broken = () => trust.span === patience;

  function hear() {
    heard = quiet = moment();
    retries = 0;
    if (whole) believe();
  }

  function believe() {
    trustFor(silence);
    if (!lost) return;
    lost = false;
    delete root.dataset.line;
    document.getElementById("connection-lost").hidden = true;
    document.dispatchEvent(new Event("wadah:found"));
  }

  function breakOff() {
    if (!broken()) trustFor(patience);
  }

  function lose() {
    lost = true;
    root.dataset.line = "lost";
    document.getElementById("connection-lost").hidden = false;
    document.dispatchEvent(new CustomEvent("wadah:lost", { detail: heard.wall }));
  }

  function watch() {
    if (over || document.hidden) return;
    if (!lost && since(trust.from) > trust.span) lose();
    if (since(quiet) < hopeless) return;
    quiet = moment();
    connection?.reader?.cancel();
  }

  // ---- The stream ------------------------------------------------------------

  let connection = null;
  let opened = null;
  let returned = false; // the tab has just come into sight again
  let retryTimer = 0;
  let retries = 0;

  // Over HTTP/1.1 a browser has six connections to a host, for all its windows. The server
  // keeps some free for clicks when it knows; what speaks to us may be a proxy, so only the
  // browser can tell.
  const few = !/^h[23]/.test(performance.getEntriesByType("navigation")[0]?.nextHopProtocol ?? "");

  function address(source) {
    const at = source.getAttribute("hx-sse:connect");
    return few ? at + (at.includes("?") ? "&" : "?") + "lines=few" : at;
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
      htmx.ajax("GET", address(source), { source, timeout: 10000 });
    }, delay);
  }

  function connectAgain() {
    breakOff();
    if (!retryTimer && !live()._htmx?.sse) connect(Math.min(5000, 500 * 2 ** retries++));
  }

  // A tab that is opened behind others waits until somebody looks.
  function openStream() {
    if (live() === opened || document.hidden) return;
    opened = live();
    if (opened) connect(0);
  }

  // A tab that was hidden has an old page and, as hx-sse closes it, no stream.
  function comeBack() {
    if (connection) connection.hid = document.hidden;
    if (document.hidden || connection?.reader) return;
    returned = Boolean(connection);
    trustFor(patience);
    connection?.delayCanceller?.(); // it asks now and then, and somebody is waiting
    openStream();
  }

  function listen() {
    const on = (name, react) => document.addEventListener(name, (event) => {
      if (event.target.id === "live") react(event);
    });
    on("htmx:sse:before:connection", (event) => {
      const next = event.detail.connection;
      if (next.attempt === 0) return;
      if (!asks || returned) breakOff();
      if (returned) queueMicrotask(() => next.delayCanceller?.()); // somebody is waiting
      returned = false;
    });
    on("htmx:sse:after:connection", (event) => {
      connection = event.detail.connection;
      asks = returned = false;
      // It was asked for before the tab was hidden, and hx-sse will wait from here on.
      if (document.hidden && connection.hid) queueMicrotask(() => connection.reader?.cancel());
      quiet = moment();
      whole = false;
    });
    on("htmx:sse:before:message", hear);
    on("htmx:sse:after:message", (event) => {
      if (event.detail.message.event) return;
      whole = true; // the first message without a name is the whole state
      believe();
    });
    on("htmx:sse:error", (event) => { if (!refused(event.detail.status)) breakOff(); });
    on("htmx:sse:close", breakOff);
    on("htmx:response:error", (event) => { if (!refused(event.detail.ctx.response.status)) connectAgain(); });
    on("htmx:error", connectAgain);
    on("wadah:again", (event) => {
      asks = true;
      trustFor(1.3 * Number(event.detail.data) + 2000); // the answer takes its time, too
    });
    on("wadah:done", () => { over = true; });
    on("wadah:ended", () => location.reload());
    document.addEventListener("htmx:after:swap", openStream);
    document.addEventListener("visibilitychange", comeBack);
    // A page that comes back from the browser's memory has an old stream and old states.
    window.addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
    setInterval(watch, 250);
    openStream();
  }

  // ---- Clicks ----------------------------------------------------------------

  // What waits for an answer: from when, whether the line was down then, how it is given
  // up and how it is forgotten.
  const unanswered = new Map();
  const long = 10000; // without a stream, that is when one begins to wonder
  const forgotten = 60000; // the server is there: what takes longer is no question of the line
  let asked = null;

  // say shows one of the sentences that the page brings along for when nothing comes.
  function say(which) {
    const region = document.getElementById("notices").cloneNode(false);
    region.className = "notices-over";
    region.append(document.getElementById(which).content.cloneNode(true));
    document.getElementById("notices").replaceWith(region);
    document.dispatchEvent(new Event("wadah:said"));
  }

  // Whoever answers is there, and be it with a refusal; a proxy that stands in our place
  // alone answers with 502 and the like.
  async function anybodyThere() {
    try {
      const answer = await fetch(base + "/healthz", { method: "HEAD", cache: "no-store", signal: AbortSignal.timeout(3000) });
      return answer.status < 500;
    } catch {
      return false;
    }
  }

  // A button whose answer takes longer than a moment says that it is at work, until the
  // returned function is called.
  function atWork(button) {
    const timer = setTimeout(() => button?.setAttribute("aria-busy", "true"), 400);
    return () => {
      clearTimeout(timer);
      button?.removeAttribute("aria-busy");
    };
  }

  // Whoever waits while the line is in doubt is told when nobody is there.
  async function wonder() {
    if (document.hidden || asked && since(asked) < 3000) return;
    const waiting = [...unanswered].filter(([, click]) => lost || since(click.from) > long);
    if (waiting.length === 0) return;
    asked = moment();
    const there = await anybodyThere();
    for (const [key, click] of waiting) {
      if (!unanswered.has(key) || there && since(click.from) < forgotten) continue;
      unanswered.delete(key);
      if (there) click.forget();
      else click.giveUp();
    }
  }

  // Requests of htmx. What our server answers says what came of it; what a proxy answers
  // in its place does not.
  function refine() {
    const on = (name, react) => document.addEventListener(name, (event) => {
      if (event.target.id !== "live") react(event.detail.ctx, event.detail.error);
    });
    on("htmx:before:request", (ctx) => {
      const giveUp = () => ctx.request.abort("timeout");
      unanswered.set(ctx, { from: moment(), down: lost || broken(), giveUp, forget() {} });
    });
    on("htmx:response:error", (ctx) => {
      if (!ctx.text.includes("<hx-partial")) say("no-answer");
    });
    on("htmx:error", (ctx, error) => {
      if (!ctx.response) say(unanswered.get(ctx)?.down && error !== "timeout" ? "not-sent" : "no-answer");
    });
    on("htmx:finally:request", (ctx) => unanswered.delete(ctx));
  }

  // A form that leads to a page. Where the line is in doubt, the browser would give up
  // this page, and what was typed, for one of its own that says less.
  let sure = null;

  async function askFirst(form, button) {
    const done = atWork(button);
    const there = await anybodyThere();
    done();
    if (!there) return say("not-sent");
    sure = form;
    form.requestSubmit(button);
    sure = null;
  }

  document.addEventListener("submit", (event) => {
    const { target: form, submitter: button } = event;
    if (form.matches("[hx-post], [hx-get]")) {
      form.addEventListener("htmx:finally:request", atWork(button), { once: true });
      return;
    }
    if (event.defaultPrevented) return; // another script sends it
    if (form !== sure && live() && !over && (lost || broken())) {
      event.preventDefault();
      askFirst(form, button);
      return;
    }
    const done = atWork(button); // the next page takes it away
    const giveUp = () => { window.stop(); done(); say("no-answer"); };
    unanswered.set(form, { from: moment(), giveUp, forget: done });
  });

  if (live()) listen();
  refine();
  setInterval(wonder, 250);
})();
