// What the page says, in its words, and what it asks.

export function $(selector, within = document) {
  return within.querySelector(selector);
}

function worded(name, values) {
  const text = $(`[data-word=${name}]`, $("#words").content).textContent;
  return text.replace(/\{(\w+)\}/g, (_, key) => values[key]);
}

// Take back what was said before.
export function hush() {
  $("#alert").hidden = $("#status").hidden = true;
}

export function say(name, values = {}) {
  hush();
  $("#status").hidden = false;
  $("#status").textContent = worded(name, values);
}

export function fault(name) {
  hush();
  $("#alert p").textContent = worded(name, {});
  $("#alert").hidden = false;
}

// Whether a person says yes to the dialog about this account.
export function confirmed(name, { issuer, account }) {
  const dialog = document.getElementById(name);
  $(".issuer", dialog).textContent = issuer;
  $(".account", dialog).textContent = account;
  const closed = new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true });
  });
  $(".yes", dialog).onclick = () => dialog.close("yes");
  $(".no", dialog).onclick = () => dialog.close("no");
  dialog.returnValue = "";
  dialog.showModal();
  return closed;
}
