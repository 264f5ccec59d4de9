// The token app: accounts, their codes, and what a person does with them.
import { Offline, Refused } from "./protect.js";
import * as passkeys from "./passkey.js";
import { Card } from "./card.js";
import { BadAddress, parse } from "./totp.js";
import { Vault } from "./vault.js";
import { $, confirmed, fault, hush, say } from "./words.js";

const app = $("#app");
const vault = await Vault.open();
let cards = [];

// Draw what the vault holds, unless it is locked.
async function draw() {
  $("#locked").hidden = !vault.isLocked;
  $("#open").hidden = vault.isLocked;
  if (vault.isLocked) return;
  const slots = await vault.slots();
  cards = slots.map((slot) => new Card(slot, vault, app.dataset, attempt, draw));
  $("#slots").replaceChildren(...cards.map((card) => card.element));
  $("#empty").hidden = cards.length > 0;
  $("#add").open = !cards.length;
  $("#lock").hidden = !passkeys.isPossible();
  $("#lock-on").hidden = Boolean(vault.passkey);
  $("#lock-off").hidden = !vault.passkey;
  await tick();
}

async function tick() {
  await Promise.all(cards.map((card) => card.tick(Date.now())));
}

// Do something a person asked for, and say what came of it: the word that `work` returns, or what went wrong.
async function attempt(work, button) {
  hush();
  if (button) button.disabled = true;
  try {
    const said = await work();
    if (said) say(...[said].flat());
  } catch (error) {
    if (error instanceof BadAddress) fault("address");
    else if (error instanceof Offline) fault("offline");
    else if (error instanceof Refused) fault(error.word ?? "refused");
    else if (error instanceof passkeys.NoPasskey) fault("passkey");
    else {
      fault("failed");
      throw error;
    }
  } finally {
    if (button) button.disabled = false;
  }
}

// Nothing is added before a person has agreed: any page may lead here with an address.
async function add(address) {
  const { slot, secret } = parse(address);
  if (!(await confirmed("adding", slot))) return "";
  await vault.add(slot, secret);
  await navigator.storage?.persist?.();
  await draw();
  return "added";
}

// The address came behind the `#`: no server has seen it, and the history forgets it.
async function arrived() {
  const address = location.hash.slice(1);
  if (!address) return;
  history.replaceState(null, "", location.pathname);
  if (vault.isLocked) await attempt(unlock);
  if (!vault.isLocked) await attempt(() => add(address));
}

async function unlock() {
  vault.unlock(await passkeys.get(vault.passkey));
  await draw();
}

function listen() {
  $("#paste").addEventListener("submit", (event) => {
    event.preventDefault();
    const field = $("#address");
    attempt(async () => {
      const said = await add(field.value.replace(/^https?:[^#]*#/, "")); // the address of this app may come with it
      if (said) field.value = "";
      return said;
    });
  });
  $("#cells").checked = localStorage.getItem("cells") === "yes";
  $("#slots").classList.toggle("cells", $("#cells").checked);
  $("#cells").addEventListener("change", ({ target }) => {
    localStorage.setItem("cells", target.checked ? "yes" : "no");
    $("#slots").classList.toggle("cells", target.checked);
  });
  $("#unlock").addEventListener("click", ({ target }) => attempt(unlock, target));
  $("#lock-on").addEventListener("click", ({ target }) => attempt(async () => {
    const { passkey, key } = await passkeys.create(app.dataset.name);
    await vault.rewrap(passkey, key);
    await draw();
    return "locking";
  }, target));
  $("#lock-off").addEventListener("click", ({ target }) => attempt(async () => {
    await vault.rewrap(null);
    await draw();
    return "unlocking";
  }, target));
  addEventListener("hashchange", arrived);
  document.addEventListener("visibilitychange", tick); // a sleeping phone stops the timer, not the time
}

function installable() {
  let asking;
  addEventListener("beforeinstallprompt", (event) => {
    event.preventDefault();
    asking = event;
    $("#install").hidden = false;
  });
  $("#install").addEventListener("click", async () => {
    await asking.prompt();
    $("#install").hidden = true;
  });
  navigator.serviceWorker?.register("worker.js");
}

listen();
installable();
await draw();
app.hidden = false;
setInterval(tick, 1000);
await arrived();
