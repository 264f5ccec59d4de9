// The one page element that needs a script: browsers offer passkeys to scripts only. It asks the browser for what the
// page says, puts the answer into the form, and sends that. It decides nothing.
"use strict";

const bytes = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));
const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer)))
  .replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
const listed = (keys) => (keys || []).map((key) => ({ ...key, id: bytes(key.id) }));

async function create(options) {
  const user = { ...options.user, id: bytes(options.user.id) };
  const publicKey = { ...options, user, challenge: bytes(options.challenge), excludeCredentials: listed(options.excludeCredentials) };
  const made = await navigator.credentials.create({ publicKey });
  const { response } = made;
  return { made, response: {
    clientDataJSON: text(response.clientDataJSON),
    attestationObject: text(response.attestationObject),
    transports: response.getTransports ? response.getTransports() : [],
  } };
}

async function get(options) {
  const publicKey = { ...options, challenge: bytes(options.challenge), allowCredentials: listed(options.allowCredentials) };
  const made = await navigator.credentials.get({ publicKey });
  const { response } = made;
  return { made, response: {
    clientDataJSON: text(response.clientDataJSON),
    authenticatorData: text(response.authenticatorData),
    signature: text(response.signature),
    userHandle: response.userHandle ? text(response.userHandle) : null,
  } };
}

// An alert speaks when it appears, so it is none before.
function tell(id, shown = true) {
  const told = document.getElementById(id);
  if (!told) return;
  told.hidden = !shown;
  if (shown) told.setAttribute("role", "alert");
}

for (const form of document.querySelectorAll("form[data-options]")) {
  if (!window.PublicKeyCredential) {
    tell("missing");
    break;
  }
  const options = JSON.parse(form.dataset.options);
  form.hidden = false;
  let waiting = false;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (waiting) return;
    waiting = true;
    tell("failed", false);
    try {
      const { made, response } = await (options.user ? create : get)(options);
      const answer = { id: made.id, rawId: text(made.rawId), type: made.type, response };
      form.elements.answer.value = JSON.stringify(answer);
      HTMLFormElement.prototype.submit.call(form);
    } catch {
      tell("failed"); // whatever it was, the person dismissed it or has no passkey here: he may try again
    }
    waiting = false;
  });
}
