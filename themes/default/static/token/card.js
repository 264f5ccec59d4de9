// One account: its code, its countdown, and its part in login protect.
import { ask, newKey, Refused, register } from "./protect.js";
import { code, step } from "./totp.js";
import { $, confirmed } from "./words.js";

const BLOCK = 3; // digits that stand together

export class Card {
  #shown = -1;

  // `place` says which tenant this is; `attempt` does what a button asks for, `redraw` shows what became of it.
  constructor(slot, vault, place, attempt, redraw) {
    this.slot = slot;
    this.vault = vault;
    this.place = place;
    this.redraw = redraw;
    this.element = $("#slot").content.cloneNode(true).firstElementChild;
    this.#fill();
    for (const name of ["copy", "allow", "protect", "stop", "remove"]) {
      const button = $(`.${name}`, this.element);
      button.addEventListener("click", () => attempt(() => this[name](), button));
    }
  }

  #fill() {
    const { slot, element, place } = this;
    $(".issuer", element).textContent = slot.issuer;
    $(".account", element).textContent = slot.account;
    const progress = $("progress", element);
    progress.max = slot.period;
    const isOurs = slot.issuer === place.name && place.protect !== "never";
    $(".release", element).hidden = !slot.release?.key;
    $(".stop", element).hidden = !slot.release?.key;
    $(".offer", element).hidden = !isOurs || Boolean(slot.release?.key);
  }

  // Show the code of this moment.
  async tick(now) {
    const { number, left } = step(now, this.slot.period);
    $("progress", this.element).value = left;
    this.element.classList.toggle("soon", left <= 5);
    if (number === this.#shown) return;
    this.#shown = number;
    this.digits = await code(await this.vault.key(this.slot), number, this.slot.digits);
    const drawn = [...this.digits].map((digit, at) => {
      const cell = document.createElement("span");
      cell.textContent = digit;
      cell.classList.toggle("even", Math.floor(at / BLOCK) % 2 === 1);
      return cell;
    });
    const digits = $(".digits", this.element);
    digits.replaceChildren(...drawn);
    digits.setAttribute("aria-label", [...this.digits].join(" "));
  }

  async copy() {
    await navigator.clipboard.writeText(this.digits);
    return "copied";
  }

  // Give the server this device's key.
  async protect() {
    const { slot, vault, place } = this;
    if (!slot.release) await vault.put(Object.assign(slot, { release: await newKey() }));
    const secret = await vault.key(slot, "SHA-256");
    try {
      const known = await register(slot.release, secret, slot.account, place.issuer);
      await vault.put(Object.assign(slot, { release: { ...slot.release, ...known } }));
    } catch (error) {
      if (error instanceof Refused) error.word = "unregistered";
      throw error;
    }
    await this.redraw();
    return "protected";
  }

  async allow() {
    const { seconds } = await ask("release", this.slot.release, this.place.issuer);
    clearInterval(this.waiting);
    let left = seconds;
    this.waiting = setInterval(() => {
      left -= 1;
      const bar = $(".allow", this.element);
      bar.dataset.left = left > 0 ? String(left) : "";
      if (left <= 0) clearInterval(this.waiting);
    }, 1000);
    return ["released", { seconds }];
  }

  async stop() {
    await ask("stop", this.slot.release, this.place.issuer);
    await this.#forgetKey();
    await this.redraw();
    return "stopped";
  }

  // The server forgets the key first: else its user could not sign in any more.
  async remove() {
    if (!(await confirmed("removing", this.slot))) return "";
    if (this.slot.release?.key) await ask("stop", this.slot.release, this.place.issuer).catch(forgotten);
    await this.vault.delete(this.slot);
    await this.redraw();
    return "removed";
  }

  async #forgetKey() {
    const { release, ...rest } = this.slot;
    this.slot = rest;
    await this.vault.put(rest);
  }
}

// A key that the server does not know any more need not be stopped.
function forgotten(error) {
  if (!(error instanceof Refused)) throw error;
}
