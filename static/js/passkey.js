// Adding a passkey, and signing in with one. A form with data-passkey ("create" or
// "get") asks its action for what the browser is to do, and hands the browser's answer
// to data-passkey-finish:
//
//   POST action   the form's fields       {"options": {"publicKey": …}}
//   POST finish   credential (JSON text)  {"next": "/where/to/go"}
//
// Both say what went wrong as {"error": "code", "message": "sentence"}; the message may
// be missing. data-passkey-then is the id of a form that is sent in place of going to
// next. Without JavaScript or passkeys the forms stay hidden.
"use strict";

(() => {
  const can = window.PublicKeyCredential && navigator.credentials;
  if (!can) return;

  const toBytes = (text) => {
    const base64 = text.replace(/-/g, "+").replace(/_/g, "/");
    return Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
  };

  const toText = (buffer) => {
    const bytes = Array.from(new Uint8Array(buffer), (b) => String.fromCharCode(b)).join("");
    return btoa(bytes).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  };

  // The options as the browser wants them: bytes where JSON has base64url.
  function parse(options) {
    const named = (list) => (list || []).map((c) => ({ ...c, id: toBytes(c.id) }));
    const parsed = { ...options, challenge: toBytes(options.challenge) };
    if (options.user) parsed.user = { ...options.user, id: toBytes(options.user.id) };
    if (options.excludeCredentials) parsed.excludeCredentials = named(options.excludeCredentials);
    if (options.allowCredentials) parsed.allowCredentials = named(options.allowCredentials);
    return parsed;
  }

  // The browser's answer as JSON. Some password managers' objects have no toJSON.
  function format(credential) {
    const given = credential.response;
    const response = { clientDataJSON: toText(given.clientDataJSON) };
    if (given.attestationObject) {
      response.attestationObject = toText(given.attestationObject);
      response.transports = given.getTransports ? given.getTransports() : [];
    } else {
      response.authenticatorData = toText(given.authenticatorData);
      response.signature = toText(given.signature);
      if (given.userHandle) response.userHandle = toText(given.userHandle);
    }
    return JSON.stringify({
      id: credential.id, rawId: toText(credential.rawId), type: credential.type, response,
      clientExtensionResults: {},
    });
  }

  // Where a path of ours is, wherever the installation stands.
  const at = (path) => (document.documentElement.dataset.base ?? "") + path;

  class Refused extends Error {}

  async function post(url, fields, fallback) {
    const answer = await fetch(url, {
      method: "POST", body: new URLSearchParams(fields), headers: { Accept: "application/json" },
    });
    const said = await answer.json().catch(() => ({}));
    if (!answer.ok) throw new Refused(said.message || fallback);
    return said;
  }

  async function run(form) {
    const words = form.dataset;
    const { options } = await post(form.action, new FormData(form), words.passkeyFailed);
    const request = { publicKey: parse(options.publicKey) };
    let credential;
    try {
      credential = words.passkey === "create"
        ? await navigator.credentials.create(request)
        : await navigator.credentials.get(request);
    } catch (error) {
      throw new Refused(error.name === "NotAllowedError" || error.name === "AbortError"
        ? words.passkeyCancelled : words.passkeyFailed);
    }
    const done = await post(at(words.passkeyFinish), { credential: format(credential) }, words.passkeyFailed);
    const then = words.passkeyThen && document.getElementById(words.passkeyThen);
    if (then) HTMLFormElement.prototype.submit.call(then); // without asking for its fields: the passkey stands for them
    else location.assign(at(done.next));
  }

  function show(form, text) {
    const problem = form.querySelector("[data-passkey-problem]");
    problem.textContent = text;
    problem.hidden = !text;
  }

  // Before other listeners: the form does not go its own way.
  document.addEventListener("submit", async (event) => {
    const form = event.target;
    if (!form.matches("form[data-passkey]")) return;
    event.preventDefault();
    const button = form.querySelector("button[type=submit]");
    button.disabled = true;
    show(form, "");
    try {
      await run(form);
    } catch (error) {
      show(form, error instanceof Refused ? error.message : form.dataset.passkeyFailed);
    } finally {
      button.disabled = false;
    }
  }, true);

  function reveal() {
    for (const form of document.querySelectorAll("form[data-passkey]")) form.hidden = false;
  }

  document.addEventListener("htmx:after:swap", reveal);
  reveal();
})();
