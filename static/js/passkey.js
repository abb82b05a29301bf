// Passkeys: registering one and signing in with one.
//
// A form with data-passkey="create" or "get" is hidden until this script shows it, and
// stays hidden where the browser has no passkeys. When it is sent:
//
//   1. POST its action with its fields, form-encoded (Accept: application/json). The
//      answer is 200 with {"publicKey": {…}}: the options as WebAuthn's JSON forms have
//      them (PublicKeyCredentialCreationOptionsJSON, …RequestOptionsJSON), binary values
//      in base64url without padding. go-webauthn's CredentialCreation and
//      CredentialAssertion are that.
//   2. navigator.credentials.create or .get.
//   3. POST data-passkey-finish with the credential as JSON (RegistrationResponseJSON or
//      AuthenticationResponseJSON; Content-Type: application/json). The answer is 200
//      with {"next": "/path"}, where the page goes.
//
// Any other status carries {"message": "…"}, a finished sentence in the page's language,
// which is shown in the form's [data-passkey-problem]. What the server has to remember
// between 1 and 3 (challenge, name, next) it keeps itself, with the login or a cookie.
"use strict";

(() => {
  const forms = document.querySelectorAll("form[data-passkey]");
  if (!window.PublicKeyCredential || !window.isSecureContext) return;

  // ---- base64url ---------------------------------------------------------------

  function bytes(text) {
    const plain = atob(text.replace(/-/g, "+").replace(/_/g, "/"));
    return Uint8Array.from(plain, (c) => c.charCodeAt(0));
  }

  function text(buffer) {
    let plain = "";
    for (const b of new Uint8Array(buffer)) plain += String.fromCharCode(b);
    return btoa(plain).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  }

  // ---- Options and credentials ----------------------------------------------------

  const descriptors = (list) => (list || []).map((d) => ({ ...d, id: bytes(d.id) }));

  function options(json) {
    const out = { ...json, challenge: bytes(json.challenge) };
    if (json.user) out.user = { ...json.user, id: bytes(json.user.id) };
    if (json.excludeCredentials) out.excludeCredentials = descriptors(json.excludeCredentials);
    if (json.allowCredentials) out.allowCredentials = descriptors(json.allowCredentials);
    return out;
  }

  function credentialJSON(c) {
    const response = { clientDataJSON: text(c.response.clientDataJSON) };
    for (const name of ["attestationObject", "authenticatorData", "signature", "userHandle"]) {
      if (c.response[name]) response[name] = text(c.response[name]);
    }
    if (c.response.getTransports) response.transports = c.response.getTransports();
    return {
      id: c.id, rawId: text(c.rawId), type: c.type, response,
      authenticatorAttachment: c.authenticatorAttachment || undefined,
      clientExtensionResults: c.getClientExtensionResults(),
    };
  }

  // ---- The ceremony ------------------------------------------------------------

  async function post(url, type, body) {
    const answer = await fetch(url, {
      method: "POST", body, credentials: "same-origin",
      headers: { "Content-Type": type, Accept: "application/json" },
    });
    const json = await answer.json();
    if (!answer.ok) throw Object.assign(new Error(json.message), { told: json.message });
    return json;
  }

  async function run(form) {
    const fields = new URLSearchParams(new FormData(form));
    const begun = await post(form.getAttribute("action"), "application/x-www-form-urlencoded", fields);
    const publicKey = options(begun.publicKey);
    const credential = form.dataset.passkey === "create"
      ? await navigator.credentials.create({ publicKey })
      : await navigator.credentials.get({ publicKey });
    const done = await post(form.dataset.passkeyFinish, "application/json", JSON.stringify(credentialJSON(credential)));
    location.assign(done.next);
  }

  // Who closes the browser's own window gets NotAllowedError; so does who waits too long.
  function sentence(form, error) {
    if (error.told) return error.told;
    return error.name === "NotAllowedError" || error.name === "AbortError"
      ? form.dataset.passkeyCancelled : form.dataset.passkeyFailed;
  }

  async function submit(event) {
    const form = event.currentTarget;
    const button = form.querySelector("button[type=submit]");
    const problem = form.querySelector("[data-passkey-problem]");
    event.preventDefault();
    if (button.disabled) return;
    button.disabled = true;
    problem.hidden = true;
    try {
      await run(form);
    } catch (error) {
      problem.textContent = sentence(form, error);
      problem.hidden = false;
    } finally {
      button.disabled = false;
    }
  }

  for (const form of forms) {
    form.hidden = false;
    form.addEventListener("submit", submit);
  }
})();
