// Where the browser keeps accounts: secrets lie wrapped by a key that no script can read, of the browser or of a passkey.

// Tenants that share a host have a path each, and a vault each.
const NAME = `masugata-token ${new URL("../", import.meta.url).pathname}`;
const AES = { name: "AES-GCM", length: 256 };
const text = new TextEncoder();

function settled(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

function opened() {
  const request = indexedDB.open(NAME, 1);
  request.onupgradeneeded = () => {
    request.result.createObjectStore("keys");
    request.result.createObjectStore("slots", { keyPath: "id" });
  };
  return settled(request);
}

export class Vault {
  #database;
  #wrapping;
  #keys = new Map();

  // `passkey` is what is known of the passkey that opens it, null where the browser's own key does.
  static async open() {
    const vault = new Vault();
    vault.#database = await opened();
    vault.passkey = (await vault.#read("keys", "passkey")) ?? null;
    if (!vault.passkey) vault.#wrapping = await vault.#own();
    return vault;
  }

  get isLocked() {
    return !this.#wrapping;
  }

  // `wrapping` is the key that the passkey gave.
  unlock(wrapping) {
    this.#wrapping = wrapping;
  }

  // Wrap everything anew: by the key of a passkey, or by the browser's own where none is given.
  async rewrap(passkey, given) {
    const wrapping = given ?? await crypto.subtle.generateKey(AES, false, ["wrapKey", "unwrapKey"]);
    const slots = await this.slots();
    for (const slot of slots) Object.assign(slot, await wrap(await this.#unwrap(slot, slot.hash, true), slot.id, wrapping));
    const change = this.#database.transaction(["keys", "slots"], "readwrite");
    for (const slot of slots) change.objectStore("slots").put(slot);
    if (passkey) change.objectStore("keys").put(passkey, "passkey").source.delete("wrapping");
    else change.objectStore("keys").put(wrapping, "wrapping").source.delete("passkey");
    await new Promise((resolve, reject) => {
      change.oncomplete = resolve;
      change.onabort = () => reject(change.error);
    });
    this.#wrapping = wrapping;
    this.passkey = passkey;
  }

  async slots() {
    const all = await settled(this.#database.transaction("slots").objectStore("slots").getAll());
    return all.sort((one, other) => one.addedAt - other.addedAt);
  }

  async add(slot, secret) {
    const id = crypto.randomUUID();
    const key = await crypto.subtle.importKey("raw", secret, { name: "HMAC", hash: slot.hash }, true, ["sign"]);
    await this.put({ ...slot, id, addedAt: Date.now(), ...(await wrap(key, id, this.#wrapping)) });
  }

  // Keep a slot as it is now: its secret stays wrapped as it was.
  async put(slot) {
    await settled(this.#store("slots").put(slot));
  }

  async delete(slot) {
    await settled(this.#store("slots").delete(slot.id));
    this.#keys.delete(`${slot.id} ${slot.hash}`);
  }

  // The slot's secret as a key of HMAC that cannot be read out.
  async key(slot, hash = slot.hash) {
    const name = `${slot.id} ${hash}`;
    if (!this.#keys.has(name)) this.#keys.set(name, await this.#unwrap(slot, hash, false));
    return this.#keys.get(name);
  }

  #unwrap(slot, hash, extractable) {
    const how = { name: "AES-GCM", iv: slot.iv, additionalData: text.encode(slot.id) };
    const kind = { name: "HMAC", hash };
    return crypto.subtle.unwrapKey("raw", slot.wrapped, this.#wrapping, how, kind, extractable, ["sign"]);
  }

  async #own() {
    const kept = await this.#read("keys", "wrapping");
    if (kept) return kept;
    const made = await crypto.subtle.generateKey(AES, false, ["wrapKey", "unwrapKey"]);
    await settled(this.#store("keys").put(made, "wrapping"));
    return made;
  }

  #read(store, name) {
    return settled(this.#database.transaction(store).objectStore(store).get(name));
  }

  #store(name) {
    return this.#database.transaction(name, "readwrite").objectStore(name);
  }
}

// Bound to its slot, so that no secret can be put in the place of another.
async function wrap(key, id, wrapping) {
  const iv = crypto.getRandomValues(new Uint8Array(12));
  const how = { name: "AES-GCM", iv, additionalData: text.encode(id) };
  return { iv, wrapped: await crypto.subtle.wrapKey("raw", key, wrapping, how) };
}
